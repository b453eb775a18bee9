import type { MirrorDirection, MirrorPoint } from './mirror-point.js';

/** Why a row ends; the words of the `end_reason` column. */
export const EndReason = { Idle: 0, Active: 1, Fin: 2, Rst: 3, Pressure: 4, Shutdown: 5, Eof: 6 } as const;
export type EndReason = (typeof EndReason)[keyof typeof EndReason];
export const END_REASON_NAMES = ['idle', 'active', 'fin', 'rst', 'pressure', 'shutdown', 'eof'] as const;

/**
 * One row of the `sessions` table, as numbers and bytes. The object is reused: a sink encodes or copies what
 * it needs before it returns. docs/reference/columns.md explains every column.
 */
export class SessionRecord {
  /** 16 bytes, a UUID in network byte order. */
  readonly sessionId = new Uint8Array(16);
  part = 0;
  /** Seconds since 1970 and nanoseconds. */
  firstSec = 0;
  firstNsec = 0;
  lastSec = 0;
  lastNsec = 0;
  endReason: EndReason = EndReason.Idle;

  /** Set before the record is handed on. */
  point!: MirrorPoint;
  mirrorPort = 0;
  mirrorDirection: MirrorDirection = 0;
  mirrorHardware = 0;
  securityGroup = 0;
  /** The GRE key as seen, null without one. */
  greKey: number | null = null;
  vlanCount = 0;
  readonly vlanIds = new Uint16Array(8);
  cos = 0;

  /** False if the frames had no Ethernet header; the MACs are 0 then. */
  hasMac = false;
  readonly clientMac = new Uint8Array(6);
  readonly serverMac = new Uint8Array(6);
  etherType = 0;
  /** 4, 6, or 0 if the conversation is not IP; the addresses are :: then. */
  ipVersion = 0;
  /** 16 bytes each; IPv4 as ::ffff:a.b.c.d. */
  readonly clientIp = new Uint8Array(16);
  readonly serverIp = new Uint8Array(16);
  clientPort = 0;
  serverPort = 0;
  protocol = 0;
  /** tcp, udp, icmp, arp, lldp, … */
  transport = '';

  clientPackets = 0;
  serverPackets = 0;
  /** Inner IP total lengths; without IP, frame lengths. */
  clientBytes = 0;
  serverBytes = 0;
  clientPayload = 0;
  serverPayload = 0;
  clientTcpFlags = 0;
  serverTcpFlags = 0;
  /** Zeek's conn_state, empty for protocols other than TCP. */
  tcpState = '';
  /** First SYN to the client's first ACK of the SYN-ACK, microseconds; 0 if the handshake was not seen. */
  handshakeUs = 0;
  clientRetransmits = 0;
  serverRetransmits = 0;
  icmpType = 0;
  icmpCode = 0;
  clientTtl = 0;
  serverTtl = 0;
  dscp = 0;
  fragments = 0;
  truncated = 0;
  duplicates = 0;
  appProtocol = '';
}

/** Where finished sessions go. */
export interface SessionSink {
  session(record: SessionRecord): void;
}
