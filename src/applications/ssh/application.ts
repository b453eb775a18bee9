import type { Application, Opening } from '../reader.js';
import { isDigit, startsWith } from '../text.js';
import { SshReader } from './reader.js';

const S = 0x53;

export const SSH: Application = {
  name: 'ssh',
  newReader: () => new SshReader(),
  tcp: { is: isSsh, firstBytes: [S] },
};

/** The identification string (RFC 4253 section 4.2). */
function isSsh({ bytes: b, start: o, end }: Opening): boolean {
  return o + 6 <= end && startsWith(b, o, end, 'SSH-') && isDigit(b[o + 4]) && b[o + 5] === 0x2e;
}
