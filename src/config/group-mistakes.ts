/** What may be wrong with the groups of a configuration. */
import { type Prefix, parsePrefix } from './units.js';

/** The parts of a configuration that have to do with groups. */
interface Mirror {
  readonly source?: Prefix | undefined;
  readonly type?: string | undefined;
  readonly separate_by?: readonly string[] | undefined;
  readonly group?: string | undefined;
}

interface Group {
  readonly name: string;
  readonly separate_by: readonly string[];
}

interface Groups {
  readonly mirrors: readonly Mirror[];
  readonly groups: readonly Group[];
  readonly tunnels: readonly (string | { readonly tunnel: string })[];
}

interface Mistake {
  readonly path: (string | number)[];
  readonly message: string;
}

const ADDRESS_BITS = 128;

export function groupMistakes({ mirrors, groups, tunnels }: Groups): Mistake[] {
  const remotes = tunnels.map((t) => remoteOf(typeof t === 'string' ? t : t.tunnel));
  const members = mirrors.flatMap((mirror, i) =>
    mirror.group === undefined ? [] : [{ mirror, path: ['mirrors', i], group: mirror.group }],
  );
  const sizes = new Map<string, number>();
  for (const { group } of members) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  // Of several with one name the first.
  const byName = new Map(groups.toReversed().map((group) => [group.name, group]));
  return [
    ...members.flatMap(({ mirror, path, group }) => {
      const alone = sizes.get(group) === 1 && isOnePoint(mirror) ? wordsOfOne(group) : undefined;
      const message = alone ?? tunnelWords(mirror, remotes);
      const separators = separatorWords(mirror, byName.get(group));
      return [
        ...(message === undefined ? [] : [{ path: [...path, 'group'], message }]),
        ...(separators === undefined ? [] : [{ path: [...path, 'separate_by'], message: separators }]),
      ];
    }),
    ...groups.flatMap((group, i): Mistake[] => {
      const { name } = group;
      const path = ['groups', i, 'name'];
      if (byName.get(name) !== group) return [{ path, message: `there is a group ${name} already` }];
      return sizes.has(name) ? [] : [{ path, message: `no entry of \`mirrors\` has \`group: ${name}\`` }];
    }),
  ];
}

function wordsOfOne(group: string): string {
  return `no other mirror is in the group ${group}, and one alone is none: give another the same word`;
}

/** Whether an entry stands for a single sender; others may match several mirror points, which are a group. */
function isOnePoint({ source }: Mirror): boolean {
  return source !== undefined && source.bits === ADDRESS_BITS;
}

function tunnelWords(mirror: Mirror, remotes: readonly (Prefix | undefined)[]): string | undefined {
  const { type, source } = mirror;
  if (type === 'pptp')
    return 'a PPTP tunnel is no mirror: both its directions are in one row without a group';
  if (source === undefined || (type !== 'gre' && type !== 'gretap')) return undefined;
  const isTunnel = remotes.some((r) => r !== undefined && isOnePoint(mirror) && sameAddress(r, source));
  return isTunnel ? `${source.text} is the remote end of a tunnel: a group is of mirrors` : undefined;
}

function separatorWords(mirror: Mirror, group: Group | undefined): string | undefined {
  const { separate_by: own } = mirror;
  const common = group?.separate_by ?? [];
  if (own === undefined || (own.length === common.length && own.every((by) => common.includes(by))))
    return undefined;
  const name = group?.name ?? mirror.group;
  return `the group ${name} has [${common.join(', ')}]: say it once, as \`separate_by\` in \`groups\``;
}

/** The other end of a tunnel, from the words of `ip tunnel add`. */
function remoteOf(spec: string): Prefix | undefined {
  const [, remote] = /(?:^|\s)remote\s+(\S+)/.exec(spec) ?? [];
  return remote === undefined ? undefined : parsePrefix(remote);
}

function sameAddress(a: Prefix, b: Prefix): boolean {
  return a.address.every((byte, i) => byte === b.address[i]);
}
