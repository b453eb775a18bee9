/** `mirrorlake spool show`: the rows of a segment, and what is wrong with it. */
import type { TableName } from '../../model/columns/tables.js';
import { counted } from '../../model/words.js';
import { CHUNK, writeOut } from '../../reader/line-writer.js';
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
} from '../../store/ndjson/lines.js';
import type { PointLines } from '../../store/ndjson/point-lines.js';
import { type Records, readSegment, SegmentError } from '../../store/segment/read-segment.js';
import type { ListedSegment } from '../../store/spool/spool-directory.js';
import { readSpooled } from '../../store/spool/spool-read.js';

/**
 * Prints the rows of a segment on stdout, and on stderr what of it cannot be trusted.
 *
 * @returns the exit status: 1 for a damaged segment
 * @throws Unusable if the file cannot be read
 */
export function showSegment({ name, table, file }: ListedSegment): 0 | 1 {
  const { bytes, trusted, summed } = readSpooled(file);
  const say = (what: string): void => void process.stderr.write(`${name}: ${what}\n`);
  const unsummed = bytes.length - summed;
  if (trusted === 0 && bytes.length > 0) {
    say(
      summed === 0
        ? 'it has no .sum that says how much of it can be trusted; this is what can be read'
        : 'it matches none of its checksums; this is what can be read',
    );
    print(table, bytes, say);
    return 1;
  }
  const whole = print(table, bytes.subarray(0, trusted), say);
  if (trusted < Math.min(summed, bytes.length)) {
    say(`damaged: from byte ${trusted} on it does not match its checksum, and is not shown`);
    return 1;
  }
  if (unsummed < 0) {
    say(`damaged: ${counted(-unsummed, 'byte')} are missing at its end`);
    return 1;
  }
  if (unsummed > 0)
    say(
      `its last ${counted(unsummed, 'byte')} have no checksum and are not shown: a collector is writing ` +
        'them, or was stopped while it did',
    );
  return whole ? 0 : 1;
}

/** Lines of one collector's rows. */
interface RowLines<R> {
  readonly lines: PointLines;
  add(record: R): void;
}

const LINES: { readonly [T in TableName]: (collector: string) => RowLines<Records[T]> } = {
  sessions: (collector) => {
    const lines = new SessionLines(collector);
    return { lines, add: (r) => lines.session(r) };
  },
  transactions: (collector) => {
    const lines = new TransactionLines(collector);
    return { lines, add: (r) => lines.transaction(r) };
  },
  certificates: (collector) => {
    const lines = new CertificateLines(collector);
    return { lines, add: (r) => lines.certificate(r) };
  },
  mirrors: (collector) => {
    const lines = new MirrorLines(collector);
    return { lines, add: (r) => lines.mirror(r) };
  },
  tunnels: (collector) => {
    const lines = new TunnelLines(collector);
    return { lines, add: (r) => lines.tunnel(r) };
  },
  packets: () => {
    const lines = new PacketLines();
    return { lines, add: (r) => lines.packet(r) };
  },
  paths: (collector) => {
    const lines = new PathLines(collector);
    return { lines, add: (r) => lines.path(r) };
  },
  hops: (collector) => {
    const lines = new HopLines(collector);
    return { lines, add: (r) => lines.hop(r) };
  },
  names: () => {
    const lines = new NameLines();
    return { lines, add: (r) => lines.name(r) };
  },
  network_loads: () => {
    const lines = new NetworkLines();
    return { lines, add: (r) => lines.network(r) };
  },
};

/** @returns false if the bytes are not those of a whole segment */
function print<T extends TableName>(table: T, bytes: Uint8Array, say: (what: string) => void): boolean {
  let of = '';
  let out = LINES[table](of);
  try {
    for (const { record, collector } of readSegment(table, bytes)) {
      if (collector !== of || out.lines.length >= CHUNK) {
        writeOut(out.lines.take());
        if (collector !== of) out = LINES[table](collector);
        of = collector;
      }
      out.add(record);
    }
    return true;
  } catch (error) {
    if (!(error instanceof SegmentError)) throw error;
    say(`damaged: ${error.message}`);
    return false;
  } finally {
    writeOut(out.lines.take());
  }
}
