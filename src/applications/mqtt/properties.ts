/** Numbers of 1 to 4 bytes, and the properties of MQTT 5. Source: MQTT 5.0, 1.5.5 and 2.2.2. */

/** The property that a CONNACK gives a client without a name, and the number that stands for a topic. */
export const Property = { AssignedClientId: 0x12, TopicAlias: 0x23 } as const;

const BYTE = [0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a];
const TWO = [0x13, 0x21, 0x22, 0x23];
const FOUR = [0x02, 0x11, 0x18, 0x27];
const VARIABLE = 0x0b;
const TEXT = [0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1a, 0x1c, 0x1f];
const PAIR = 0x26;

/** Reads numbers, low 7 bits first, and what has its length before it. */
export class Properties {
  /** Where the number ended that was read last. */
  next = 0;

  /** @returns a number; -1 if it is not there, -2 if it is longer than 4 bytes */
  number(b: Uint8Array, o: number, end: number): number {
    let n = 0;
    for (let i = 0, scale = 1; i < 4; i++, scale *= 128) {
      if (o + i >= end) return -1;
      n += (b[o + i] & 0x7f) * scale;
      if (b[o + i] < 0x80) {
        this.next = o + i + 1;
        return n;
      }
    }
    return -2;
  }

  /** Passes over all properties. @returns where they end */
  skip(b: Uint8Array, o: number, end: number): number {
    const length = this.number(b, o, end);
    return length < 0 ? end : Math.min(end, this.next + length);
  }

  /** @returns where the value of a property begins; -1 if it is not among them */
  find(b: Uint8Array, o: number, end: number, property: number): number {
    const stop = this.skip(b, o, end);
    let p = this.next;
    while (p < stop) {
      const id = b[p++];
      if (id === property) return p;
      if (BYTE.includes(id)) p += 1;
      else if (TWO.includes(id)) p += 2;
      else if (FOUR.includes(id)) p += 4;
      else if (TEXT.includes(id)) p = behindText(b, p, stop);
      else if (id === PAIR) p = behindText(b, behindText(b, p, stop), stop);
      else if (id === VARIABLE && this.number(b, p, stop) >= 0) p = this.next;
      else return -1;
    }
    return -1;
  }
}

/** Where a text ends that has its length (2 bytes) before it. */
export function behindText(b: Uint8Array, o: number, end: number): number {
  return o + 2 <= end ? Math.min(end, o + 2 + ((b[o] << 8) | b[o + 1])) : end;
}
