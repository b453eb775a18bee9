/** What it takes to make a device mirror to here. */
import { networkInterfaces } from 'node:os';
import { isServer } from '../../model/store-location.js';
import type { FindingSaid, PlatformSaid } from '../contract/setup.js';
import type { Answer } from '../contract.js';
import type { Handlers } from '../handler.js';
import {
  type MirrorInput,
  mirrorCommands,
  mirrorInputSchema,
  PLATFORMS,
  type Platform,
} from '../mirror-commands.js';

const said = (p: Platform): PlatformSaid => ({
  id: p.id,
  title: p.title,
  header: p.header,
  ran_by: p.ranBy,
  versions: [...p.versions],
  types: [...p.types],
  usual_direction: p.usualDirection,
  takes: { ...p.takes },
  example_ports: [...p.examplePorts],
  several_ports: p.severalPorts,
  source_prefix: p.sourcePrefix === true,
});

/** Addresses that nobody else can send to: loopback and link-local ones. */
const UNREACHABLE = /^(?:127\.|169\.254\.|::1$|fe[89ab][0-9a-f]:)/i;

export const setupHandlers: Handlers<'platforms' | 'mirrorCommands' | 'addresses' | 'doctor'> = {
  platforms: () => ({ platforms: PLATFORMS.map(said) }),
  mirrorCommands: ({ query }) => {
    const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''));
    const platform = PLATFORMS.find(({ id }) => id === query.platform);
    const result = mirrorInputSchema.safeParse({ direction: platform?.usualDirection, ...given });
    if (result.success) return { made: made(result.data), wrong: {} };
    const wrong: Record<string, string> = {};
    for (const { path, message } of result.error.issues) {
      const field = String(path[0] ?? 'platform');
      // Of several things wrong with a field the first is the plainest.
      wrong[field] ??= field in given ? message : 'is missing';
    }
    return { made: null, wrong };
  },
  addresses: async (_, { beside }) => {
    const rings =
      (await beside.status())?.receivers
        .filter((r) => r.kind === 'ring' || r.kind === 'xdp')
        .map((r) => r.name) ?? [];
    const place = (name: string): number => (rings.includes(name) ? rings.indexOf(name) : rings.length);
    const all = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
      addresses
        .filter(({ address, internal }) => !internal && !UNREACHABLE.test(address))
        .map(({ address, family }) => ({
          address,
          version: family === 'IPv6' ? (6 as const) : (4 as const),
          interface: name,
        })),
    );
    return {
      addresses: all.sort((a, b) => place(a.interface) - place(b.interface) || a.version - b.version),
    };
  },
  doctor: async (_, { asker, beside, doctor }) => {
    const [{ location }, status] = await Promise.all([asker.place(), beside.status()]);
    const control = status === undefined ? undefined : await beside.place();
    const rings =
      status?.receivers.filter((r) => r.kind === 'ring' || r.kind === 'xdp').map((r) => r.name) ?? [];
    const { findings, at } = await doctor.examine({ store: location, control, interfaces: rings });
    return { findings: findings.flatMap((f) => ofThisConsole(f, status !== undefined, location)), at };
  },
};

/** What the doctor says of its own process and of the store, as it is for the console and its collector. */
function ofThisConsole(finding: FindingSaid, collects: boolean, location: string): FindingSaid[] {
  // The console may have fewer privileges than the collector, which has what it needs: it receives.
  if (collects && finding.subject === 'privileges') return [];
  // A directory is open in one process at a time: in this one, which asks it.
  if (!collects && finding.subject === 'store' && finding.state === 'bad' && !isServer(location))
    return [{ state: 'good', subject: 'store', text: `${location} is open in this console` }];
  return [finding];
}

function made(input: MirrorInput): NonNullable<Answer<'mirrorCommands'>['made']> {
  const { commands, show, undo, yaml, ranBy, notes, overhead, carriesSession } = mirrorCommands(input);
  return {
    commands: [...commands],
    show: [...show],
    undo: [...undo],
    yaml: [...yaml],
    ran_by: ranBy,
    notes: [...notes],
    overhead,
    carries_session: carriesSession,
  };
}
