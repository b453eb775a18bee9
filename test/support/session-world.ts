import { END_REASON_NAMES, type EndReason } from '../../src/model/end-reason.js';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { Mirrored } from '../../src/model/mirrored.js';
import type { RowSink } from '../../src/model/row-sink.js';
import type { SessionRecord } from '../../src/model/session-record.js';
import type { SessionOptions } from '../../src/sessions/options.js';
import { SessionTable } from '../../src/sessions/table.js';
import { setU32 } from '../../src/wire/bytes.js';
import { Frame, NO_VNI } from '../../src/wire/walk/frame.js';

/** A row, as a test sees it. */
export interface Row {
  id: string;
  part: number;
  copy: number;
  mirror: number;
  name: string;
  site: string;
  seenBy: string[];
  first: number;
  last: number;
  end: string;
  client: string;
  server: string;
  protocol: number;
  transport: string;
  packets: [number, number];
  bytes: [number, number];
  payload: [number, number];
  flags: [number, number];
  state: string;
  handshakeUs: number;
  retransmits: [number, number];
  rtt: [number, number];
  responses: [count: number, sum: number, longest: number];
  synRetransmits: [number, number];
  reordered: [number, number];
  missing: [number, number];
  zeroWindows: [number, number];
  syn: [string, string];
  history: string;
  fragments: number;
  truncated: number;
  duplicates: number;
  application: string;
  serverName: string;
  userName: string;
  tlsUs: number;
  tlsResumed: number;
  tlsEch: number;
  partial: string;
  direction: number;
  vlans: number[];
  vni: number | null;
}

/** What a test says about a frame; the rest has defaults. */
export interface Sent {
  at: number;
  from: string;
  to: string;
  protocol?: number;
  flags?: number;
  seq?: number;
  /** With flag ACK. */
  ack?: number;
  window?: number;
  /** TCP options, their bytes. */
  options?: readonly number[];
  payload?: number | string;
  length?: number;
  fragment?: { id: number; offset: number; more: boolean };
  truncated?: boolean;
  icmp?: [number, number];
  mirror?: MirrorPoint;
  direction?: 0 | 1 | 2;
  ttl?: number;
  vlans?: readonly number[];
  vni?: number;
  teid?: number;
  /** What the mirror says: its port, a security group, the sensor as a 48-bit number. */
  port?: number;
  group?: number;
  sensor?: number;
}

/** A session table fed by hand. Addresses are IPv4, `a.b.c.d:port`; times are seconds after a fixed start. */
export class SessionWorld {
  readonly rows: Row[] = [];
  readonly table: SessionTable;
  static readonly START = 1_700_000_000;
  private readonly frame = new Frame();
  private readonly mirrored = new Mirrored();
  readonly point = mirrorPoint(0);

  /** @param sinks where rows of what is said go */
  constructor(options: Partial<SessionOptions> = {}, sinks: Partial<RowSink> = {}) {
    this.table = new SessionTable(
      {
        ...sinks,
        session: (r) => {
          sinks.session?.(r);
          this.rows.push(toRow(r));
        },
      },
      { capacity: 1000, ...options },
    );
  }

