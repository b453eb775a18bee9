/** Builds elements of DER (X.690), for tests. */

/** An element: its identifier octet, and what is in it. */
export function der(tag: number, ...content: (Uint8Array | string)[]): Buffer {
  const inner = Buffer.concat(content.map((c) => (typeof c === 'string' ? Buffer.from(c) : c)));
  const n = inner.length;
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), inner]);
}

/** An INTEGER, or with another tag an ENUMERATED, of at most 32 bits. */
export function derInteger(n: number, tag = 0x02): Buffer {
  const b = Buffer.alloc(5);
  b.writeIntBE(n, 0, 5);
  let from = 0;
  while (from < 4 && ((b[from] === 0 && b[from + 1] < 0x80) || (b[from] === 0xff && b[from + 1] >= 0x80)))
    from++;
  return der(tag, b.subarray(from));
}
