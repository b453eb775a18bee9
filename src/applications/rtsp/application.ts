import type { Application, Opening } from '../reader.js';
import { CAPITALS, isRequest, isStatus } from '../text.js';

export const RTSP: Application = { name: 'rtsp', tcp: { is: isRtsp, firstBytes: CAPITALS } };

/** The first line of a request or an answer (RFC 7826 sections 7.1 and 8.1). */
function isRtsp({ bytes: b, start: o, end }: Opening): boolean {
  return isStatus(b, o, end, 'RTSP/') || isRequest(b, o, end, ' RTSP/', 'rtsp');
}