  send(s: Sent): void {
    const f = this.frame;
    const text = typeof s.payload === 'string' ? s.payload : '';
    const options = s.options ?? [];
    const payload = 60 + options.length;
    const bytes = new Uint8Array(payload + text.length);
    const [source, sourcePort] = split(s.from);
    const [destination, destinationPort] = split(s.to);
    setU32(bytes, 32, source);
    setU32(bytes, 36, destination);
    bytes.set(options, 60);
    bytes.set(Buffer.from(text), payload);
    f.bytes = bytes;
    f.start = 0;
    f.end = bytes.length;
    f.sec = SessionWorld.START + Math.floor(s.at);
    f.nsec = Math.round((s.at - Math.floor(s.at)) * 1e9);
    f.mac = 0;
    f.etherType = 0x0800;
    f.ipVersion = 4;
    f.ip = 20;
    f.source = 32;
    f.destination = 36;
    f.sourceWord = source | 0;
    f.destinationWord = destination | 0;
    f.protocol = s.protocol ?? 6;
    f.ttl = s.ttl ?? 64;
    f.sourcePort = sourcePort;
    f.destinationPort = destinationPort;
    f.payload = payload;
    f.transport = 40;
    f.payloadLength = typeof s.payload === 'number' ? s.payload : text.length;
    f.ipLength = s.length ?? 40 + f.payloadLength;
    f.tcpFlags = f.protocol === 6 ? (s.flags ?? 0x10) : 0;
    f.tcpSequence = s.seq ?? 0;
    f.tcpAcknowledgment = s.ack ?? 0;
    f.tcpWindow = s.window ?? 1000;
    f.fragmentId = s.fragment?.id ?? 0;
    f.fragmentOffset = s.fragment?.offset ?? 0;
    f.moreFragments = s.fragment?.more ?? false;
    f.truncated = s.truncated ?? false;
    f.vlanIds.set(s.vlans ?? []);
    f.vlanCount = s.vlans?.length ?? 0;
    f.vni = s.vni ?? NO_VNI;
    f.teid = s.teid ?? 0;
    [f.icmpType, f.icmpCode] = s.icmp ?? [0, 0];
    this.mirrored.point = s.mirror ?? this.point;
    this.mirrored.direction = s.direction ?? 0;
    this.mirrored.port = s.port ?? 0;
    this.mirrored.securityGroup = s.group ?? 0;
    this.mirrored.sensor = s.sensor ?? 0;
    this.table.frame(f, this.mirrored);
  }

  /** Ends all sessions. @returns all rows so far */
  finish(reason: EndReason = 6): Row[] {
    this.table.finish(reason);
    return this.rows;
  }
}

export function mirrorPoint(index: number): MirrorPoint {
  return new MirrorPoint(index, MirrorType.Erspan2, new Uint8Array(16), new Uint8Array(16), index, null);
}

/** What was split before: most tests send many frames between a few addresses. */
const splits = new Map<string, readonly [number, number]>();

function split(address: string): readonly [number, number] {
  const before = splits.get(address);
  if (before !== undefined) return before;
  const [ip, port] = address.split(':');
  const value = ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const parts = [value, Number(port ?? 0)] as const;
  splits.set(address, parts);
  return parts;
}

function toRow(r: SessionRecord): Row {
  const address = (ip: Uint8Array, port: number) => `${ip.slice(12).join('.')}:${port}`;
  return {
    id: Buffer.from(r.sessionId).toString('hex'),
    part: r.part,
    copy: r.copy,
    mirror: r.point.index,
    name: r.point.name,
    site: r.point.site,
    seenBy: r.seenBy.slice(0, r.seenByCount),
    first: r.firstSeenSec - SessionWorld.START + r.firstSeenNsec / 1e9,
    last: r.lastSeenSec - SessionWorld.START + r.lastSeenNsec / 1e9,
    end: END_REASON_NAMES[r.endReason],
    client: address(r.clientIp, r.clientPort),
    server: address(r.serverIp, r.serverPort),
    protocol: r.protocol,
    transport: r.transport,
    packets: [r.clientPackets, r.serverPackets],
    bytes: [r.clientBytes, r.serverBytes],
    payload: [r.clientPayload, r.serverPayload],
    flags: [r.clientTcpFlags, r.serverTcpFlags],
    state: r.tcpState,
    handshakeUs: r.handshakeUs,
    retransmits: [r.clientRetransmits, r.serverRetransmits],
    rtt: [r.clientRttUs, r.serverRttUs],
    responses: [r.responses, r.responseUs, r.responseUsMax],
    synRetransmits: [r.clientSynRetransmits, r.serverSynRetransmits],
    reordered: [r.clientReordered, r.serverReordered],
    missing: [r.clientMissing, r.serverMissing],
    zeroWindows: [r.clientZeroWindows, r.serverZeroWindows],
    syn: [r.clientSyn, r.serverSyn],
    history: r.history,
    fragments: r.fragments,
    truncated: r.truncated,
    duplicates: r.duplicates,
    application: r.appProtocol,
    serverName: r.serverName,
    userName: r.userName,
    tlsUs: r.tlsUs,
    tlsResumed: r.tlsResumed,
    tlsEch: r.tlsEch,
    partial: r.partial,
    direction: r.mirrorDirection,
    vni: r.vni,
    vlans: [...r.vlanIds.subarray(0, r.vlanIdsCount)],
  };
}
