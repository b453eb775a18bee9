/** Reads the whole file that people name: whatever it is, reading it neither blocks nor exceeds a bound. */
import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { UsageError } from '../model/errors.js';

const NEWLINE = 10;
const MIB = 1 << 20;

/** A mistake in a file, as one line. @param line from 1 */
export function mistake(file: string, line: number, text: string): UsageError {
  return new UsageError(`${file}:${line}: ${text}`);
}

/**
 * The UTF-8 text of a file, without a byte order mark.
 *
 * @param most bytes
 * @throws UsageError that names the file, and the line of what is no UTF-8
 */
export function readText(file: string, most: number): Buffer {
  let bytes: Buffer;
  try {
    bytes = readWhole(file, most);
  } catch (e) {
    if (e instanceof UsageError) throw e;
    throw new UsageError(`${file}: ${whyNotRead(e as NodeJS.ErrnoException)}`, { cause: e });
  }
  const other = otherThanText(bytes);
  if (other !== undefined) throw new UsageError(`${file}: ${other}`);
  if (!isUtf8(bytes))
    throw mistake(file, lineNotUtf8(bytes), 'is not UTF-8 text: save it as UTF-8 (in Excel: "CSV UTF-8")');
  return bytes.subarray(hasMark(bytes) ? 3 : 0);
}

function readWhole(file: string, most: number): Buffer {
  // Without O_NONBLOCK, opening a FIFO would block.
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const there = fstatSync(fd);
    if (there.isDirectory()) throw new UsageError(`${file}: is a directory: name the file in it`);
    if (!there.isFile()) throw new UsageError(`${file}: is no regular file: write it to one`);
    const tooLarge = new UsageError(`${file}: is larger than ${most / MIB} MiB: is it the right file?`);
    if (there.size > most) throw tooLarge;
    // One byte more than there is, so that a file that grows meanwhile is read to its end.
    let bytes = Buffer.allocUnsafe(there.size + 1);
    let length = 0;
    for (;;) {
      const n = readSync(fd, bytes, length, bytes.length - length, null);
      if (n === 0) return bytes.subarray(0, length);
      length += n;
      if (length > most) throw tooLarge;
      if (length === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(length)]);
    }
  } finally {
    closeSync(fd);
  }
}

function whyNotRead(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file: give the path of one';
    case 'EACCES':
      return 'may not be read by this user: change its permissions';
    default:
      return `cannot be read: ${error.message}`;
  }
}

/** What a file is that people mistake for text. */
function otherThanText(bytes: Buffer): string | undefined {
  const start = bytes.toString('latin1', 0, 4);
  if (start.startsWith('\xff\xfe') || start.startsWith('\xfe\xff') || /^(?:.\0.\0|\0.\0.)$/s.test(start))
    return 'is UTF-16 text: save it as UTF-8 (in Excel: "CSV UTF-8", not "Unicode Text")';
  if (start.startsWith('PK\x03\x04') || start.startsWith('\xd0\xcf\x11\xe0'))
    return 'is a workbook: open it and save the sheet of networks as "CSV UTF-8"';
  if (start.startsWith('\x1f\x8b') || start.startsWith('\x28\xb5\x2f\xfd'))
    return 'is compressed: decompress it first';
  return undefined;
}

function hasMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** The first line that is not UTF-8, from 1. */
function lineNotUtf8(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(NEWLINE, start);
    const stop = end < 0 ? bytes.length : end;
    if (!isUtf8(bytes.subarray(start, stop))) break;
    start = stop + 1;
  }
  return line;
}
