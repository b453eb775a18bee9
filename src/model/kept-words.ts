/** What is kept of applications: all of it, nothing, or some kinds of text. Times and counts always are. */

/** Kinds of text that can be left out, as bits, and whether messages are read at all. */
export const Keep = { Read: 1, Names: 2, Users: 4, Paths: 8, Statements: 16 } as const;
export const KEEP_ALL = 31;

export const KEPT_KINDS = ['names', 'users', 'paths', 'statements'] as const;
export type KeptKind = (typeof KEPT_KINDS)[number];

/** Which, in the configuration and on the command line. */
export const KEPT_APPLICATIONS_WORDS = `all, off, or a list of ${KEPT_KINDS.join(', ')}`;

/** The bits of kinds: messages are read, and these kinds are kept. */
export function keepBits(kinds: readonly KeptKind[]): number {
  const bit = (kind: KeptKind) => Keep.Names << KEPT_KINDS.indexOf(kind);
  return kinds.map(bit).reduce((a, b) => a | b, Keep.Read as number);
}

/** `all`, `off`, `names,users`; undefined for anything else. */
export function parseKeptApplications(text: string): number | undefined {
  if (text === 'all') return KEEP_ALL;
  if (text === 'off') return 0;
  const kinds = text.split(',').map((word) => KEPT_KINDS.find((kind) => kind === word.trim()));
  return kinds.every((kind) => kind !== undefined) ? keepBits(kinds as KeptKind[]) : undefined;
}
