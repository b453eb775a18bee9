export interface Fields {
  readonly mode: number;
  readonly version?: number;
  readonly stratum?: number;
  /** Four bytes, in hexadecimal. */
  readonly reference?: string;
  readonly origin?: bigint;
  readonly transmit?: bigint;
}

/** A message about time (RFC 5905, 7.3). */
export function time(f: Fields): Buffer {
  const b = Buffer.alloc(48);
  b[0] = ((f.version ?? 4) << 3) | f.mode;
  b[1] = f.stratum ?? 0;
  b.write(f.reference ?? '00000000', 12, 'hex');
  b.writeBigUInt64BE(f.origin ?? 0n, 24);
  b.writeBigUInt64BE(f.transmit ?? 0n, 40);
  return b;
}

/** A control message (RFC 9327, 2): flags and operation, sequence, offset. */
export function control(flags: number, sequence: number, offset = 0): Buffer {
  const b = Buffer.alloc(12);
  b[0] = 0x16;
  b[1] = flags | 2;
  b.writeUInt16BE(sequence, 2);
  b.writeUInt16BE(offset, 8);
  return b;
}
