import type { Application, Opening } from '../reader.js';

const HEADER = 8;
/** The one flag of RFC 7348, section 5: the identifier is valid. */
const VALID = 0x08;

export const VXLAN: Application = { name: 'vxlan', udp: { ports: [4789], is: isVxlan } };

function isVxlan({ bytes: b, start: o, end }: Opening): boolean {
  return end - o >= HEADER && b[o] === VALID && b[o + 7] === 0;
}
