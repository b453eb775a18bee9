/** What `mirrorlake mirror` says at its end. */
import type { Mirror } from '../mirror-source/mirror.js';
import type { Target } from '../mirror-source/target.js';
import { plural } from '../model/words.js';

/**
 * One line for all, and with several targets one for each.
 *
 * @param what is mirrored, and where to
 * @param drops packets that the kernel dropped before they were read
 */
export function summary(what: string, mirror: Mirror, targets: readonly Target[], drops: number): string {
  const sum = (count: (target: Target) => number) => targets.reduce((all, target) => all + count(target), 0);
  const bytes = sum((target) => target.counts.bytes);
  const parts = [
    `mirrored ${what}: ${sum((target) => target.counts.packets - target.trials)} of ${mirror.seen} ` +
      `${plural(mirror.seen, 'packet')}, ${bytes} ${plural(bytes, 'byte')}`,
  ];
  const note = noteTo(parts);
  note(mirror.truncated, 'cut to the snap length');
  note(mirror.filtered, 'not asked for');
  note(mirror.limited, 'dropped at the rate limit');
  note(mirror.unusable, 'without an Ethernet frame');
  if (targets.length === 1) noteErrors(parts, targets[0]);
  note(drops, 'dropped by the kernel before they were read');
  const lines = [parts.join(', ')];
  if (targets.length > 1) for (const target of targets) lines.push(`  ${targetSummary(target)}`);
  return lines.join('\n');
}

function targetSummary(target: Target): string {
  const { packets, bytes } = target.counts;
  const parts = [
    `to ${target.text}: ${packets} ${plural(packets, 'packet')}, ${bytes} ${plural(bytes, 'byte')}`,
  ];
  noteTo(parts)(target.trials, 'of them in addition, to see whether it is up');
  noteTo(parts)(target.downs, `${plural(target.downs, 'time')} down`);
  noteErrors(parts, target);
  return parts.join(', ');
}

/** Errors that a collector reported. */
const REPORTED: Readonly<Record<string, string>> = {
  ENOPROTOOPT: 'the collector said it takes no GRE',
  ECONNREFUSED: 'the collector said that nobody takes them',
};

function noteErrors(parts: string[], { counts }: Target): void {
  const note = noteTo(parts);
  note(counts.lost, 'not sent');
  for (const [name, count] of counts.errors) {
    const reported = REPORTED[name];
    note(count, reported === undefined ? name : `${plural(count, 'time')} ${reported} (${name})`);
  }
}

function noteTo(parts: string[]): (count: number, words: string) => void {
  return (count, words) => {
    if (count > 0) parts.push(`${count} ${words}`);
  };
}
