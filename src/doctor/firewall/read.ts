/** Reads the rules of this network namespace, and reports those that no tool here can read. */
import { readFileSync } from 'node:fs';
import { LinuxError } from '../../linux/errors.js';
import { nftablesTables } from '../../linux/nftables.js';
import { run } from '../run.js';
import { savedTables } from './iptables-save.js';
import { nftTables } from './nft-listing.js';
import type { Table } from './ruleset.js';

/** What could not be read, and what would help. */
export interface Unread {
  readonly why: string;
  readonly fix: string;
}

export interface Ruleset {
  readonly tables: readonly Table[];
  readonly unread: readonly Unread[];
}

const PRIVILEGED: Unread = {
  why: 'reading rules takes CAP_NET_ADMIN',
  fix: 'run as root: sudo mirrorlake doctor (in a container: with --cap-add NET_ADMIN)',
};

export function readRules(): Ruleset {
  const nft = readNftables();
  const legacy = (['ip', 'ip6'] as const).map(readLegacy);
  const unread = [nft, ...legacy].flatMap((r) => r.unread);
  return {
    tables: [nft, ...legacy].flatMap((r) => r.tables),
    unread: unread.filter((u, i) => unread.findIndex((v) => v.why === u.why) === i),
  };
}

/** The tables of nftables, including those of iptables-nft. */
function readNftables(): Ruleset {
  let there: string[];
  try {
    there = nftablesTables();
  } catch (e) {
    if (!(e instanceof LinuxError)) throw e;
    return {
      tables: [],
      unread: [e.code === 'EPERM' ? PRIVILEGED : { why: e.message, fix: 'nft list ruleset' }],
    };
  }
  if (there.length === 0) return { tables: [], unread: [] };
  const json = run('nft', '-j', 'list', 'ruleset');
  const tables = json.ok ? nftTables(json.out, run('nft', '-a', 'list', 'ruleset').out) : [];
  // iptables describes its own rules in more detail than nft does.
  const saved = [
    ...(there.some((t) => t.startsWith('ip ')) ? saves('iptables', 'nf_tables') : []),
    ...(there.some((t) => t.startsWith('ip6 ')) ? saves('ip6tables', 'nf_tables') : []),
  ];
  const isSaved = (t: Pick<Table, 'family' | 'name'>): boolean =>
    saved.some((s) => s.family === t.family && s.name === t.name);
  const read = [...tables.filter((t) => !isSaved(t)), ...saved];
  const missed = there.filter(
    (name) => !name.startsWith('arp ') && !read.some((t) => `${t.family} ${t.name}` === name),
  );
  if (missed.length === 0) return { tables: read, unread: [] };
  const why = json.there ? `nft cannot: ${json.error}` : 'that takes nft, which is not installed';
  return {
    tables: read,
    unread: [
      {
        why: `the kernel has rules of nftables (${missed.join(', ')}); ${why}`,
        fix: 'apt-get install nftables',
      },
    ],
  };
}

/** The tables of iptables-legacy, which nftables does not show. */
function readLegacy(family: 'ip' | 'ip6'): Ruleset {
  const tool = `${family}tables`;
  let names: string;
  try {
    names = readFileSync(`/proc/net/${family}_tables_names`, 'utf8').trim();
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException;
    // The module is not loaded.
    if (code === 'ENOENT') return { tables: [], unread: [] };
    return { tables: [], unread: [PRIVILEGED] };
  }
  if (names === '') return { tables: [], unread: [] };
  const tables = saves(tool, 'legacy');
  if (tables.length > 0) return { tables, unread: [] };
  const why =
    `the kernel has rules of ${tool}-legacy (${names.split('\n').join(', ')}); ` +
    `that takes ${tool}-legacy-save, which cannot read them or is not installed`;
  return { tables: [], unread: [{ why, fix: 'apt-get install iptables' }] };
}

/** The output of the first installed program for this kind of rules. */
function saves(tool: 'iptables' | 'ip6tables' | string, kind: 'legacy' | 'nf_tables'): Table[] {
  const own = kind === 'legacy' ? `${tool}-legacy` : `${tool}-nft`;
  const name = (kind === 'legacy' ? `${tool}-legacy` : tool) as Table['tool'];
  for (const program of [`${own}-save`, `${tool}-save`]) {
    const version = run(program, '-V');
    if (!version.ok) continue;
    // Before there were two kinds, it was the legacy one.
    const is = version.out.includes('nf_tables') ? 'nf_tables' : 'legacy';
    if (is !== kind) continue;
    const { ok, out } = run(program);
    if (ok) return savedTables(name, out);
  }
  return [];
}
