/** A first look at a file, before loading the code that reads it. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { gunzipSync, constants as zlib } from 'node:zlib';
import { BYTE_ORDER_MAGIC, compressionOf, formatNameOf, isPcapMagic, MAGIC_LENGTH } from './magic.js';

/** Enough of a file for gzip's header, including a long file name, and what follows it. */
const LOOK = 4096;
/**
 * Bytes of a capture that are examined: in the classic format the headers of the file and of its first
 * packet.
 */
const HEADERS = 40;

/**
 * Whether a file is certainly a capture, uncompressed or in gzip, and not cut at its beginning. False proves
 * nothing: it may be a pipe, or in zstd. The bytes examined are read next, so no disk is waited for twice.
 */
export function isCaptureFile(path: string): boolean {
  if (path === '-') return false;
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return false;
    const bytes = new Uint8Array(LOOK);
    const head = bytes.subarray(0, readSync(fd, bytes));
    if (compressionOf(head) === undefined) return beginsCapture(head, stat.size);
    // Its uncompressed length is unknown.
    return beginsCapture(gunzipSync(head, { finishFlush: zlib.Z_SYNC_FLUSH }), Number.POSITIVE_INFINITY);
  } catch {
    // Reading it will report what is wrong.
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** @returns bytes of a regular file that is not compressed; infinity for anything else */
export function plainSize(path: string): number {
  if (path === '-') return Number.POSITIVE_INFINITY;
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    const bytes = new Uint8Array(MAGIC_LENGTH);
    if (!stat.isFile() || readSync(fd, bytes) < MAGIC_LENGTH || compressionOf(bytes) !== undefined)
      return Number.POSITIVE_INFINITY;
    return stat.size;
  } catch {
    // Reading it will report what is wrong.
    return Number.POSITIVE_INFINITY;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** @param size of the whole file, bytes */
function beginsCapture(head: Uint8Array, size: number): boolean {
  const format = formatNameOf(head);
  if (format === undefined || head.length < HEADERS) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (format === 'pcap') return HEADERS + view.getUint32(32, !isPcapMagic(view.getUint32(0))) <= size;
  return view.getUint32(4, view.getUint32(8) !== BYTE_ORDER_MAGIC) <= size;
}
