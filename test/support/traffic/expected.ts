/** What a session table must find in a talk, counted from what was sent, never from what was decoded. */
import { Protocol, type Step, type Talk } from './talk.js';
import { Tcp } from './tcp-talk.js';

/** Some columns of a row, with NDJSON's names and values. */
export type ExpectedRow = Record<string, unknown>;

const TRANSPORT: Record<number, string> = {
  [Protocol.Icmp]: 'icmp',
  [Protocol.Tcp]: 'tcp',
  [Protocol.Udp]: 'udp',
  [Protocol.Icmp6]: 'icmp6',
};

const HEADER: Record<number, number> = {
  [Protocol.Icmp]: 8,
  [Protocol.Tcp]: 20,
  [Protocol.Udp]: 8,
  [Protocol.Icmp6]: 8,
};

/** IP total length of a step, in bytes. */
export function ipLength(talk: Talk, step: Step): number {
  const ip = talk.client.ip.length === 4 ? 20 : 40;
  return ip + HEADER[talk.protocol]! + step.options.length + step.payload.length;
}

function side(talk: Talk, steps: Step[], fromClient: boolean): ExpectedRow {
  const own = steps.filter((s) => s.fromClient === fromClient);
  const who = fromClient ? 'client' : 'server';
  const row: ExpectedRow = {
    [`${who}_packets`]: own.length,
    [`${who}_bytes`]: own.reduce((n, s) => n + ipLength(talk, s), 0),
    [`${who}_ttl`]: own.length > 0 ? (fromClient ? talk.client : talk.server).ttl : 0,
  };
  if (talk.protocol === Protocol.Tcp || talk.protocol === Protocol.Udp) {
    row[`${who}_payload`] = own.reduce((n, s) => n + s.payload.length, 0);
  }
  if (talk.protocol === Protocol.Tcp) {
    row[`${who}_tcp_flags`] = own.reduce((flags, s) => flags | s.flags, 0);
    row[`${who}_retransmits`] = own.filter((s) => s.retransmit).length;
  }
  return row;
}

/**
 * Microseconds from the first SYN to the client's first ACK of the SYN-ACK; 0 if one of the three is missing.
 */
function handshake(steps: Step[]): number {
  const syn = steps.find((s) => s.fromClient && s.flags === Tcp.Syn);
  const synAck = steps.findIndex((s) => !s.fromClient && s.flags === (Tcp.Syn | Tcp.Ack));
  if (syn === undefined || synAck === -1) return 0;
  const ack = steps.slice(synAck).find((s) => s.fromClient && (s.flags & Tcp.Ack) !== 0);
  return ack === undefined ? 0 : Math.floor((ack.at - syn.at) / 1000);
}

/** The row of a talk if these of its steps reached the collector. */
export function expectedSession(talk: Talk, steps: Step[] = talk.steps): ExpectedRow {
  const row: ExpectedRow = {
    client_ip: talk.client.address,
    server_ip: talk.server.address,
    client_port: isIcmp(talk) ? 0 : talk.clientPort,
    server_port: isIcmp(talk) ? 0 : talk.serverPort,
    protocol: talk.protocol,
    transport: TRANSPORT[talk.protocol],
    dscp: talk.dscp,
    ...side(talk, steps, true),
    ...side(talk, steps, false),
  };
  if (talk.protocol === Protocol.Tcp) row.handshake_us = handshake(steps);
  return row;
}

function isIcmp(talk: Talk): boolean {
  return talk.protocol === Protocol.Icmp || talk.protocol === Protocol.Icmp6;
}

/**
 * Compares rows with expected ones, which name some of the columns. Each row is matched to the expected row
 * that it differs from least; no row may be left over on either side.
 *
 * @returns the differences, one per line; empty if there are none
 */
export function matchRows(rows: ExpectedRow[], expected: ExpectedRow[]): string[] {
  const left = new Set(rows);
  const differences: string[] = [];
  for (const want of expected) {
    let best: { row: ExpectedRow; differs: string[] } | undefined;
    for (const row of left) {
      const differs = differing(row, want);
      if (best === undefined || differs.length < best.differs.length) best = { row, differs };
    }
    if (best === undefined) {
      differences.push(`no row for ${JSON.stringify(want)}`);
      continue;
    }
    left.delete(best.row);
    if (best.differs.length > 0) differences.push(`${describe(want)}: ${best.differs.join(', ')}`);
  }
  for (const row of left) differences.push(`not expected: ${JSON.stringify(row)}`);
  return differences;
}

function differing(row: ExpectedRow, want: ExpectedRow): string[] {
  return Object.entries(want)
    .filter(([column, value]) => value !== undefined && JSON.stringify(row[column]) !== JSON.stringify(value))
    .map(([column, value]) => `${column} is ${JSON.stringify(row[column])}, not ${JSON.stringify(value)}`);
}

function describe(row: ExpectedRow): string {
  return (
    `${row.mirror_type} ${row.mirror_session} ${row.client_ip}:${row.client_port} ` +
    `${row.server_ip}:${row.server_port}`
  );
}
