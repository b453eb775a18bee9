/** Which nodes have their name beside them: as many as fit, the strongest first, none over another. */

export interface Spot {
  readonly id: string;
  /** Where it is on the screen. */
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

type Anchor = 'start' | 'middle' | 'end';

export interface Label {
  readonly id: string;
  /** Where its text begins, ends or has its middle, and the line it stands on. */
  readonly x: number;
  readonly y: number;
  readonly anchor: Anchor;
  readonly box: Box;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels of a character of the labels' type, at most. */
const CHARACTER = 6;
const HEIGHT = 16;
const PAD = 4;
/** Labels that are drawn: more are noise. */
const MOST = 80;

export function widthOf(text: string): number {
  return text.length * CHARACTER + 2 * PAD;
}

export function overlaps(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

/**
 * @param spots in the order in which they get a label
 * @param taken where none may be
 * @param always ids that get one wherever it falls
 */
export function labelsOf(
  spots: readonly Spot[],
  taken: readonly Box[],
  always: ReadonlySet<string>,
): Label[] {
  const boxes = [...taken];
  const round = spots.map(({ id, x, y, r }) => ({ id, x: x - r, y: y - r, width: 2 * r, height: 2 * r }));
  const labels: Label[] = [];
  for (const { id, x, y, r } of spots) {
    if (labels.length >= MOST) break;
    const width = widthOf(id);
    const places: (Box & { readonly anchor: Anchor })[] = [
      { anchor: 'start', x: x + r + 2, y: y - HEIGHT / 2, width, height: HEIGHT },
      { anchor: 'end', x: x - r - 2 - width, y: y - HEIGHT / 2, width, height: HEIGHT },
      { anchor: 'middle', x: x - width / 2, y: y - r - 2 - HEIGHT, width, height: HEIGHT },
      { anchor: 'middle', x: x - width / 2, y: y + r + 2, width, height: HEIGHT },
    ];
    const free = places.find(
      (place) =>
        !boxes.some((box) => overlaps(box, place)) &&
        !round.some((other) => other.id !== id && overlaps(other, place)),
    );
    const place = free ?? (always.has(id) ? places[0] : undefined);
    if (place === undefined) continue;
    const { anchor, ...box } = place;
    boxes.push(box);
    const at = { start: PAD, middle: width / 2, end: width - PAD }[anchor];
    labels.push({ id, x: box.x + at, y: box.y + HEIGHT - 4.5, anchor, box });
  }
  return labels;
}
