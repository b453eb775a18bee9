import { OuterPacket } from '../../src/model/outer-packet.js';
import { TunnelTable, tunnelObject } from '../../src/tunnels/kernel/table.js';
import { parseTunnelSpec } from '../../src/tunnels/spec/spec.js';
import type { OracleTunnel } from './oracle-traffic.js';

/** The receive counters of the kernel's tunnel layer; rx_dropped is counted above it. */
export const ORACLE_COUNTERS = [
  'rx_packets',
  'rx_bytes',
  'rx_errors',
  'rx_crc_errors',
  'rx_frame_errors',
  'rx_fifo_errors',
  'rx_length_errors',
] as const;

export type OracleCounters = Record<string, Record<string, number>>;

/**
 * The arguments after `ip link add NAME type`, with keys, checksums and sequence numbers on the input side.
 */
export function oracleWords(t: OracleTunnel): string {
  const w = [t.mode, 'local', t.local, 'remote', t.remote];
  if (t.mode.endsWith('erspan')) {
    w.push('erspan_ver', String(t.erspanVersion));
    if (t.erspanVersion > 0) w.push('seq', 'key', String(t.key));
  } else {
    if (t.key !== null) w.push('ikey', String(t.key));
    if (t.csum) w.push('icsum');
    if (t.seq) w.push('iseq');
  }
  return w.join(' ');
}

/** The tunnel table's counters after these outer IP packets. */
export function countWithTable(
  tunnels: readonly OracleTunnel[],
  packets: Iterable<Uint8Array>,
): OracleCounters {
  const table = new TunnelTable();
  for (const t of tunnels) table.add(parseTunnelSpec(`${t.name} type ${oracleWords(t)}`));
  const p = new OuterPacket();
  for (const bytes of packets) table.rcv(outerPacket(p, bytes.slice()));
  const counters: OracleCounters = {};
  for (const t of table.tunnels()) {
    const all = tunnelObject(t);
    counters[t.config.name] = Object.fromEntries(ORACLE_COUNTERS.map((name) => [name, Number(all[name])]));
  }
  return counters;
}

/** A whole IP packet without options or extension headers, as the demux passes it on. */
export function outerPacket(p: OuterPacket, bytes: Uint8Array): OuterPacket {
  p.bytes = bytes;
  p.ip = 0;
  p.ipVersion = bytes[0] >>> 4;
  const four = p.ipVersion === 4;
  p.source = four ? 12 : 8;
  p.destination = four ? 16 : 24;
  p.gre = four ? 20 : 40;
  p.tos = four ? bytes[1] : ((bytes[0] << 4) | (bytes[1] >>> 4)) & 0xff;
  p.ttl = four ? bytes[8] : bytes[7];
  p.end = four ? (bytes[2] << 8) | bytes[3] : 40 + ((bytes[4] << 8) | bytes[5]);
  p.wireEnd = p.end;
  return p;
}
