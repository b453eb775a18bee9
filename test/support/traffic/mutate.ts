import { concat } from './payloads.js';
import type { Random } from './random.js';
import type { ScenePacket } from './scene.js';

/** Damages a packet, mostly in its headers, where it matters. */
export function mutate(packet: ScenePacket, r: Random): ScenePacket {
  let bytes: Uint8Array = packet.bytes.slice();
  for (let n = r.int(1, 3); n > 0 && bytes.length > 0; n--) {
    const at = r.int(0, Math.min(bytes.length, r.pick([60, 120, 2000])) - 1);
    switch (r.int(0, 4)) {
      case 0:
        bytes[at] = r.int(0, 255);
        break;
      case 1:
        bytes[at]! ^= 1 << r.int(0, 7);
        break;
      case 2:
        bytes[at] = r.pick([0, 0xff, 0x7f, 0x80]);
        break;
      case 3:
        bytes = bytes.slice(0, at);
        break;
      default:
        bytes = concat(bytes.subarray(0, at), r.bytes(r.int(1, 8)), bytes.subarray(at));
    }
  }
  return { ...packet, bytes, length: Math.max(bytes.length, packet.length) };
}
