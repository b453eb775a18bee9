/** Layers of a frame as they are shown: fields with their place, in words. Nothing here knows a page. */

/** What a layer is, which gives it its color. */
export type Kind = 'mirror' | 'link' | 'tag' | 'net' | 'transport' | 'tunnel' | 'app' | 'rest';

export interface Field {
  readonly name: string;
  readonly value: string;
  /** Where its bytes are in the frame; -1 for what is not in it, as what the mirror said. */
  readonly at: number;
  readonly length: number;
}

export interface Shown {
  readonly kind: Kind;
  readonly name: string;
  /** Beside the name: what it says at a glance. */
  readonly detail: string;
  /** Its bytes; both -1 for what is not in the frame. */
  readonly at: number;
  readonly end: number;
  readonly fields: readonly Field[];
}

/** Fields of one layer; of a list in a header, further ones are left out. */
export const MOST_FIELDS = 200;

/**
 * A layer while it is put together. A field that goes beyond the captured bytes is left out, so that whoever
 * describes a header need not ask how much of it is there.
 */
export class Sheet {
  readonly fields: Field[] = [];
  detail = '';
  /** One line of what it says, for lists; '' for nothing. */
  summary = '';
  end: number;

  /** @param limit where the layer's bytes end at the latest */
  constructor(
    readonly kind: Kind,
    readonly name: string,
    readonly b: Uint8Array,
    readonly at: number,
    readonly limit: number,
  ) {
    this.end = Math.min(at, limit);
  }

  /** Whether so many bytes are there. */
  has(at: number, length: number): boolean {
    return at >= this.at && length > 0 && at + length <= this.limit;
  }

  /** Adds a field, if all of it is there. @returns whether it is */
  field(name: string, at: number, length: number, say: (b: Uint8Array, at: number) => string): boolean {
    if (!this.has(at, length) || this.fields.length >= MOST_FIELDS) return false;
    this.fields.push({ name, value: say(this.b, at) || 'empty', at, length });
    this.end = Math.max(this.end, at + length);
    return true;
  }

  /** The bytes up to there are the layer's, although nothing is said of them. */
  upTo(end: number): void {
    this.end = Math.max(this.end, Math.min(end, this.limit));
  }

  /** @param end where the next layer begins, if that is known */
  shown(end = this.end): Shown {
    const { kind, name, detail, at, fields } = this;
    return { kind, name, detail, at, end: Math.max(at, Math.min(end, this.limit)), fields };
  }
}
