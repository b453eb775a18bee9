/** Runs `mirrorlake mirror`. */

import type { Command } from 'commander';
import { interfaceIndex } from '../linux/interface.js';
import { compileFilter } from '../linux/libpcap.js';
import { Encapsulation } from '../mirror-source/encapsulation.js';
import { type Destination, GreSender } from '../mirror-source/gre-sender.js';
import { InterfaceSource } from '../mirror-source/interface-source.js';
import { Mirror } from '../mirror-source/mirror.js';
import { PacketFilter } from '../mirror-source/packet-filter.js';
import { RateLimit } from '../mirror-source/rate-limit.js';
import { mirrorInterface, Replay } from '../mirror-source/run.js';
import { UsageError } from '../model/errors.js';
import { plural } from '../model/words.js';
import { openCapture } from '../receive/file/capture.js';
import { parseAddress } from '../tunnels/spec/address.js';
import { checkTogether, encapsulation, type MirrorArguments } from './mirror-options.js';

export async function mirror(command: Command, given: MirrorArguments): Promise<void> {
  checkTogether(command, given);
  const to = destination(given);
  const filter = given.filter === undefined ? undefined : new PacketFilter(compileFilter(given.filter));
  const stop = stopOnSignals();
  const sender = new GreSender(to);
  const copies = new Mirror(new Encapsulation(encapsulation(given)), sender, {
    snapLength: given.snapLength,
    filter,
    rate: given.rate === undefined ? undefined : new RateLimit(given.rate),
    direction: given.direction,
  });
  const what = `${given.interface ?? (given.file === '-' ? 'stdin' : given.file)} to ${given.to}`;
  let drops = 0;
  try {
    if (given.interface !== undefined) {
      const source = new InterfaceSource(given.interface, {
        to: to.to,
        outgoing: given.direction !== 'ingress',
        promiscuous: given.promiscuous,
      });
      process.stderr.write(`mirroring ${what}, until Ctrl-C\n`);
      try {
        await mirrorInterface(source, copies, stop);
      } finally {
        source.count();
        drops = source.drops;
        source.close();
      }
    } else {
      const file = given.file as string;
      await new Replay(
        () => openCapture(file, { signal: stop }),
        copies,
        { speed: given.speed, loops: given.loop },
        stop,
      ).run();
    }
  } finally {
    sender.close();
    if (copies.seen > 0) process.stderr.write(`${summary(what, copies, drops)}\n`);
  }
}

/** The first SIGINT or SIGTERM ends the work, the second the process. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
      controller.abort();
    });
  }
  return controller.signal;
}

function summary(what: string, mirror: Mirror, drops: number): string {
  const { sender } = mirror;
  const parts = [
    `mirrored ${what}: ${sender.packets} of ${mirror.seen} ${plural(mirror.seen, 'packet')}, ` +
      `${sender.bytes} ${plural(sender.bytes, 'byte')}`,
  ];
  const note = (count: number, words: string) => {
    if (count > 0) parts.push(`${count} ${words}`);
  };
  note(mirror.truncated, 'cut to the snap length');
  note(mirror.filtered, 'not asked for');
  note(mirror.limited, 'dropped at the rate limit');
  note(mirror.unusable, 'without an Ethernet frame');
  note(sender.lost, 'not sent');
  note(drops, 'dropped by the kernel before they were read');
  for (const [name, count] of sender.errors) {
    note(
      count,
      name === 'ENOPROTOOPT'
        ? `${plural(count, 'time')} the collector said it takes no GRE (ENOPROTOOPT)`
        : name,
    );
  }
  return parts.join(', ');
}

/** @throws UsageError for a wrong address, or addresses of two IP versions */
export function destination(given: MirrorArguments): Destination {
  const to = address('--to', given.to);
  const from = given.from === undefined ? undefined : address('--from', given.from);
  if (from !== undefined && from.bytes.length !== to.bytes.length) {
    throw new UsageError('mirror: --from and --to are of different kinds: both IPv4 or both IPv6');
  }
  return {
    to: to.bytes,
    ...(from === undefined ? {} : { from: from.bytes }),
    scope: to.scope,
    ttl: given.ttl,
    tos: given.tos,
  };
}

function address(option: string, text: string): { bytes: Uint8Array; scope: number } {
  const bytes = parseAddress(text);
  if (bytes === null) throw new UsageError(`mirror: ${option} ${text}: it is no IPv4 or IPv6 address`);
  const zone = text.split('%')[1];
  if (zone === undefined) return { bytes, scope: 0 };
  const scope = interfaceIndex(zone);
  if (scope === 0) throw new UsageError(`mirror: ${option} ${text}: there is no interface ${zone}`);
  return { bytes, scope };
}
