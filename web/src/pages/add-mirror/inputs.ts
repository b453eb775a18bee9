/** What is filled in for a platform: of the address, and what stands in while something is missing. */

import type { PlatformSaid } from '../../../../src/console/contract/setup.js';
import type { Asked } from '../../../../src/console/contract.js';
import { one } from '../../app/search.js';

export type Field = Exclude<keyof Asked<'mirrorCommands'>, 'platform'>;
export type Inputs = Readonly<Partial<Record<Field, string>>>;

const FIELDS: readonly Field[] = [
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
];

/** Inputs in a platform's own words, which another does not understand. */
export const OWN_WORDS: readonly Field[] = [
  'number',
  'ports',
  'direction',
  'type',
  'vrf',
  'truncate',
  'ttl',
  'bridge',
  'epg',
];

/** Inputs that every platform takes. */
const ALWAYS: readonly Field[] = ['name', 'site', 'collector', 'source', 'direction'];

/** @param search as parsed: nothing of it is to be trusted */
export function inputsOf(search: Readonly<Record<string, unknown>>): Inputs {
  const found: Partial<Record<Field, string>> = {};
  for (const field of FIELDS) {
    const value = one(search[field]);
    if (value !== undefined && value !== '') found[field] = value;
  }
  return found;
}

export function takes(platform: PlatformSaid, field: Field): boolean {
  return ALWAYS.includes(field) || field in platform.takes || (field === 'type' && platform.types.length > 1);
}

/** The inputs that are needed and not there. */
export function missing(platform: PlatformSaid, inputs: Inputs): Field[] {
  return FIELDS.filter(
    (field) =>
      inputs[field] === undefined &&
      (field === 'name' ||
        field === 'collector' ||
        field === 'source' ||
        // The session id stands for a number that is not given.
        (platform.takes[field] === 'needed' &&
          !(field === 'number' && platform.takes.session !== undefined))),
  );
}

/** An example of an input, for its placeholder, and for commands that can be read before all is given. */
export function example(platform: PlatformSaid, field: Field, version: 4 | 6): string {
  switch (field) {
    case 'name':
      return 'core-1';
    case 'collector':
      return version === 6 ? '2001:db8::10' : '192.0.2.10';
    case 'source':
      return version === 6 ? '2001:db8:0:1::11' : '10.0.0.11';
    case 'session':
    case 'number':
      return '10';
    case 'ports':
      return platform.example_ports.join(', ');
    case 'bridge':
      return 'br0';
    case 'epg':
      return 'tenant/application/epg';
    default:
      return '';
  }
}

/** The question for the commands: what is given and this platform takes, and examples where it is missing. */
export function questionFor(platform: PlatformSaid, inputs: Inputs): Asked<'mirrorCommands'> {
  const question: Partial<Record<Field, string>> = {};
  for (const field of FIELDS)
    if (inputs[field] !== undefined && takes(platform, field)) question[field] = inputs[field];
  const version = (inputs.collector ?? '').includes(':') ? 6 : 4;
  for (const field of missing(platform, inputs)) question[field] = example(platform, field, version);
  return { platform: platform.id, ...question };
}

/** The smallest ERSPAN session id that no known mirror has. */
export function freeSession(taken: readonly (number | null)[]): number {
  const all = new Set(taken);
  let session = 1;
  while (all.has(session)) session++;
  return session;
}
