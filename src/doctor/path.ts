/** The packet path that the doctor checks, and the interfaces by which packets may reach it. */

import { receiverKind } from '../config/receiver-kind.js';
import type { Config } from '../config/schema.js';
import { bad, type Finding, good, poor } from './finding.js';
import { type Carrier, GRE } from './firewall/packet.js';
import type { Network } from './network.js';

/** If nobody named interfaces and there are more than these, they are not checked one by one. */
const MOST_INTERFACES = 8;

export interface PacketPath {
  /** Whether sockets receive (of the raw receiver or of tunnels); otherwise only rings do. */
  readonly raw: boolean;
  readonly kind: 'raw' | 'ring';
  /** Whether AF_XDP receives beside the ring. */
  readonly xdp: boolean;
  /** What the sockets receive; without them, what rings do. */
  readonly carriers: readonly Carrier[];
  readonly interfaces: readonly string[];
  /** Those whose own frames are read. */
  readonly spans: readonly string[];
  /** Whether the interfaces were named, rather than found. */
  readonly named: boolean;
  readonly findings: readonly Finding[];
}

/**
 * @param config as the collector would use it
 * @param looked interfaces named on the command line
 * @param receiver named on the command line; as with `collect`, a ring if interfaces are named
 */
export function packetPath(
  config: Config,
  looked: readonly string[],
  receiver: Config['receiver'],
  network: Network | undefined,
): PacketPath {
  const { gre, udp, span: spans } = config.inputs;
  const named = looked.length + config.interfaces.length + spans.length;
  const wanted = receiver ?? config.receiver ?? (named > 0 ? 'ring' : 'raw');
  const kind = wanted === 'raw' ? 'raw' : 'ring';
  const raw = kind === 'raw' || config.tunnels.length > 0;
  const carriers = carriersOf(config, kind);
  const findings = [wordsOf(config, looked, kind)];
  const names = looked.length > 0 ? looked : config.interfaces;
  const onlySpans = !gre && udp.length === 0;
  const path = { raw, kind, xdp: wanted === 'xdp', carriers, spans, findings } as const;
  if (names.length > 0 || onlySpans) return { ...path, interfaces: names, named: true };
  const found = expected(network);
  findings.push(foundFinding(found, network));
  return { ...path, interfaces: found, named: false };
}

/** Beside a ring, only tunnels have sockets, and they take GRE. */
function carriersOf({ inputs, tunnels }: Config, kind: 'raw' | 'ring'): Carrier[] {
  if (kind === 'ring' && tunnels.length > 0) return [GRE];
  const udp = inputs.udp.map(({ port }): Carrier => ({ protocol: 'udp', port }));
  return inputs.gre || tunnels.length > 0 ? [GRE, ...udp] : udp;
}

function wordsOf(config: Config, looked: readonly string[], kind: 'raw' | 'ring'): Finding {
  const subject = 'receiver';
  const tunnels = config.tunnels.length > 0 ? '; tunnels receive by raw sockets' : '';
  try {
    // Interfaces that are only checked make no difference to raw sockets.
    receiverKind({
      ...config,
      receiver: kind,
      interfaces: kind === 'ring' && looked.length > 0 ? [...looked] : config.interfaces,
    });
  } catch (e) {
    return bad(subject, `collect refuses it: ${(e as Error).message}`, 'mirrorlake collect --help');
  }
  if (kind === 'ring') {
    const names = looked.length > 0 ? looked : config.interfaces;
    const { span } = config.inputs;
    const rings = [
      ...(names.length > 0 ? [`a ring on ${names.join(', ')}`] : []),
      ...(span.length > 0 ? [`a ring on ${span.join(', ')}, all frames of which are read`] : []),
    ];
    return good(subject, `${rings.join('; ')}; rings receive before any rule of a firewall${tunnels}`);
  }
  const only = looked.length > 0 ? `; only looked at, since raw sockets have none: ${looked.join(', ')}` : '';
  return good(
    subject,
    `${socketWords(config)}, which receive what this host is sent on any interface${only}`,
  );
}

function socketWords({ inputs: { gre, udp } }: Config): string {
  const ports = `UDP sockets on ${udp.map(({ port }) => port).join(', ')}`;
  if (!gre) return ports;
  return `raw sockets of protocol 47${udp.length === 0 ? '' : ` and ${ports}`}`;
}

/**
 * Interfaces by which packets to this host arrive: those with an address; if they are many, those with
 * default routes.
 */
function expected(network: Network | undefined): string[] {
  if (network === undefined) return [];
  const reached = network.reached.map((i) => i.name);
  if (reached.length <= MOST_INTERFACES) return reached;
  const routes = new Set([...network.defaultRoutes(4), ...network.defaultRoutes(6)]);
  const outside = reached.filter((name) => routes.has(name));
  return (outside.length > 0 ? outside : reached).slice(0, MOST_INTERFACES);
}

function foundFinding(names: readonly string[], network: Network | undefined): Finding {
  const subject = 'interfaces';
  if (network === undefined)
    return poor(
      subject,
      'none is named, and there is no ip command to find them',
      'apt-get install iproute2',
    );
  if (names.length === 0)
    return poor(
      subject,
      'none is named, and none is up that has an address: nothing can be sent to this host',
      'ip address',
    );
  return good(subject, `none is named; looked at: ${names.join(', ')} (up, with an address)`);
}
