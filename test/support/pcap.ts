import { bytes } from './frames.js';

/** A capture of Ethernet frames (pcap). */
export function captureOf(packets: readonly Uint8Array[]): Uint8Array {
  const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
  return bytes(
    words(0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1),
    ...packets.flatMap((p) => [words(0, 0, p.length, p.length), p]),
  );
}
