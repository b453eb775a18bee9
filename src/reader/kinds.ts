/** What `read --ndjson` can print. */
export const NDJSON_KINDS = [
  'sessions',
  'transactions',
  'certificates',
  'names',
  'packets',
  'mirrors',
  'tunnels',
  'paths',
  'hops',
] as const;
export type NdjsonKind = (typeof NDJSON_KINDS)[number];

/** Kinds that the session thread makes. */
export const ROW_KINDS = ['sessions', 'transactions', 'certificates', 'names'] as const;
export type RowKind = (typeof ROW_KINDS)[number];

/** Kinds that `--path` makes. */
export const PATH_KINDS: readonly NdjsonKind[] = ['paths', 'hops'];

export function isRowKind(kind: NdjsonKind): kind is RowKind {
  return (ROW_KINDS as readonly NdjsonKind[]).includes(kind);
}

/** Words of `read --ndjson`, separated by commas; undefined if they are not all kinds. */
export function parseKinds(words: string): NdjsonKind[] | undefined {
  const given = words.split(',');
  const kinds = NDJSON_KINDS.filter((kind) => given.includes(kind));
  return given.every((word) => kinds.includes(word as NdjsonKind)) ? kinds : undefined;
}
