/** Reads the fields of one packet of MySQL's protocol: low byte first, lengths before texts. */
export class Fields {
  /** What could not be read: nothing of it is there. */
  static readonly NONE = -1;
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;

  begin(b: Uint8Array, o: number, end: number): void {
    this.bytes = b;
    this.at = o;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** A number of 1, 2, 3 or 4 bytes; NONE where they are not there. */
  number(bytes: 1 | 2 | 3 | 4): number {
    if (this.left < bytes) return this.short();
    let n = 0;
    for (let i = bytes - 1; i >= 0; i--) n = n * 256 + this.bytes[this.at + i];
    this.at += bytes;
    return n;
  }

  /** A number of 1 to 9 bytes, its first one says how many ("length-encoded integer"). */
  count(): number {
    if (this.left < 1) return this.short();
    const first = this.bytes[this.at++];
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.number(2);
    if (first === 0xfd) return this.number(3);
    if (first !== 0xfe) return this.short();
    const low = this.number(4);
    const high = this.number(4);
    return high === Fields.NONE ? Fields.NONE : high * 2 ** 32 + low;
  }

  /** Passes over bytes, as many as are there. */
  skip(bytes: number): void {
    this.at = bytes >= 0 && bytes <= this.left ? this.at + bytes : this.end;
  }

  /** Passes over a text that ends with a NUL. @returns where it ends */
  terminated(): number {
    let p = this.at;
    while (p < this.end && this.bytes[p] !== 0) p++;
    this.at = Math.min(p + 1, this.end);
    return p;
  }

  /** Passes over a text with its length before it. @returns where it begins; it ends at `at` */
  counted(): number {
    const length = this.count();
    const from = this.at;
    this.skip(length);
    return from;
  }

  private short(): typeof Fields.NONE {
    this.at = this.end;
    return Fields.NONE;
  }
}
