/** Mirrored frames as they lie in UDP, byte by byte: for tests that trust no emitter. */
import type { UdpInputKind } from '../../src/model/inputs.js';
import { bytes, gre } from './frames.js';

/** A frame in the header of each kind, with network id or session 7 where there is one. */
export const IN_UDP: Readonly<Record<UdpInputKind, (frame: Uint8Array) => Uint8Array>> = {
  vxlan: (f) => bytes([0x08, 0, 0, 0, 0, 0, 7, 0], f),
  'vxlan-gpe': (f) => bytes([0x0c, 0, 0, 3, 0, 0, 7, 0], f),
  geneve: (f) => geneve(f),
  'gre-udp': (f) => gre(0x6558, f, { key: 7 }),
  tzsp: (f) => bytes([1, 0, 0, 1, 1], f),
  // It carries IP.
  jmirror: (f) => bytes([0, 0, 0, 7, 0, 0, 0, 9], f.subarray(14)),
  erm: (f) => bytes(new Uint8Array(12), f),
};

/** GENEVE with so many 4-byte words of options. */
export function geneve(frame: Uint8Array, words = 0): Uint8Array {
  // An option of an experimental class, as long as the rest.
  const options = words === 0 ? [] : [0xff, 0xff, 0, words - 1, ...new Uint8Array(4 * (words - 1))];
  return bytes([words, 0, 0x65, 0x58, 0, 0, 7, 0], options, frame);
}

/** TZSP with padding, and fields of a sensor, before the frame. */
export function tzspFields(frame: Uint8Array): Uint8Array {
  const fields = [0, 10, 1, 0xd0, 40, 4, 0, 0, 0, 5, 60, 6, 2, 0, 0, 0, 0, 9, 0, 1];
  return bytes([1, 0, 0, 1], fields, frame);
}
