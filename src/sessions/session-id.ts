import { randomBytes } from 'node:crypto';
import { setU16, setU32 } from '../wire/bytes.js';

/**
 * Makes session ids: UUIDs of version 7 (RFC 9562 section 5.7), so that ids sort and compress by time. The 74
 * free bits are a running number (36 bits) and a random number of this run (38 bits).
 */
export class SessionIds {
  /** What is the same in every id of a run: the first byte, three more, and the top of the last four. */
  private readonly first: number;
  private readonly middle: Uint8Array;
  private readonly last: number;

  /** @param run five bytes that are the same in every id of a run */
  constructor(run: Uint8Array = randomBytes(5)) {
    this.first = 0x80 | (run[0] & 0x3f);
    this.middle = Uint8Array.from(run.subarray(1, 4));
    this.last = run[4] << 24;
  }

  /**
   * Writes the 16-byte id of the session `serial`, opened at `sec` and `nsec`. Serials are unique in a run up
   * to 2^32, by which time the millisecond has long changed.
   */
  write(serial: number, sec: number, nsec: number, id: Uint8Array): void {
    const ms = sec * 1000 + Math.floor(nsec / 1e6);
    setU16(id, 0, Math.floor(ms / 0x100000000));
    setU32(id, 2, ms >>> 0);
    setU16(id, 6, 0x7000 | (serial >>> 20));
    id[8] = this.first;
    id.set(this.middle, 9);
    setU32(id, 12, (this.last | ((serial & 0xfffff) << 4)) >>> 0);
  }
}
