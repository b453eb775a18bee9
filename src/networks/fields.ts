/** Words of a network as files have them: what is refused of our own files, and tidied of exports. */

/** Bytes of a field. */
export const LONGEST_FIELD = 256;
/** Characters of a value that an error repeats. */
const LONGEST_SHOWN = 60;

export const HIGHEST_VLAN = 4094;
/** VNIs have 24 bits (RFC 7348). */
export const HIGHEST_VNI = 0xffffff;

/** Control characters, half surrogate pairs, and what turns text round: they deceive a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u;
/** What may be one of those. Most texts have none, which takes a tenth of the time to see. */
const UNUSUAL = /[^ -~]/;
const UNPRINTABLE_RUNS = /[\s\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]+/gu;

/** A value for an error: quoted, on one line, not too long. */
export function shown(value: string): string {
  const line = value.replaceAll(UNPRINTABLE_RUNS, ' ');
  return line.length > LONGEST_SHOWN ? `"${line.slice(0, LONGEST_SHOWN)}…"` : `"${line}"`;
}

/** What is wrong with a field of our own format; undefined: nothing. */
export function wrongWords(column: string, value: string): string | undefined {
  if (isUnprintable(value))
    return `${column} ${shown(value)} has a control character or a line break: remove it`;
  if (isTooLong(value)) return `${column} ${shown(value)} is longer than ${LONGEST_FIELD} bytes: shorten it`;
  return undefined;
}

/**
 * A field of an export: on one line, with a space for each run of white space and control characters, cut at
 * {@link LONGEST_FIELD} bytes.
 */
export function tidied(value: string): string {
  const line = isUnprintable(value) ? value.replaceAll(UNPRINTABLE_RUNS, ' ').trim() : value.trim();
  if (!isTooLong(line)) return line;
  const bytes = Buffer.from(line);
  let end = LONGEST_FIELD;
  // Bytes 10xxxxxx continue a character.
  while ((bytes[end] & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end).trimEnd();
}

function isUnprintable(value: string): boolean {
  return UNUSUAL.test(value) && UNPRINTABLE.test(value);
}

function isTooLong(value: string): boolean {
  // A UTF-16 unit has 3 bytes at most.
  return value.length > LONGEST_FIELD / 3 && Buffer.byteLength(value) > LONGEST_FIELD;
}

/** A number of digits alone, from `least` to `most`; undefined for anything else. */
export function parseCount(text: string, least: number, most: number): number | undefined {
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}
