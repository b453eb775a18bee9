/**
 * The doctor's trial: it sends packets to this host as if from outside, GRE or UDP as the inputs are, and
 * checks whether they arrive.
 */
import { randomBytes } from 'node:crypto';
import { LinuxError } from '../../linux/errors.js';
import { CommandError } from '../../model/errors.js';
import { trialWord } from '../../model/trial.js';
import { ControlError } from '../../observe/control.js';
import { TRIAL_TOKEN_LENGTH } from '../../wire/tunnel/trial.js';
import { bad, type Finding, good, poor } from '../finding.js';
import { mendOf, wordsOf } from '../firewall/findings.js';
import { placeOf, type Ruling, rulingsOn } from '../firewall/judge.js';
import { type Carrier, carrierWords, type Packet } from '../firewall/packet.js';
import { prefixOf } from '../firewall/prefix.js';
import type { Table } from '../firewall/ruleset.js';
import { sysctl } from '../host.js';
import type { IpVersion, Network } from '../network.js';
import { type Ear, patience, rawEar, ringEar } from './ears.js';
import { Listener } from './listener.js';
import { TRIAL_SENDERS, TrialWay } from './way.js';

export interface TrialQuestion {
  /** Whether sockets receive; otherwise a ring does. */
  readonly raw: boolean;
  /** What they receive. */
  readonly carriers: readonly Carrier[];
  readonly network: Network | undefined;
  /** The interfaces by which mirrors should arrive: their addresses are the targets. */
  readonly interfaces: readonly string[];
  readonly tables: readonly Table[];
  /** What keeps mirrors out on the ways by which they should arrive. */
  readonly rulings: readonly Ruling[];
  /** The control socket of the running collector; undefined if there is none. */
  readonly control: string | undefined;
}

const SUBJECT = 'trial';
const NOT_TRIED = 'no packet was sent to this host: what is said above is judged by the rules, not tried';

export async function trial(question: TrialQuestion): Promise<Finding[]> {
  const { network } = question;
  if (network === undefined)
    return [poor(SUBJECT, `${NOT_TRIED}; it takes the ip command`, 'apt-get install iproute2')];
  try {
    return question.raw ? await tryRaw(question, network) : tryRing(question);
  } catch (e) {
    if (e instanceof LinuxError && (e.code === 'EPERM' || e.code === 'EACCES'))
      return [
        poor(
          SUBJECT,
          `${NOT_TRIED}; it takes CAP_SYS_ADMIN and CAP_NET_ADMIN`,
          'run as root: sudo mirrorlake doctor',
        ),
      ];
    if (e instanceof LinuxError || e instanceof CommandError)
      return [poor(SUBJECT, `${NOT_TRIED}; ${e.message}`)];
    throw e;
  }
}

/**
 * A ring on the veth pair: it cannot be tried on the interface itself, which receives packets only from the
 * wire.
 */
function tryRing({ interfaces, carriers }: TrialQuestion): Finding[] {
  const way = TrialWay.open(undefined);
  try {
    const token = randomBytes(TRIAL_TOKEN_LENGTH);
    const missed = carriers.filter((carrier) => !ringHears(way, carrier, token));
    if (missed.length > 0) {
      const words = carrierWords(missed);
      return [bad(SUBJECT, `a ring on a veth pair has not seen ${words} sent to it`, 'bpftool net')];
    }
    const names = interfaces.join(', ');
    const words = carrierWords(carriers);
    return [
      good(SUBJECT, `a ring on a veth pair has seen ${words}; what the wire brings to ${names} is not tried`),
    ];
  } finally {
    way.close();
  }
}

function ringHears(way: TrialWay, { port }: Carrier, token: Uint8Array): boolean {
  const ear = ringEar(way.name, port);
  try {
    way.sendPast(port, token);
    return ear.hears(token, patience());
  } finally {
    ear.close();
  }
}

async function tryRaw(question: TrialQuestion, network: Network): Promise<Finding[]> {
  const targets = targetsOf(network, question);
  if (targets.length === 0)
    return [
      poor(
        SUBJECT,
        'this host has no address that mirrors could be sent to',
        'ip address add ADDRESS dev IF',
      ),
    ];
  const { listener, refusal } = await listenerAt(question.control);
  // One VRF is tried at a time: that of the first target.
  try {
    const token = listener?.token ?? randomBytes(TRIAL_TOKEN_LENGTH);
    const { arrived, name } = sendAll(targets, token);
    const own = targets.map((t) =>
      arrived.has(t) ? arrivedFinding(t) : missingFinding(t, question, network, name),
    );
    if (refusal !== undefined) return [...own, poor(SUBJECT, refusal)];
    if (listener?.token === undefined) return own;
    const there = targets.filter((t) => arrived.has(t));
    const heard = await listener.heard(there.map(wordOf));
    return [...own, ...there.map((t) => toldFinding(t, heard))];
  } finally {
    listener?.close();
  }
}

async function listenerAt(control: string | undefined): Promise<{ listener?: Listener; refusal?: string }> {
  if (control === undefined) return {};
  try {
    const listener = await Listener.open(control);
    return listener === undefined ? {} : { listener };
  } catch (e) {
    if (!(e instanceof ControlError)) throw e;
    return { refusal: `the collector was not asked whether it hears such a packet: ${e.message}` };
  }
}

