/** Parses `read --group`, and the bounds of groups. */
import { POINT_NAME_WORDS, type PointName, parsePointName } from './point-name.js';

/** How long a packet waits for its copies, in seconds: by default, at least, and at most. */
export const GROUP_WINDOW = { usual: 0.05, least: 0.001, most: 10 } as const;

export interface NamedGroup {
  readonly name: string;
  readonly members: readonly PointName[];
}

export const GROUP_WORDS = `NAME=A,B, each member ${POINT_NAME_WORDS}`;

/** A group from `NAME=A,B`, or what is wrong with it. */
export function parseGroup(text: string): NamedGroup | string {
  const [, name = '', list = ''] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  const words = list.split(',').map((word) => word.trim());
  if (name.trim() === '' || words.includes('')) return `give ${GROUP_WORDS}`;
  const members: PointName[] = [];
  for (const word of words) {
    const member = parsePointName(word);
    if (typeof member === 'string') return member;
    if (members.some((other) => other.text === word)) return `${word} is in it twice`;
    members.push(member);
  }
  if (members.length < 2) return `a group has two members or more: give ${GROUP_WORDS}`;
  return { name: name.trim(), members };
}
