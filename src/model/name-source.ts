/** Where the name of an address was seen. The numbers are stored in segments. */
export const NameSource = {
  Unknown: 0,
  File: 1,
  Dhcp: 2,
  Mdns: 3,
  Llmnr: 4,
  Kerberos: 5,
  Ntlm: 6,
  Smb: 7,
  Tls: 8,
  Http: 9,
  Dns: 10,
} as const;
export type NameSource = (typeof NameSource)[keyof typeof NameSource];

/** The words, each at its number. */
export const NAME_SOURCE_NAMES = [
  '',
  'file',
  'dhcp',
  'mdns',
  'llmnr',
  'kerberos',
  'ntlm',
  'smb',
  'tls',
  'http',
  'dns',
] as const;

/** The words of those that a configuration may name. */
export type NameSourceWord = Exclude<(typeof NAME_SOURCE_NAMES)[number], ''>;
export const NAME_SOURCES: readonly NameSourceWord[] = NAME_SOURCE_NAMES.slice(1) as NameSourceWord[];

/** Which are kept, on the command line. */
export const KEPT_NAMES_WORDS = `all, off, or some of ${NAME_SOURCES.join(', ')}`;

/** `all`, `off`, `dns,tls`; undefined for anything else. */
export function parseKeptNames(text: string): readonly NameSourceWord[] | undefined {
  if (text === 'all') return NAME_SOURCES;
  if (text === 'off') return [];
  const sources = text.split(',').map((word) => NAME_SOURCES.find((source) => source === word.trim()));
  return sources.every((source) => source !== undefined) ? sources : undefined;
}
