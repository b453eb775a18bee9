/** A tunnel in words: its specification, how it is, and what its counters mean. */
import type { TunnelSaid } from '../../../../src/console/contract/tunnels.js';
import { tunnelTrouble } from '../../../../src/model/tunnel-status.js';
import { count, plural } from '../../format/numbers.js';
import type { Verdict } from '../mirrors/mirror.js';

/** Words of `ip tunnel add`. */
export function specification({ name, mode, local, remote, key }: TunnelSaid): string {
  return `${name} mode ${mode} remote ${remote} local ${local}${key === null ? '' : ` key ${key}`}`;
}

/** The kernel's names, in the order of `ip -s -s link`, and what they count: docs/reference/tunnels.md. */
export const COUNTERS = [
  ['rx_packets', 'received'],
  ['rx_errors', 'refused, whatever the reason'],
  ['rx_crc_errors', 'a checksum that is not expected, or none where one is'],
  ['rx_fifo_errors', 'no sequence number where one is expected, or an old one'],
  ['rx_frame_errors', 'congestion marked outside, which the inner packet cannot carry'],
  ['rx_length_errors', 'the inner IP header is cut off'],
  ['rx_dropped', 'in order, and not taken by the device'],
  ['multicast', 'to a multicast address'],
  ['tx_packets', 'sent'],
  ['tx_errors', 'not sent, whatever the reason'],
  ['tx_carrier_errors', 'no route to the remote, or it is not known where an address is'],
  ['tx_aborted_errors', 'refused by the kernel, or too big'],
  ['tx_dropped', 'not IP on a TUN device, or no room to send'],
  ['collisions', "the tunnel's own packets, routed into it"],
  ['icmp_errors', 'ICMP errors from the path about our packets, since the start'],
] as const;

/** Counters that are no error. */
const FINE: readonly string[] = ['rx_packets', 'tx_packets', 'multicast'];

export function isError(counter: string): boolean {
  return !FINE.includes(counter);
}

/** Why packets are refused or not sent, in a few words. */
const WHY: readonly (readonly [string, string])[] = [
  ['rx_fifo_errors', 'wrong order or no sequence number (fifo)'],
  ['rx_crc_errors', 'a checksum on one side only (crc)'],
  ['rx_frame_errors', 'congestion marks that cannot be (frame)'],
  ['rx_length_errors', 'cut off (length)'],
  ['rx_dropped', 'the device did not take them (dropped)'],
  ['tx_carrier_errors', 'no route (carrier)'],
  ['collisions', 'routed into itself (collisions)'],
  ['tx_aborted_errors', 'refused by the kernel, or too big (aborted)'],
  ['tx_dropped', 'no room, or not IP (dropped)'],
];

/** Errors inwards and outwards. */
export function errorsOf(counters: Readonly<Record<string, number>>): {
  readonly rx: number;
  readonly tx: number;
} {
  const n = (name: string): number => counters[name] ?? 0;
  return { rx: n('rx_errors') + n('rx_dropped'), tx: n('tx_errors') };
}

/** The sentence at the end of a tunnel's line. @param counters of the range, or since the start */
export function tunnelVerdict(
  { now }: Pick<TunnelSaid, 'now'>,
  counters: Readonly<Record<string, number>>,
): Verdict {
  const trouble = now === null ? '' : tunnelTrouble(now);
  const n = (name: string): number => counters[name] ?? 0;
  const reasons = WHY.filter(([name]) => n(name) > 0).map(([name, why]) => `${count(n(name))} × ${why}`);
  if (trouble !== '') return { kind: 'bad', tag: 'down', words: [trouble, ...reasons].join('; ') };
  const [rx, tx] = [n('rx_packets'), n('tx_packets')];
  const ways =
    rx > 0 && tx > 0
      ? 'carries, both ways'
      : rx > 0
        ? 'nothing is sent'
        : tx > 0
          ? 'nothing comes back'
          : 'nothing carried';
  if (reasons.length > 0) return { kind: 'warn', tag: 'refuses', words: [ways, ...reasons].join('; ') };
  if (rx === 0 && tx > 0) return { kind: 'warn', tag: 'one way', words: ways };
  if (rx === 0 && tx === 0) return { kind: '', tag: 'idle', words: ways };
  return { kind: 'ok', tag: 'well', words: ways };
}

