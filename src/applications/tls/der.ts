/** Values of DER (X.690, 8 and 10), as far as certificates need them. */

/** The longest number of bytes in which a length is written. */
const LONGEST_LENGTH = 3;

export const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  Oid: 0x06,
  Utf8: 0x0c,
  UtcTime: 0x17,
  Bmp: 0x1e,
  Sequence: 0x30,
  Set: 0x31,
} as const;

/** A value at a place in bytes. The object is reused. */
export class Der {
  tag = 0;
  /** Its content, and where the next value begins. */
  start = 0;
  end = 0;
  /** Whether its header says that it goes on behind what it stands in, or that it is too long. */
  isBroken = false;

  /**
   * Looks at the value at `o`: one byte tag, the length, the content.
   *
   * @param there end of the bytes that are there
   * @param limit end of what it stands in, which may be behind `there`
   * @returns whether its header is there; its content may end behind `there`
   */
  at(b: Uint8Array, o: number, there: number, limit: number): boolean {
    this.isBroken = false;
    if (o + 2 > limit) return this.broken();
    if (o + 2 > there) return false;
    this.tag = b[o];
    let length = b[o + 1];
    let p = o + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > LONGEST_LENGTH || p + count > limit) return this.broken();
      if (p + count > there) return false;
      length = 0;
      for (let i = 0; i < count; i++) length = (length << 8) | b[p++];
    }
    if (p + length > limit) return this.broken();
    this.start = p;
    this.end = p + length;
    return true;
  }

  private broken(): boolean {
    this.isBroken = true;
    return false;
  }
}
