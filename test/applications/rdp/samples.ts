import type { Sample } from '../../support/sample.js';

const u16 = (n: number) => Buffer.from([n >> 8, n & 0xff]);
/** A TPDU (X.224) in TPKT: its code, and what comes behind its fixed part. */
const tpdu = (code: number, variable: Uint8Array) =>
  Buffer.concat([
    Buffer.from([3, 0]),
    u16(11 + variable.length),
    Buffer.from([6 + variable.length, code, 0, 0, 0x12, 0x34, 0]),
    variable,
  ]);

/** Negotiation: type and 4 bytes. */
export function negotiation(type: number, value: number): Buffer {
  const b = Buffer.from([type, 0, 8, 0, 0, 0, 0, 0]);
  b.writeUInt32LE(value, 4);
  return b;
}

export function connectionRequest(cookie: string, requested?: number): Buffer {
  return tpdu(
    0xe0,
    Buffer.concat([
      Buffer.from(cookie),
      requested === undefined ? Buffer.alloc(0) : negotiation(1, requested),
    ]),
  );
}

export function connectionConfirm(answer?: Uint8Array): Buffer {
  return tpdu(0xd0, answer ?? Buffer.alloc(0));
}

export const samples: readonly Sample[] = [
  {
    server: 3389,
    messages: [
      ['client', connectionRequest('Cookie: mstshash=alice\r\n', 3)],
      ['server', connectionConfirm(negotiation(2, 2))],
    ],
  },
  {
    server: 3389,
    messages: [
      ['client', connectionRequest('Cookie: mstshash=bob\r\n', 1)],
      ['server', connectionConfirm(negotiation(3, 5))],
    ],
  },
];