export interface TunnelAdvice {
  readonly title: string;
  readonly words: string;
  readonly commands?: readonly string[];
}

/** What to do about what a tunnel refuses. */
export function tunnelAdvice(tunnel: TunnelSaid, counters: Readonly<Record<string, number>>): TunnelAdvice[] {
  const { name, remote, local, now } = tunnel;
  const n = (counter: string): number => counters[counter] ?? 0;
  const found: TunnelAdvice[] = [];
  if (now?.mtu === 0)
    found.push({
      title: 'Its device is gone',
      words: 'Somebody has removed it. A reload of the collector makes it anew.',
      commands: ['systemctl reload mirrorlake'],
    });
  else if (now?.route === false)
    found.push({
      title: `No route to ${remote}`,
      words: 'The outer packets have no way out of this host.',
      commands: [`ip route get ${remote}`],
    });
  else if (now?.carrier === false)
    found.push({
      title: 'Its keepalives are not answered',
      words:
        'The other end does not send them back: it is down, something on the way drops protocol 47, or it ' +
        'has no tunnel with these addresses and this key.',
      commands: [`tcpdump -ni any 'host ${remote} and (ip proto 47 or ip6 proto 47)'`],
    });
  if (n('rx_fifo_errors') > 0)
    found.push({
      title: `${plural(n('rx_fifo_errors'), 'packet')} came in the wrong order, or without a number`,
      words:
        "With seq the kernel's rule is to refuse what is older than expected. Two paths of different " +
        'length between the ends do that, and so does another end that began anew. Take seq away on both ' +
        'ends, or pin the path.',
    });
  if (n('rx_crc_errors') > 0)
    found.push({
      title: `${plural(n('rx_crc_errors'), 'packet')} had a checksum, or had none`,
      words: 'Both ends have to say csum, or neither.',
    });
  if (n('rx_frame_errors') > 0)
    found.push({
      title: `${plural(n('rx_frame_errors'), 'packet')} marked congested outside could not be inside`,
      words:
        'A router on the way marks packets of senders that do not know ECN (RFC 6040): mark only ECT there.',
    });
  if (n('rx_dropped') > 0)
    found.push({
      title: `Its device did not take ${plural(n('rx_dropped'), 'packet')}`,
      words:
        'It is down, it is a TUN device and this is not IP, or the other end hands over many UDP datagrams ' +
        'in one piece.',
      commands: [`ip -s link show dev ${name}`],
    });
  if (n('tx_carrier_errors') > 0)
    found.push({
      title: `${plural(n('tx_carrier_errors'), 'packet')} had no way to the remote`,
      words:
        remote === 'any'
          ? 'A tunnel without a remote cannot reach an inner address that it has not heard from.'
          : 'There was no route to it then.',
      ...(remote !== 'any' && { commands: [`ip route get ${remote}`] }),
    });
  if (n('collisions') > 0)
    found.push({
      title: 'Its own packets are routed into it',
      words: `The route to ${remote} leads through ${name}: give the remote a route of its own.`,
      commands: [`ip route get ${remote}`],
    });
  if (n('tx_aborted_errors') > 0)
    found.push({
      title: `The kernel refused ${plural(n('tx_aborted_errors'), 'packet')}`,
      words: 'Or they were too big for the path, and nobody could be told.',
      commands: [`tracepath ${remote === 'any' ? local : remote}`],
    });
  if (n('icmp_errors') > 0)
    found.push({
      title: `${plural(n('icmp_errors'), 'ICMP error')} from the path`,
      words:
        'A router, or this host, says that the remote cannot be reached, or that packets are too big for ' +
        'the way.',
      ...(remote !== 'any' && { commands: [`ip route get ${remote}`] }),
    });
  const silent = n('rx_packets') === 0 && n('tx_packets') > 0;
  if (silent && now?.carrier !== false && now?.route !== false)
    found.push({
      title: 'Nothing comes back',
      words:
        'Packets leave, none arrives. The other end needs a tunnel with these addresses the other way ' +
        'round and the same key, and the way back has to let protocol 47 through.',
      commands: [
        `tcpdump -ni any 'src host ${remote} and (ip proto 47 or ip6 proto 47)'`,
        'mirrorlake doctor',
      ],
    });
  return found;
}
