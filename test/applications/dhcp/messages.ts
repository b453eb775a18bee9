/** An option (RFC 2132): code, length, value. */
export function option(code: number, value: ArrayLike<number>): Buffer {
  return Buffer.concat([Buffer.from([code, value.length]), Uint8Array.from(value)]);
}

export interface Fields {
  readonly op?: number;
  /** Addresses, in hexadecimal. */
  readonly client?: string;
  readonly yours?: string;
  readonly relay?: string;
  /** Options in these fields. */
  readonly file?: Uint8Array;
  readonly name?: Uint8Array;
}

/** A DHCP message (RFC 2131, section 2), its options ended. */
export function message(f: Fields, ...options: Uint8Array[]): Buffer {
  const b = Buffer.alloc(240);
  b.set([f.op ?? 1, 1, 6, 0]);
  b.writeUInt32BE(0x3903f326, 4);
  b.write(f.client ?? '', 12, 'hex');
  b.write(f.yours ?? '', 16, 'hex');
  b.write(f.relay ?? '', 24, 'hex');
  b.write('02005e100001', 28, 'hex');
  for (const [at, field] of [
    [44, f.name],
    [108, f.file],
  ] as const)
    if (field !== undefined) b.set(Buffer.concat([field, Buffer.from([255])]), at);
  b.writeUInt32BE(0x63825363, 236);
  return Buffer.concat([b, ...options, Buffer.from([255])]);
}
