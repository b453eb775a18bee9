/** How packets are asked for: a page behind the other, up to a bound. */

/** Packets that a page holds at the most. */
export const MOST_PACKETS = 20_000;

/** Behind which packet the next page begins; undefined for none. */
export function nextAfter(
  pages: readonly { readonly frames: { readonly length: number }; readonly more: boolean }[],
): number | undefined {
  const loaded = pages.reduce((sum, { frames }) => sum + frames.length, 0);
  return pages.at(-1)?.more === true && loaded < MOST_PACKETS ? loaded : undefined;
}
