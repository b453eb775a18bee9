import type { Application, Opening } from '../reader.js';
import { bytesOf, contains, isStatus, startsWith } from '../text.js';

export const SSDP: Application = {
  name: 'ssdp',
  udp: { ports: [1900], is: isSsdp, elsewhere: isRequest, firstBytes: bytesOf('MN') },
};

/** Also an answer to a search: HTTP over UDP, with the service's name. */
function isSsdp(m: Opening): boolean {
  const { bytes: b, start: o, end } = m;
  if (isRequest(m)) return true;
  return isStatus(b, o, end, 'HTTP/') && (contains(b, o, end, 'USN:') || contains(b, o, end, 'ST:'));
}

/** A search or a notification (UPnP Device Architecture sections 1.2 and 1.3). */
function isRequest({ bytes: b, start: o, end }: Opening): boolean {
  if (startsWith(b, o, end, 'M-SEARCH * HTTP/')) return true;
  return startsWith(b, o, end, 'NOTIFY * HTTP/') && contains(b, o, end, 'ssdp');
}
