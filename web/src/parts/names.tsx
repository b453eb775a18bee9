/** Names of addresses: asked for together, kept for a while, and shown in grey beside them. */
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { NAMED_AT_ONCE } from '../../../src/console/contract/opened.js';
import type { Answer } from '../../../src/console/contract.js';
import { call } from '../api/client.js';
import { chooseNames, namesChosen } from '../app/names-shown.js';
import { useLookedAt } from '../app/scope.js';
import type { FirstNames } from '../first.js';
import { printable } from '../format/text.js';
import { MOST_NAMED_IN_FILE } from './most-named.js';

export type Names = Answer<'names'>['names'][number]['names'];

const SOURCES: Readonly<Record<Names[number]['source'], string>> = {
  file: 'a file of names',
  dhcp: 'DHCP',
  mdns: 'mDNS',
  llmnr: 'LLMNR',
  kerberos: 'Kerberos',
  ntlm: 'NTLM',
  smb: 'SMB',
  tls: 'TLS server name',
  http: 'HTTP host',
  dns: 'DNS',
};

/** Milliseconds in which addresses are gathered for one question. */
const GATHER = 40;
/** Questions that follow each other at once, as the cards of a page have their answers; then one a second. */
const AT_FIRST = 4;
const BETWEEN = 1000;
/** Milliseconds for which an answer is kept, and how many names at once. */
const KEEP = 60_000;
const MOST_KNOWN = 5000;

interface Known {
  /** Empty: it has none. */
  readonly names: Names;
  readonly at: number;
}

const NONE: Names = [];
const listeners = new Set<() => void>();
const known = new Map<string, Known>();
/** Addresses that are shown, how often. */
const shown = new Map<string, number>();
const wanted = new Set<string>();
let range: { readonly from: string; readonly to: string } | undefined;
/** A question is on its way, or will be. */
let asking = false;
/** When each of the last {@link AT_FIRST} questions was asked, the oldest first. */
const askedAt: number[] = [];
let on = namesChosen();
let version = 0;

function changed(): void {
  version++;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Names beside addresses, on all pages, or not. */
export function toggleNames(): void {
  on = !on;
  chooseNames(on);
  if (on) for (const address of shown.keys()) want(address);
  changed();
}

export function useNamesShown(): boolean {
  return useSyncExternalStore(subscribe, () => on);
}

/** Lets names be those of the time that is looked at. */
export function useNamesRange(): void {
  const looked = useLookedAt();
  const { from, to } = looked?.query ?? {};
  useEffect(() => {
    if (from === undefined || to === undefined) return;
    if (range?.from === from && range.to === to) return;
    range = { from, to };
    known.clear();
    for (const address of shown.keys()) want(address);
    changed();
  }, [from, to]);
}

function want(address: string): void {
  const before = known.get(address);
  if (!on || (before !== undefined && performance.now() - before.at < KEEP)) return;
  wanted.add(address);
  askSoon();
}

function askSoon(): void {
  if (asking || wanted.size === 0) return;
  asking = true;
  const [oldest = Number.NEGATIVE_INFINITY] = askedAt.length < AT_FIRST ? [] : askedAt;
  setTimeout(() => void ask(), Math.max(GATHER, oldest + AT_FIRST * BETWEEN - performance.now()));
}

async function ask(): Promise<void> {
  if (range === undefined) {
    // There is nothing to ask yet: what is shown is wanted again when there is.
    wanted.clear();
    asking = false;
    return;
  }
  // Who scrolls fast through a list leaves behind what nobody sees any more.
  for (const address of wanted) if (!shown.has(address)) wanted.delete(address);
  const addresses = [...wanted].slice(0, NAMED_AT_ONCE);
  for (const address of addresses) wanted.delete(address);
  if (addresses.length === 0) {
    asking = false;
    return;
  }
  const asked = range;
  askedAt.push(performance.now());
  if (askedAt.length > AT_FIRST) askedAt.shift();
  // A page without names is as right as one with them.
  const answer = await call('names', { query: { ...asked, address: addresses } }).catch(() => undefined);
  asking = false;
  askSoon();
  if (asked !== range || answer === undefined) return;
  learn(addresses, answer.names);
  for (const address of known.keys()) {
    if (known.size <= MOST_KNOWN) break;
    if (!shown.has(address)) known.delete(address);
  }
  changed();
}

function learn(addresses: readonly string[], names: Answer<'names'>['names']): void {
  const found = new Map(names.map((one) => [one.address, one.names]));
  const at = performance.now();
  for (const address of addresses) known.set(address, { names: found.get(address) ?? NONE, at });
}

/** Knows names before anything is shown. */
export function knowFirst({ from, to, addresses, names }: FirstNames): void {
  range = { from, to };
  learn(addresses, names);
}

function show(address: string): () => void {
  shown.set(address, (shown.get(address) ?? 0) + 1);
  want(address);
  return () => {
    const others = (shown.get(address) ?? 1) - 1;
    if (others === 0) shown.delete(address);
    else shown.set(address, others);
  };
}

/** The names of some addresses, as far as they are known; without those that have none. */
export function useNames(addresses: readonly string[]): ReadonlyMap<string, Names> {
  const seen = useSyncExternalStore(subscribe, () => version);
  const text = addresses.join(' ');
  const latest = useRef(addresses);
  latest.current = addresses;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text has the addresses
  useEffect(() => {
    const leave = latest.current.map(show);
    return () => {
      for (const one of leave) one();
    };
  }, [text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: text has the addresses, seen the names
  return useMemo(() => {
    const found = new Map<string, Names>();
    if (!on) return found;
    for (const address of latest.current) {
      const names = known.get(address)?.names ?? NONE;
      if (names.length > 0) found.set(address, names);
    }
    return found;
  }, [text, seen]);
}

/**
 * The best names of addresses, for a file; none where names are not shown.
 *
 * @returns addresses that have one, each with it and its source
 */
export async function namesFor(
  addresses: Iterable<string>,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<ReadonlyMap<string, Names[number]>> {
  const found = new Map<string, Names[number]>();
  const all = on ? [...new Set(addresses)].slice(0, MOST_NAMED_IN_FILE) : [];
  for (let at = 0; at < all.length; at += NAMED_AT_ONCE) {
    const answer = await call('names', { query: { from, to, address: all.slice(at, at + NAMED_AT_ONCE) } });
    for (const { address, names } of answer.names) found.set(address, names[0]!);
  }
  return found;
}

/** The name of an address, in grey. */
export function NameOf({ address }: { readonly address: string }) {
  useEffect(() => show(address), [address]);
  const names = useSyncExternalStore(subscribe, () => (on ? (known.get(address)?.names ?? NONE) : NONE));
  const [first] = names;
  if (first === undefined) return null;
  return (
    <span className="name" title={sourceWords(names)}>
      {printable(first.name)}
    </span>
  );
}

/** What an address is called, with its source: the head of its page. */
export function NamesOf({ address }: { readonly address: string }) {
  const names = useNames([address]).get(address) ?? NONE;
  const distinct = names.filter(({ name }, i) => names.findIndex((other) => other.name === name) === i);
  if (distinct.length === 0) return null;
  return (
    <div>
      {distinct.map(({ name, source }, i) => (
        <span key={name}>
          {i > 0 && ', '}
          {printable(name)} <span className="faint">{SOURCES[source]}</span>
        </span>
      ))}
    </div>
  );
}

/** Every name, and where it comes from. */
export function sourceWords(names: Names): string {
  return names.map(({ name, source }) => `${printable(name)}: ${SOURCES[source]}`).join('\n');
}
