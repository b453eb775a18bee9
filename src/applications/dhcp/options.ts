/** Codes of options (RFC 2132; 81 is RFC 4702's). */
export const Code = {
  Pad: 0,
  HostName: 12,
  RequestedAddress: 50,
  Lease: 51,
  Overload: 52,
  MessageType: 53,
  Server: 54,
  Parameters: 55,
  VendorClass: 60,
  ClientName: 81,
  End: 255,
} as const;

/** Where fields of a message are (RFC 2131, section 2). */
const SERVER_NAME = 44;
const FILE = 108;
const FILE_END = 236;
const COOKIE = 0x63825363;
/** Most bytes of one option, put together from its parts. */
const LONGEST = 512;

/**
 * Looks for options in a DHCP message: one after another a byte of code, a byte of length, and the value;
 * also in the fields for file and server name, where option 52 says so. One that stands there several times
 * is one whose value was too long for its length (RFC 3396).
 */
export class Options {
  /** The value found last, up to `length`. */
  readonly value = new Uint8Array(LONGEST);
  length = 0;
  /** Whether an option went on behind the end of its field. */
  broken = false;
  private b: Uint8Array = this.value;
  private message = 0;
  private end = 0;
  private overload = 0;

  /** Takes a message, that begins at `o`. @returns whether it has options */
  open(b: Uint8Array, o: number, end: number): boolean {
    this.b = b;
    this.message = o;
    this.end = end;
    this.overload = 0;
    this.broken = false;
    const at = o + FILE_END;
    if (end - at < 4) return false;
    if (((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3]) !== COOKIE) return false;
    if (this.find(Code.Overload) && this.length > 0) this.overload = this.value[0];
    return true;
  }

  /** Looks for an option. @returns whether it is there; then `value` has it */
  find(code: number): boolean {
    const { message } = this;
    this.length = 0;
    let found = this.collect(code, message + FILE_END + 4, this.end);
    // What is in these fields goes on where the options end, the file before the name.
    if ((this.overload & 1) !== 0) found = this.collect(code, message + FILE, message + FILE_END) || found;
    if ((this.overload & 2) !== 0) found = this.collect(code, message + SERVER_NAME, message + FILE) || found;
    return found;
  }

  private collect(code: number, from: number, end: number): boolean {
    const { b, value } = this;
    let found = false;
    for (let o = from; o < end && b[o] !== Code.End; ) {
      if (b[o] === Code.Pad) {
        o++;
        continue;
      }
      const next = o + 1 < end ? o + 2 + b[o + 1] : end + 1;
      if (next > end) {
        this.broken = true;
        break;
      }
      if (b[o] === code) {
        found = true;
        for (let i = o + 2; i < next && this.length < LONGEST; i++) value[this.length++] = b[i];
      }
      o = next;
    }
    return found;
  }
}
