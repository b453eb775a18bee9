/** Text of which each part knows whether it was filled in, and from which input. */

/** The inputs from which a part of a text can come. */
export const FIELDS = [
  'name',
  'site',
  'collector',
  'source',
  'session',
  'number',
  'ports',
  'direction',
  'type',
  'vrf',
  'truncate',
  'ttl',
  'bridge',
  'epg',
] as const;
export type Field = (typeof FIELDS)[number];

/** A part of a text; with `from`, what was filled in from that input. */
export interface Segment {
  readonly text: string;
  readonly from?: Field;
}
export type Text = readonly Segment[];

/** What a place in a template takes; undefined is an input that was not given. */
type Part = Segment | Text | undefined;

/** The characters of a text, as a person copies them. */
export function plain(text: Text): string {
  return text.map((segment) => segment.text).join('');
}

/** A value filled in from an input. */
export function filled(from: Field, value: string | number): Segment {
  return { text: String(value), from };
}

/**
 * Makes text of a template. Only segments take a place in it, so that nothing a person has typed comes into a
 * command without a mark.
 */
export function line(strings: TemplateStringsArray, ...parts: readonly Part[]): Text {
  return merged(
    strings.flatMap((text, i) => {
      const part = parts[i];
      return [{ text }, ...(part === undefined ? [] : isText(part) ? part : [part])];
    }),
  );
}

/** Lines below each other, without those that are not there. */
export function lines(all: readonly (Text | readonly Text[] | undefined)[]): Text {
  const present = all.flatMap((one): readonly Text[] => {
    if (one === undefined) return [];
    return isLines(one) ? one : [one];
  });
  return joined(present, '\n');
}

/** Words of a command, with spaces between those that are there. */
export function words(all: readonly (Text | undefined)[]): Text {
  return joined(
    all.filter((one) => one !== undefined),
    ' ',
  );
}

/** Texts with the same separator between them. */
export function joined(texts: readonly Text[], separator: string): Text {
  return merged(texts.flatMap((text, i) => (i === 0 ? text : [{ text: separator }, ...text])));
}

function isText(part: Segment | Text): part is Text {
  return Array.isArray(part);
}

function isLines(one: Text | readonly Text[]): one is readonly Text[] {
  return one.length === 0 || Array.isArray(one[0]);
}

/** Neighbours that are not filled in become one segment; empty ones go. */
function merged(segments: Text): Text {
  const out: Segment[] = [];
  for (const segment of segments) {
    if (segment.text === '') continue;
    const last = out.at(-1);
    if (last !== undefined && last.from === undefined && segment.from === undefined) {
      out[out.length - 1] = { text: last.text + segment.text };
    } else out.push(segment);
  }
  return out;
}
