/** Parses `read --group`, and the bounds of groups. */
import { parseAddress } from '../wire/ip/addresses.js';

/** How long a packet waits for its copies, in seconds: by default, at least, and at most. */
export const GROUP_WINDOW = { usual: 0.05, least: 0.001, most: 10 } as const;

/** A member as `--group` names it. */
export type MemberName =
  | { readonly text: string; readonly source: Uint8Array; readonly session: number | undefined }
  /** The name of an entry of `mirrors`. */
  | { readonly text: string; readonly source: undefined };

export interface NamedGroup {
  readonly name: string;
  readonly members: readonly MemberName[];
}

export const GROUP_WORDS =
  'NAME=A,B, each member a source address, SOURCE/SESSION, or the name of a mirror in --config';
const MOST_SESSION = 1023;

/** A group from `NAME=A,B`, or what is wrong with it. */
export function parseGroup(text: string): NamedGroup | string {
  const [, name = '', list = ''] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  const words = list.split(',').map((word) => word.trim());
  if (name.trim() === '' || words.includes('')) return `give ${GROUP_WORDS}`;
  const members: MemberName[] = [];
  for (const word of words) {
    const member = parseMember(word);
    if (typeof member === 'string') return member;
    if (members.some((other) => other.text === word)) return `${word} is in it twice`;
    members.push(member);
  }
  if (members.length < 2) return `a group has two members or more: give ${GROUP_WORDS}`;
  return { name: name.trim(), members };
}

/** `192.0.2.1`, `192.0.2.1/7`, or a name; otherwise what is wrong with it. */
export function parseMember(text: string): MemberName | string {
  const at = text.lastIndexOf('/');
  const source = new Uint8Array(16);
  if (parseAddress(at < 0 ? text : text.slice(0, at), source, 0) === 0) return { text, source: undefined };
  if (at < 0) return { text, source, session: undefined };
  const session = text.slice(at + 1);
  if (!/^\d{1,4}$/.test(session) || Number(session) > MOST_SESSION)
    return (
      `"${session}" is not an ERSPAN session: write ${text.slice(0, at)}/SESSION, ` +
      `from 0 to ${MOST_SESSION}`
    );
  return { text, source, session: Number(session) };
}
