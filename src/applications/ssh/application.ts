import type { Application, Opening } from '../reader.js';
import { contains, isDigit, startsWith } from '../text.js';
import { SshReader } from './reader.js';

const S = 0x53;

export const SSH: Application = {
  name: 'ssh',
  newReader: () => new SshReader(),
  tcp: { ports: [22], is: beginsSsh, elsewhere: isSsh, firstBytes: [S] },
};

/** The identification string (RFC 4253 section 4.2). */
function isSsh({ bytes: b, start: o, end }: Opening): boolean {
  return o + 6 <= end && startsWith(b, o, end, 'SSH-') && isDigit(b[o + 4]) && b[o + 5] === 0x2e;
}

/** The identification string, or a server's lines with that behind them. */
function beginsSsh(m: Opening): boolean {
  return isSsh(m) || (!m.fromClient && contains(m.bytes, m.start, m.end, '\nSSH-'));
}
