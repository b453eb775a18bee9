/** The colors of series, in an order that survives red-green blindness; the last one is for the rest. */
export const SERIES_COLORS = ['--s1', '--s2', '--s3', '--s4', '--s5', '--s6', '--s7'].map(
  (name) => `var(${name})`,
);

/** What a color of the page is now: canvases know no variables. */
export function resolved(color: string): string {
  const name = /var\((--\w+)\)/.exec(color)?.[1];
  return name === undefined
    ? color
    : getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Colors of series that mean something. */
const MEANING: Readonly<Record<string, string>> = {
  other: 'var(--s7)',
  answered: 'var(--s1)',
  reset: 'var(--s2)',
  failed: 'var(--bad)',
};

/** The color of a series by its place, or by what it is called. */
export function seriesColor(name: string, place: number): string {
  return MEANING[name] ?? SERIES_COLORS[place % (SERIES_COLORS.length - 1)]!;
}
