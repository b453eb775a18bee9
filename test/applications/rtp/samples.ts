import type { Sample } from '../../support/sample.js';

/** An RTP packet with 160 bytes, 20 ms of telephony. */
export function rtp(sequence: number, timestamp: number, source: number, type = 0, bytes = 160): Uint8Array {
  const b = Buffer.alloc(12 + bytes, 0xd5);
  b[0] = 0x80;
  b[1] = type;
  b.writeUInt16BE(sequence & 0xffff, 2);
  b.writeUInt32BE(timestamp >>> 0, 4);
  b.writeUInt32BE(source, 8);
  return b;
}

export const samples: readonly Sample[] = [
  {
    server: 16_384,
    udp: true,
    messages: Array.from({ length: 12 }, (_, i) =>
      i % 2 === 0
        ? (['client', rtp(65_530 + i / 2, 160 * (i / 2), 0x1111)] as const)
        : (['server', rtp(100 + i, 80 * i, 0x2222)] as const),
    ),
  },
];
