/** Ciphers, extensions and signature algorithms that are kept of a hello. */
export const MOST_LISTED = 256;
/** A list of numbers; those behind the first MOST_LISTED are only counted. */
export class Numbers {
  readonly values = new Uint16Array(MOST_LISTED);
  count = 0;

  add(value: number): void {
    if (this.count < MOST_LISTED) this.values[this.count] = value;
    this.count++;
  }

  /** Whether all of them are in `values`. */
  get isWhole(): boolean {
    return this.count <= MOST_LISTED;
  }
}
