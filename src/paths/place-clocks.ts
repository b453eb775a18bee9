/** The clocks of the times at places, and whether those of two places can be compared. */
import { Clocks } from '../model/clocks.js';

/** Of a mirror point at a place: its clock (PointClock of clocks/clocks.ts), plain; undefined: arrival. */
export type PlaceClock = { readonly id: number; readonly isAbsolute: boolean } | undefined;

/** @param clocks those of all mirror points at both places: common if they are one, or all absolute */
export function clocksBetween(clocks: Iterable<PlaceClock>): Clocks {
  let first: PlaceClock;
  for (const clock of clocks) {
    if (clock === undefined) return Clocks.Relative;
    first ??= clock;
    if (clock.id !== first.id && !(clock.isAbsolute && first.isAbsolute)) return Clocks.Relative;
  }
  return Clocks.Common;
}

/** The same of several packet paths, which number clocks on their own: one that two of them fit is two. */
export function* clocksOfPlaces(
  paths: readonly (readonly (readonly PlaceClock[])[])[],
  places: readonly number[],
): Generator<PlaceClock> {
  for (const [path, byPlace] of paths.entries())
    for (const place of places)
      for (const clock of byPlace[place] ?? [])
        yield clock && { id: clock.id * paths.length + path, isAbsolute: clock.isAbsolute };
}
