import type { Application, Opening } from '../reader.js';
import { CAPITALS, endsWithVersion, isStatus, lineEnd, requestTarget, startsWith } from '../text.js';
import { HttpReader } from './reader.js';

/** Methods that identify a request if the end of its line was not captured. */
const METHODS = ['GET ', 'POST ', 'HEAD ', 'PUT ', 'DELETE ', 'PATCH ', 'OPTIONS ', 'PROPFIND ', 'REPORT '];

export const HTTP: Application = {
  name: 'http',
  newReader: () => new HttpReader(),
  tcp: { is: isHttp, firstBytes: CAPITALS },
};

/** The first line of a request or an answer (RFC 9112 sections 3 and 4). */
function isHttp({ bytes: b, start: o, end }: Opening): boolean {
  if (isStatus(b, o, end, 'HTTP/')) return true;
  const target = requestTarget(b, o, end);
  if (target < 0) return false;
  const line = lineEnd(b, target, end);
  if (line >= 0) return endsWithVersion(b, target, line, ' HTTP/');
  if (b[target] !== 0x2f && !startsWith(b, target, end, 'http')) return false;
  for (const method of METHODS) if (startsWith(b, o, end, method)) return true;
  return false;
}
