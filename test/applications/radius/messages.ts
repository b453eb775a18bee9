/** An attribute (RFC 2865, 5): type, length, value. */
export function attribute(type: number, value: string | ArrayLike<number>): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Uint8Array.from(value);
  return Buffer.concat([Buffer.from([type, bytes.length + 2]), bytes]);
}

/** A packet (RFC 2865, 3): code, number, length, authenticator, attributes. */
export function packet(code: number, id: number, authenticator: number, ...attributes: Buffer[]): Buffer {
  const all = Buffer.concat(attributes);
  const head = Buffer.alloc(20, authenticator);
  head.set([code, id]);
  head.writeUInt16BE(20 + all.length, 2);
  return Buffer.concat([head, all]);
}
