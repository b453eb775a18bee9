/** What this host's rules do with mirrors on their way to sockets. */
import type { Network } from '../network.js';
import { type Ending, endingsOf } from './evaluate.js';
import type { Doubt } from './judgement.js';
import type { Carrier, Family, Packet } from './packet.js';
import { type Prefix, prefixOf } from './prefix.js';
import type { Chain, Hook, Table } from './ruleset.js';

/** A way in: an IP version, what carries the mirror, an interface (empty: any), a sender (undefined: any). */
export interface WayIn {
  readonly family: Family;
  readonly carrier: Carrier;
  readonly by: string;
  readonly from: string | undefined;
}

/** What a base chain does with packets of one way in. */
export interface Ruling {
  readonly table: Table;
  readonly base: Chain;
  readonly way: WayIn;
  /** How it is kept out, and what that depends on (nothing, if it is certain). */
  readonly ending: Ending;
  readonly doubts: readonly Doubt[];
}

/** A hook on the way, and the interface that its rules see. */
interface Step {
  readonly hook: Hook;
  readonly iif: string;
}

export interface Place {
  readonly steps: readonly Step[];
  readonly devices: readonly string[];
}

/** The hooks on the way in from an interface, in order. A VRF has prerouting twice (vrf_ip_rcv). */
export function placeOf(by: string, network: Network | undefined): Place {
  const entrance = network?.entrance(by) ?? by;
  const vrf = network?.vrf(by);
  const inner = vrf ?? entrance;
  const devices = network?.interfaces.filter((i) => i.name === by || i.master === by).map((i) => i.name) ?? [
    by,
  ];
  return {
    steps: [
      { hook: 'ingress', iif: by },
      { hook: 'prerouting', iif: entrance },
      ...(vrf === undefined ? [] : [{ hook: 'prerouting' as const, iif: vrf }]),
      { hook: 'input', iif: inner },
    ],
    devices: [...devices, entrance],
  };
}

/** @returns what keeps the packet out, in the order in which a packet meets it; empty if it gets in */
export function rulingsOn(tables: readonly Table[], way: WayIn, packet: Packet, place: Place): Ruling[] {
  const rulings: Ruling[] = [];
  for (const step of place.steps) {
    for (const { table, base } of hooked(tables, step.hook, packet.family, place)) {
      const endings = endingsOf(table, base, { ...packet, iif: step.iif });
      const keptOut = endings.filter((e) => e.verdict !== 'accept');
      const ending = keptOut[0];
      if (ending === undefined) continue;
      const certain = keptOut.length === endings.length && ending.verdict !== 'queue';
      const doubts = certain ? [] : endings.flatMap((e) => e.doubts);
      const queue: Doubt[] =
        ending.verdict === 'queue' ? [{ of: 'rule', what: 'what a program says that it is handed to' }] : [];
      rulings.push({ table, base, way, ending, doubts: [...queue, ...doubts] });
    }
  }
  return rulings;
}

function hooked(
  tables: readonly Table[],
  hook: Hook,
  family: Family,
  place: Place,
): { table: Table; base: Chain }[] {
  const found: { table: Table; base: Chain }[] = [];
  for (const table of tables) {
    // A bridge's own rules apply to frames that it forwards, not to packets for this host.
    if (table.family !== family && table.family !== 'inet' && table.family !== 'netdev') continue;
    for (const chain of table.chains.values()) {
      if (chain.base?.hook !== hook) continue;
      const devices = chain.base.devices ?? [];
      if (hook === 'ingress' && !devices.some((d) => place.devices.includes(d))) continue;
      found.push({ table, base: chain });
    }
  }
  const priority = (c: Chain): number => c.base?.priority ?? 0;
  return found.sort((a, b) => priority(a.base) - priority(b.base));
}

/** @param sources known senders; empty: any host may send */
export function waysIn(
  families: readonly Family[],
  names: readonly string[],
  sources: readonly string[],
  carriers: readonly Carrier[],
): WayIn[] {
  return families.flatMap((family) => {
    const width = family === 'ip' ? 32 : 128;
    const senders = sources.filter((s) => prefixOf(s)?.width === width);
    const from: (string | undefined)[] = sources.length === 0 ? [undefined] : senders;
    const by = names.length === 0 ? [''] : names;
    return by.flatMap((b) =>
      from.flatMap((f) => carriers.map((carrier) => ({ family, carrier, by: b, from: f }))),
    );
  });
}

/** The first packet of a way in. */
export function packetOf(way: WayIn, network: Network | undefined): Packet {
  const version = way.family === 'ip' ? 4 : 6;
  const own = network?.addresses(version).map(prefixOf) ?? [];
  const source = way.from === undefined ? undefined : prefixOf(way.from);
  const single = source !== undefined && source.bits === source.width ? way.from : undefined;
  const defaults = network?.defaultRoutes(version) ?? [];
  const back =
    single === undefined || version === 4 || network === undefined
      ? defaults.includes(way.by)
      : network.letsIn(single, network.addresses(6)[0] ?? '::1', way.by);
  const routed = single === undefined ? defaults.length > 0 : network?.routeTo(single, network.vrf(way.by));
  return {
    family: way.family,
    carrier: way.carrier,
    iif: way.by,
    source,
    destinations: own.filter((p): p is Prefix => p !== undefined),
    routed: routed === true ? true : single === undefined ? undefined : routed,
    routedBack: back === true ? true : undefined,
  };
}
