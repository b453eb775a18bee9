/** A first look at a file, before anything is loaded that reads it. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { gunzipSync, constants as zlib } from 'node:zlib';
import { BYTE_ORDER_MAGIC, compressionOf, formatNameOf, isPcapMagic } from './magic.js';

/** Enough of a file for gzip's header, a long file name in it included, and what follows it. */
const LOOK = 4096;
/**
 * As much as is looked at of a capture: in the classic format the headers of the file and of its first
 * packet.
 */
const HEADERS = 40;

/**
 * Whether a file is a capture beyond doubt, as it is or in gzip, and not cut in its beginning. False says
 * nothing: it may be a pipe, or in zstd. What is looked at is read next, so that no disk is waited for twice.
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
    // How long it is without compression is not known.
    return beginsCapture(gunzipSync(head, { finishFlush: zlib.Z_SYNC_FLUSH }), Number.POSITIVE_INFINITY);
  } catch {
    // Whoever reads it says what is wrong with it.
    return false;
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
