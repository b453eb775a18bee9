/**
 * The doctor's finding about reverse path filtering (RFC 3704; Linux: fib_validate_source), which drops
 * silently.
 */
import { readFileSync } from 'node:fs';
import { bad, type Finding, good } from './finding.js';
import { sysctl } from './host.js';
import type { Network } from './network.js';

/** A sender that only a default route leads to, as far as that can be assumed (RFC 5737). */
const FAR_SENDER = '203.0.113.47';

const STRICT = 1;
const MODES = ['off', 'strict', 'loose'];

export interface ReversePathQuestion {
  /** Known senders, addresses or prefixes; empty: any host may send. */
  readonly sources: readonly string[];
  /** Other interfaces by which they may arrive. */
  readonly others: readonly string[];
  /** Whether raw sockets are to receive: the filter applies to them, and not to a ring. */
  readonly raw: boolean;
  readonly network: Network | undefined;
}

/**
 * What the kernel does with senders that it may have no route back to.
 *
 * @param name the interface as IP sees it: a bond instead of its slaves, a VRF instead of its members
 */
export function reversePath(name: string, question: ReversePathQuestion): Finding {
  const subject = `${name} rp_filter`;
  // The kernel takes the larger of the two (Documentation/networking/ip-sysctl.rst).
  const mode = Math.max(
    sysctl('net.ipv4.conf.all.rp_filter') ?? 0,
    sysctl(`net.ipv4.conf.${name}.rp_filter`) ?? 0,
  );
  if (mode === 0) return good(subject, '0: no packet is dropped for want of a route back to its sender');
  const found = judged(subject, name, mode, question);
  if (question.raw || found.state === 'good') return found;
  return good(subject, `${found.text}; the ring receives before it`);
}

function judged(
  subject: string,
  name: string,
  mode: number,
  { sources, others, network }: ReversePathQuestion,
): Finding {
  const what = `${mode} (${MODES[mode] ?? 'loose'})`;
  const own = network?.get(name)?.ipv4[0] ?? network?.addresses(4)[0];
  const senders = sources.filter((s) => /^[\d./]+$/.test(s)).map(hostOf);
  const asked = senders.length > 0 ? senders : [FAR_SENDER];
  // Without an address the kernel cannot be asked.
  const letsIn = (s: string, by: string): boolean =>
    own !== undefined && network?.letsIn(s, own, by) === true;
  const kept = asked.filter(
    (s) => !letsIn(s, name) && !(senders.length > 0 && others.some((o) => letsIn(s, o))),
  );
  if (kept.length === 0) {
    const who = senders.length > 0 ? senders.join(', ') : 'senders that only a default route leads back to';
    return good(subject, `${what}: lets ${who} in (asked of the kernel)`);
  }
  const who = senders.length > 0 ? kept.join(', ') : 'mirrors';
  const routed = kept.every((s) => network?.routeTo(s, network.vrf(name)) === true);
  const addressed = (network?.get(name)?.ipv4.length ?? 0) > 0;
  const loose = mode === STRICT && routed && addressed;
  const why =
    mode === STRICT
      ? `packets of ${who} whose way back is another interface, or none, are dropped silently`
      : addressed || network === undefined
        ? `packets of ${who} that this host has no route back to are dropped silently`
        : `${name} has no IPv4 address, so packets of ${who} whose way back is another interface ` +
          'are dropped silently';
  const off = `sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.${name}.rp_filter=0`;
  const route = addressed ? `, or give it a route back: ip route add SENDER via GATEWAY dev ${name}` : '';
  const fix = loose
    ? `sysctl -w net.ipv4.conf.${name}.rp_filter=2`
    : `${off} (it is the larger of both${route})`;
  const text = `${what}: ${why}${drops()}`;
  // Of unknown senders, those in the interface's own networks are accepted.
  const some = senders.length === 0 && addressed ? '; those in its own networks are let in' : '';
  return bad(subject, `${text}${some}`, fix);
}

/** An address in a prefix that a host may have. */
function hostOf(prefix: string): string {
  const [address] = prefix.split('/');
  return prefix.includes('/') ? address.replace(/\.0$/, '.1') : address;
}

/** What the filter has dropped in this network namespace so far (TcpExt of /proc/net/netstat). */
function drops(): string {
  const lines = readFileSync('/proc/net/netstat', 'utf8')
    .split('\n')
    .filter((l) => l.startsWith('TcpExt:'))
    .map((l) => l.split(' '));
  const at = lines[0]?.indexOf('IPReversePathFilter') ?? -1;
  const n = at < 0 ? 0 : Number(lines[1]?.[at] ?? 0);
  return n > 0 ? ` (${n} packets so far)` : '';
}
