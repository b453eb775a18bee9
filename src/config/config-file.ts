/** Reads the configuration file: whatever is named, reading it neither blocks nor exceeds a bound. */
import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { ConfigError } from './config-error.js';

/** Room for some ten thousand mirrors. */
export const LARGEST_CONFIG = 1 << 20;
const NEWLINE = 10;

/** The text of a configuration file. @throws ConfigError */
export function readConfigFile(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readBytes(file);
  } catch (e) {
    throw e instanceof ConfigError
      ? e
      : new ConfigError(`${file}: ${whyNotRead(e as NodeJS.ErrnoException)}`);
  }
  if (!isUtf8(bytes)) throw new ConfigError(`${file}:${lineNotUtf8(bytes)}:1: is not UTF-8 text`);
  return bytes.toString('utf8');
}

function readBytes(file: string): Buffer {
  // Without O_NONBLOCK, opening a FIFO would block.
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const there = fstatSync(fd);
    if (there.isDirectory()) throw new ConfigError(`${file}: is a directory: name the file in it`);
    if (!there.isFile())
      throw new ConfigError(`${file}: is no regular file: write it to one, which is read again on reload`);
    // Files of /proc are larger than their size says.
    const bytes = Buffer.alloc(LARGEST_CONFIG + 1);
    let length = 0;
    for (let n = -1; n !== 0 && length < bytes.length; length += n)
      n = readSync(fd, bytes, length, bytes.length - length, null);
    if (length > LARGEST_CONFIG)
      throw new ConfigError(`${file}: is larger than ${LARGEST_CONFIG} bytes: is it a configuration?`);
    return bytes.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

function whyNotRead(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return (
        'there is no such file; begin with packaging/mirrorlake.yaml, which explains every ' +
        'key, or do without --config'
      );
    case 'EACCES':
      return 'may not be read by this user: run as root, or mend the permissions';
    case 'ENXIO':
      return 'is no regular file: write it to one, which is read again on reload';
    default:
      return `cannot be read: ${error.message}`;
  }
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