interface Target {
  readonly version: IpVersion;
  readonly address: string;
  readonly vrf: string | undefined;
  readonly carrier: Carrier;
}

const wordOf = ({ version, carrier }: Target): string => trialWord(version, carrier.port);

/** One address per IP version, of the given interfaces if they have any; all carriers to each. */
function targetsOf(network: Network, { interfaces: names, carriers }: TrialQuestion): Target[] {
  return ([4, 6] as const).flatMap((version) => {
    const entrances = names.map((n) => network.entrance(n));
    const first = [...entrances, ...network.interfaces.filter((i) => i.up).map((i) => i.name)];
    for (const name of first) {
      const i = network.get(name);
      const address = (version === 4 ? i?.ipv4 : i?.ipv6)?.[0];
      const vrf = network.vrf(name);
      if (address !== undefined) return carriers.map((carrier) => ({ version, address, vrf, carrier }));
    }
    return [];
  });
}

/**
 * Sends a packet to each target.
 *
 * @returns the targets that reached a raw socket, and the interface they arrived by
 */
function sendAll(targets: readonly Target[], token: Uint8Array): { arrived: Set<Target>; name: string } {
  const arrived = new Set<Target>();
  let name = '';
  for (const vrf of new Set(targets.map((t) => t.vrf))) {
    const way = TrialWay.open(vrf);
    name = way.name;
    const ears = new Map<Target, Ear>();
    try {
      for (const t of targets.filter((t) => t.vrf === vrf)) {
        ears.set(t, rawEar(t.version, t.carrier.port));
        way.send(t.address, t.carrier.port, token);
      }
      const end = patience();
      for (const [t, ear] of ears) if (ear.hears(token, end)) arrived.add(t);
    } finally {
      for (const ear of ears.values()) ear.close();
      way.close();
    }
  }
  return { arrived, name };
}

function arrivedFinding(t: Target): Finding {
  return good(
    subjectOf(t),
    `${carrierWords([t.carrier])} sent to ${t.address} over a veth pair arrived; ` +
      'rules for other interfaces and senders, and reverse paths, are judged, not tried',
  );
}

function toldFinding(t: Target, heard: ReadonlySet<string>): Finding {
  if (heard.has(wordOf(t))) return good(subjectOf(t), 'the running collector has received it');
  const { carrier } = t;
  return poor(
    subjectOf(t),
    'it arrived, but not at the running collector: that is in another network namespace (a container), ' +
      (carrier.protocol === 'gre'
        ? 'or has no socket for the address'
        : `or was started without UDP port ${carrier.port} among its inputs`),
    'ip netns identify PID; mirrorlake status',
  );
}

function subjectOf({ version, carrier }: Target): string {
  return `${SUBJECT} ${carrier.port === 0 ? '' : `${carrierWords([carrier])} over `}IPv${version}`;
}

function missingFinding(t: Target, q: TrialQuestion, network: Network, name: string): Finding {
  const missing = `${carrierWords([t.carrier])} sent to ${t.address} over a veth pair did not arrive`;
  const by = ruling(t, q, network, name);
  if (t.vrf !== undefined && sysctl('net.ipv4.raw_l3mdev_accept') === 0)
    return bad(
      subjectOf(t),
      `${missing}: it is the VRF ${t.vrf}'s, and net.ipv4.raw_l3mdev_accept is 0`,
      'sysctl -w net.ipv4.raw_l3mdev_accept=1',
    );
  if (by !== undefined) {
    const also = q.rulings.some((r) => r.doubts.length === 0 && wordsOf([r]) === wordsOf([by]));
    if (also) return bad(subjectOf(t), `${missing}: ${wordsOf([by])}`, mendOf([by]));
    return good(
      subjectOf(t),
      `${missing}, for which there is a rule that depends on interface or sender: ${wordsOf([by])}; ` +
        'what it does with mirrors is judged, not tried',
    );
  }
  return bad(
    subjectOf(t),
    `${missing}, and no rule that can be read explains it: ` +
      'a BPF program, a security module, or a rule that cannot be read',
    'bpftool net; nft monitor trace',
  );
}

/** What keeps this packet out, as far as the rules can be read: a certain reason, or else a possible one. */
function ruling(t: Target, q: TrialQuestion, network: Network, name: string): Ruling | undefined {
  const family = t.version === 4 ? 'ip' : 'ip6';
  const packet: Packet = {
    family,
    carrier: t.carrier,
    iif: name,
    source: prefixOf(TRIAL_SENDERS[t.version]),
    destinations: [prefixOf(t.address)].filter((p) => p !== undefined),
    routed: true,
    routedBack: true,
  };
  const way = { family, carrier: t.carrier, by: name, from: TRIAL_SENDERS[t.version] } as const;
  const place = placeOf(name, network);
  const steps = t.vrf === undefined ? place.steps : placeIn(t.vrf, name);
  const rulings = rulingsOn(q.tables, way, packet, { ...place, steps });
  return rulings.find((r) => r.doubts.length === 0) ?? rulings[0];
}

/** The hooks that a packet passes when it arrives by an interface of a VRF; the interface exists no more. */
function placeIn(vrf: string, name: string): ReturnType<typeof placeOf>['steps'] {
  return [
    { hook: 'ingress', iif: name },
    { hook: 'prerouting', iif: name },
    { hook: 'prerouting', iif: vrf },
    { hook: 'input', iif: vrf },
  ];
}
