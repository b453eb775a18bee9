/** What to do about what a mirror loses: whose it is, how it lies in time, and what to look at. */

import type { MirrorSaid } from '../../../../src/console/contract/mirrors.js';
import type { Answer } from '../../../../src/console/contract.js';
import type { CollectorStatus, MirrorStatus } from '../../../../src/model/status.js';
import { count, percent, plural, seconds } from '../../format/numbers.js';
import type { NoteKind } from '../../parts/note-kind.js';
import { gone, pattern } from './mirror.js';

export interface Advice {
  readonly kind: NoteKind;
  readonly title: string;
  readonly words: string;
  readonly commands?: readonly string[];
}

type Minutes = Answer<'mirrorMinutes'>;

export interface Known {
  readonly mirror: MirrorSaid;
  readonly now: MirrorStatus | null;
  /** All mirror points. */
  readonly mirrors: readonly MirrorSaid[];
  readonly minutes: Minutes | undefined;
  readonly status: CollectorStatus | null;
}

/** In the order in which one looks: what is lost, whose it is, what else is wrong. */
export function adviceFor(known: Known): Advice[] {
  const { mirror, now } = known;
  const counts = mirror.account ?? now;
  const waiting = silence(known);
  if (waiting !== undefined || counts === null) return waiting === undefined ? [] : [waiting];
  const lost = gone(counts);
  return [
    ...(lost > 0 ? [...shape(known, lost), together(known), host(known), onTheSwitch(mirror)] : []),
    ...(lost === 0 && dropped(known) > 0 ? [host(known)] : []),
    ...others(known),
  ].filter((advice) => advice !== undefined);
}

function dropped({ mirror, now }: Known): number {
  return mirror.account?.host_drops ?? now?.kernel_drops ?? 0;
}

/** A mirror that has sent nothing. */
function silence({ mirror, now }: Known): Advice | undefined {
  if (now === null || now.last_seen !== undefined || mirror.account !== null) return undefined;
  if (mirror.type === 'span')
    return {
      kind: 'warn',
      title: 'No frame has come since the collector started',
      words:
        'Is the cable in the right port, and is something mirrored to it? mirrorlake doctor looks at it.',
      commands: ['mirrorlake doctor --config /etc/mirrorlake/mirrorlake.yaml'],
    };
  const from = mirror.source === '' ? '' : ` and host ${mirror.source}`;
  return {
    kind: 'warn',
    title: 'It has sent nothing since the collector started',
    words:
      'Is the session up on the switch, and is there a route to this collector? If tcpdump sees packets ' +
      'here and this page does not, mirrorlake doctor says why.',
    commands: [`tcpdump -ni any -c 5 '(ip proto 47 or ip6 proto 47)${from}'`, 'mirrorlake doctor'],
  };
}

/** How its losses lie in time. */
function shape({ mirror, minutes }: Known, lost: number): Advice[] {
  const { account } = mirror;
  if (account === null || minutes === undefined)
    return [{ kind: 'warn', title: `${plural(lost, 'packet')} lost on the way`, words: '' }];
  const steps = minutes.lost.filter((n, i) => minutes.received[i]! + n > 0);
  const losing = steps.filter((n) => n > 0);
  if (losing.length === 0)
    return [
      {
        kind: 'warn',
        title: `${plural(lost, 'packet')} lost on the way`,
        words: 'In the minute that runs: more can be said when it has ended.',
      },
    ];
  const [least, most] = [Math.min(...losing), Math.max(...losing)];
  const unit = minutes.interval === 60 ? 'minutes' : `steps of ${seconds(minutes.interval)}`;
  const range = least === most ? count(most) : `${count(least)} to ${count(most)}`;
  const rest = steps.length - losing.length;
  const none = rest === 0 ? '' : `, none in the other ${count(rest)}`;
  const steady = pattern(account) === 'steady';
  const [kind, title] = [
    'warn' as const,
    `It loses in ${count(losing.length)} of ${count(steps.length)} ${unit}`,
  ];
  if (steps.length < 3)
    return [
      { kind, title, words: `${range} packets in each. Too short a time to tell bursts from a steady loss.` },
    ];
  return [
    {
      kind,
      title,
      words: steady
        ? `${range} packets in each, always: a rate that is too high for the mirror's port or for a link ` +
          'on the way, a policer, or a bad cable. Mirror fewer ports, or one direction.'
        : `${range} packets in each${none}. Not steady, so rather a queue that overflows, on the switch or ` +
          'at a slower link, than a bad cable.',
    },
    ...reordering(mirror),
  ];
}

function reordering({ account }: MirrorSaid): Advice[] {
  if (account === null || account.reordered < account.lost / 2) return [];
  return [
    {
      kind: 'warn',
      title: `${count(account.reordered)} came out of order, ${count(account.late)} too late`,
      words:
        'Its packets take several paths of different length: pin the path, or hash by the outer addresses.',
    },
  ];
}

