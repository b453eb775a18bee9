/** Interfaces, addresses and routes of this network namespace, from `ip` (iproute2). */
import { type Answer, run } from './run.js';

export type IpVersion = 4 | 6;

export interface Interface {
  readonly name: string;
  readonly up: boolean;
  readonly loopback: boolean;
  readonly mac: string;
  /** `bond`, `bridge`, `vrf`, `veth`, …; empty for hardware. */
  readonly kind: string;
  /** Its master, and the master's kind. */
  readonly master: string | undefined;
  readonly slaveKind: string;
  readonly xdp: boolean;
  /** Addresses reachable from outside; IPv6 link-local ones are separate. */
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  readonly linkLocal: readonly string[];
}

interface IpAddress {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly address?: string;
  readonly master?: string;
  readonly xdp?: unknown;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_slave_kind?: string };
  readonly addr_info?: readonly { readonly family: string; readonly local: string; readonly scope: string }[];
}

export class Network {
  private readonly byName: ReadonlyMap<string, Interface>;
  private readonly defaults = new Map<IpVersion, readonly string[]>();

  /** @param ask runs `ip` */
  private constructor(
    readonly interfaces: readonly Interface[],
    private readonly ask: (...words: string[]) => Answer,
  ) {
    this.byName = new Map(interfaces.map((i) => [i.name, i]));
  }

  /** @returns undefined without `ip` */
  static read(ask = (...words: string[]): Answer => run('ip', ...words)): Network | undefined {
    const { ok, out } = ask('-details', '-json', 'address', 'show');
    if (!ok) return undefined;
    // Some versions print empty objects for entries that they leave out.
    const found = (JSON.parse(out) as Partial<IpAddress>[]).filter((i) => i.ifname !== undefined);
    return new Network((found as IpAddress[]).map(interfaceOf), ask);
  }

  get(name: string): Interface | undefined {
    return this.byName.get(name);
  }

  /** Destination addresses that packets to this host may have. */
  addresses(version: IpVersion): string[] {
    return this.interfaces.flatMap((i) => (version === 4 ? i.ipv4 : i.ipv6));
  }

  /** Whether packets of a version may arrive at all: for IPv6 a link-local address suffices. */
  has(version: IpVersion): boolean {
    return this.interfaces.some((i) =>
      version === 4 ? i.ipv4.length > 0 : i.ipv6.length + i.linkLocal.length > 0,
    );
  }

  /** Interfaces on which packets from outside may arrive: up, with an address. */
  get reached(): Interface[] {
    return this.interfaces.filter((i) => i.up && !i.loopback && i.ipv4.length + i.ipv6.length > 0);
  }

  /** The interface on which IP sees packets of `name` arrive: a bond or a bridge, but not a VRF. */
  entrance(name: string): string {
    let at = name;
    for (let n = 0; n < this.interfaces.length; n++) {
      const i = this.get(at);
      if (i?.master === undefined || i.slaveKind === 'vrf') return at;
      at = i.master;
    }
    return at;
  }

  /** The VRF that an interface is in. */
  vrf(name: string): string | undefined {
    const i = this.get(this.entrance(name));
    return i?.slaveKind === 'vrf' ? i.master : undefined;
  }

  /** The interfaces of default routes. */
  defaultRoutes(version: IpVersion): readonly string[] {
    const known = this.defaults.get(version);
    if (known !== undefined) return known;
    const { ok, out } = this.ask(`-${version}`, '-json', 'route', 'show', 'default');
    const routes = ok && out.trim() !== '' ? (JSON.parse(out) as DefaultRoute[]) : [];
    const devices = routes.flatMap((r) => [r.dev, ...(r.nexthops ?? []).map((n) => n.dev)]);
    const found = devices.filter((d): d is string => d !== undefined);
    this.defaults.set(version, found);
    return found;
  }

  /** Whether there is a route to an address. */
  routeTo(address: string, vrf: string | undefined): boolean {
    return this.ask('route', 'get', address, ...(vrf === undefined ? [] : ['vrf', vrf])).ok;
  }

  /**
   * Asks the kernel what it would do with a packet (fib_validate_source).
   *
   * @returns whether it accepts the packet; undefined if it does not say
   */
  letsIn(from: string, to: string, by: string): boolean | undefined {
    const { ok, error } = this.ask('route', 'get', to, 'from', from, 'iif', by);
    if (ok) return true;
    return /Invalid (cross-device link|argument)/.test(error) ? false : undefined;
  }
}

interface DefaultRoute {
  readonly dev?: string;
  readonly nexthops?: readonly { readonly dev?: string }[];
}

function interfaceOf(i: IpAddress): Interface {
  const of = (family: string, scope: 'global' | 'link'): string[] =>
    (i.addr_info ?? [])
      .filter((a) => a.family === family && (a.scope === 'link') === (scope === 'link') && a.scope !== 'host')
      .map((a) => a.local);
  return {
    name: i.ifname,
    up: i.flags.includes('UP'),
    loopback: i.flags.includes('LOOPBACK'),
    mac: i.address ?? '',
    kind: i.linkinfo?.info_kind ?? '',
    master: i.master,
    slaveKind: i.linkinfo?.info_slave_kind ?? '',
    xdp: i.xdp !== undefined,
    ipv4: [...of('inet', 'global'), ...of('inet', 'link')],
    ipv6: of('inet6', 'global'),
    linkLocal: of('inet6', 'link'),
  };
}
