import type { CertificateRecord } from '../../src/model/certificate-record.js';
import type { HopRecord } from '../../src/model/hop-record.js';
import type { MirrorRecord } from '../../src/model/mirror-record.js';
import type { NameRecord } from '../../src/model/name-record.js';
import type { NetworkRecord } from '../../src/model/network-record.js';
import type { PacketRecord } from '../../src/model/packet-record.js';
import type { PathRecord } from '../../src/model/path-record.js';
import type { SessionRecord } from '../../src/model/session-record.js';
import type { TransactionRecord } from '../../src/model/transaction-record.js';
import type { TunnelRecord } from '../../src/model/tunnel-record.js';
import {
  CertificateLines,
  HopLines,
  MirrorLines,
  NameLines,
  NetworkLines,
  PacketLines,
  PathLines,
  SessionLines,
  TransactionLines,
  TunnelLines,
} from '../../src/store/ndjson/lines.js';

const decoder = new TextDecoder();

/** Rows as a line of NDJSON, without the newline. */
function textOf(lines: { take(): Uint8Array }): string {
  return decoder.decode(lines.take()).trimEnd();
}

/** Writers have a buffer of 64 KiB, so all rows of a collector share one. */
const sessionLines = new Map<string, SessionLines>();

export function sessionJson(record: SessionRecord, collector: string): string {
  const lines = sessionLines.get(collector) ?? new SessionLines(collector);
  sessionLines.set(collector, lines);
  lines.session(record);
  return textOf(lines);
}

export function transactionJson(record: TransactionRecord, collector: string): string {
  const lines = new TransactionLines(collector);
  lines.transaction(record);
  return textOf(lines);
}

export function certificateJson(record: CertificateRecord, collector: string): string {
  const lines = new CertificateLines(collector);
  lines.certificate(record);
  return textOf(lines);
}

export function mirrorJson(record: MirrorRecord, collector: string): string {
  const lines = new MirrorLines(collector);
  lines.mirror(record);
  return textOf(lines);
}

export function tunnelJson(record: TunnelRecord, collector: string): string {
  const lines = new TunnelLines(collector);
  lines.tunnel(record);
  return textOf(lines);
}

export function pathJson(record: PathRecord, collector: string): string {
  const lines = new PathLines(collector);
  lines.path(record);
  return textOf(lines);
}

export function hopJson(record: HopRecord, collector: string): string {
  const lines = new HopLines(collector);
  lines.hop(record);
  return textOf(lines);
}

export function nameJson(record: NameRecord): string {
  const lines = new NameLines();
  lines.name(record);
  return textOf(lines);
}

export function networkJson(record: NetworkRecord): string {
  const lines = new NetworkLines();
  lines.network(record);
  return textOf(lines);
}

export function packetRowJson(record: PacketRecord): string {
  const lines = new PacketLines();
  lines.packet(record);
  return textOf(lines);
}