/** Whether others lose at the same time. */
function together({ mirrors, mirror, minutes }: Known): Advice | undefined {
  const others = mirrors.filter((m) => m.id !== mirror.id && m.account !== null);
  if (others.length === 0 || minutes === undefined) return undefined;
  const losing = minutes.lost.flatMap((n, i) => (n > 0 ? [minutes.others_lost[i]! > 0] : []));
  const both = losing.filter((too) => too).length;
  const unit = minutes.interval === 60 ? 'minutes' : 'steps';
  const nobody =
    others.length === 1
      ? 'The other mirror lost nothing'
      : `None of the other ${count(others.length)} lost any`;
  if (both === 0)
    return {
      kind: 'ok',
      title: 'It is alone in this',
      words: `${nobody} at those times: look at this switch and its own way here, not at what all share.`,
    };
  return {
    kind: 'warn',
    title: `In ${count(both)} of these ${count(losing.length)} ${unit} other mirrors lost, too`,
    words:
      'Look at what they share: the last links to this collector, its port on the switch, a policer there.',
  };
}

/** Whether this host has a part in it. */
function host(known: Known): Advice {
  const { status, mirror } = known;
  const drops = dropped(known);
  const rings =
    status?.receivers.filter((r) => r.kind === 'ring' || r.kind === 'xdp').map((r) => r.name) ?? [];
  const fragments = mirror.account?.incomplete ?? 0;
  if (drops === 0)
    return {
      kind: 'ok',
      title: 'This host is not the cause',
      words:
        'Its kernel dropped ' +
        `nothing${fragments === 0 ? ', and no packet came in fragments that are not whole' : ''}.`,
    };
  return {
    kind: 'bad',
    title: `This host dropped ${plural(drops, 'packet')} in these minutes`,
    words:
      `${mirror.account === null ? '' : 'Of all mirrors: the kernel does not say whose. '}` +
      (status === null
        ? 'The collector was too slow for a while: read from a ring, make it larger, or use more workers.'
        : rings.length === 0
          ? 'Raw sockets receive fewer packets a second than a ring: name the interface.'
          : `The collector has ${plural(status.workers, 'worker')}: for bursts a larger ring_size (64 MiB ` +
            'by default, for each ring), for a rate that stays more workers, up to the processors of this ' +
            'host.'),
    commands:
      status === null || rings.length > 0
        ? ['mirrorlake doctor']
        : ['mirrorlake collect --interface eth1', 'mirrorlake doctor'],
  };
}

/** What to ask the switch. */
function onTheSwitch({ type, session }: MirrorSaid): Advice {
  const number = session === null || session === 0 ? '' : ` ${session}`;
  return {
    kind: 'do',
    title: 'Look on the switch',
    words:
      'At the drops of its mirror session, of the port towards this collector, and at what protects its ' +
      'processor. With two directions of a full port the copies need twice its bandwidth. On Cisco:',
    commands: type.startsWith('erspan')
      ? [`show monitor session${number}`, 'show queuing interface', 'show policy-map interface control-plane']
      : ['show monitor session all', 'show queuing interface'],
  };
}

/** What else is wrong. */
function others({ mirror, now, status }: Known): Advice[] {
  const { account, tcp, one_sided } = mirror;
  const counts = account ?? now;
  const found: Advice[] = [];
  if (counts === null) return found;
  if (now?.comes_twice === true)
    found.push({
      kind: 'warn',
      title: 'Its frames come twice',
      words:
        'Both directions of two mirrored ports show what passes between them twice. Mirror rx only; or let ' +
        'the second copy count as a duplicate, with deduplicate: 10ms in its entry.',
    });
  const incomplete = account?.incomplete ?? 0;
  if (incomplete > 0)
    found.push({
      kind: 'warn',
      title: `Of ${plural(incomplete, 'packet')} some fragments never came`,
      words:
        'The way here is too small for a frame and the 50 to 100 bytes around it, and something on it ' +
        'drops fragments. Raise the MTU of every hop, or let the switch cut the copies.',
    });
  if (tcp >= 5 && one_sided > tcp / 2)
    found.push({
      kind: 'warn',
      title: `${count(one_sided)} of ${count(tcp)} conversations show one direction only`,
      words:
        'The mirror sees one way of them: it mirrors rx of one port where the answers come in by another, ' +
        'or one of two paths. Mirror rx of all ports, or both of one.',
    });
  if (counts.malformed > 0)
    found.push({
      kind: 'warn',
      title:
        `${plural(counts.malformed, 'frame')} cannot be right ` +
        `(${percent(counts.malformed / Math.max(1, counts.packets))})`,
      words: 'Their headers contradict themselves: docs/reference/malformed.md has the reasons.',
    });
  if (counts.sequence === 'none')
    found.push({
      kind: 'warn',
      title: 'What it loses cannot be seen',
      words: 'Its packets have no sequence numbers. ERSPAN II and III have: choose one, if the switch does.',
    });
  if (counts.sequence === 'unusable')
    found.push({
      kind: 'warn',
      title: 'Its sequence numbers are none',
      words:
        'They are the same in all packets, or have no order, or two senders share the address and session. ' +
        'Give each its own session id.',
    });
  if (mirror.policy === 'refuse')
    found.push({
      kind: 'warn',
      title: 'It is refused',
      words: 'unknown_mirrors is refuse, and no entry names it. Give it a name, and it is stored.',
    });
  if (status !== null && gone(counts) > 0 && (status.fragments?.kernel_failures ?? 0) > 0)
    found.push({
      kind: 'warn',
      title: `This host could not put ${plural(status.fragments!.kernel_failures!, 'packet')} together`,
      words: 'Of any protocol, since the collector started: fragments of them never came.',
    });
  return found;
}
