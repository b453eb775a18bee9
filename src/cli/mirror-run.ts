/** Runs `mirrorlake mirror`. */

import type { Command } from 'commander';
import { compileFilter } from '../linux/libpcap.js';
import { InterfaceSource } from '../mirror-source/interface-source.js';
import { Mirror } from '../mirror-source/mirror.js';
import { PacketFilter } from '../mirror-source/packet-filter.js';
import { RateLimit } from '../mirror-source/rate-limit.js';
import { addressOf, type Family, isName, resolveName } from '../mirror-source/resolve.js';
import { mirrorInterface, Replay } from '../mirror-source/run.js';
import { type Address, Sender } from '../mirror-source/sender.js';
import type { TargetHost, TargetSpec } from '../mirror-source/target.js';
import { Targets } from '../mirror-source/targets.js';
import { UsageError } from '../model/errors.js';
import { openCapture } from '../receive/file/capture.js';
import { encapsulation } from './mirror-encapsulation.js';
import { checkTogether, type MirrorArguments, udpPort } from './mirror-options.js';
import { summary } from './mirror-summary.js';

export async function mirror(command: Command, given: MirrorArguments): Promise<void> {
  checkTogether(command, given);
  const targets = targetsOf(given);
  const filter = given.filter === undefined ? undefined : new PacketFilter(compileFilter(given.filter));
  const stop = stopOnSignals();
  const copies = new Mirror(targets, {
    snapLength: given.snapLength,
    filter,
    rate: given.rate === undefined ? undefined : new RateLimit(given.rate),
    direction: given.direction,
  });
  const what = `${given.interface ?? (given.file === '-' ? 'stdin' : given.file)} to ${given.to.join(', ')}`;
  let drops = 0;
  try {
    await targets.open();
    if (given.interface !== undefined) {
      const source = new InterfaceSource(given.interface, {
        outgoing: given.direction !== 'ingress',
        promiscuous: given.promiscuous,
      });
      try {
        targets.follow((own) => source.exclude(own));
        process.stderr.write(`mirroring ${what}, until Ctrl-C\n`);
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
    targets.close();
    if (copies.seen > 0) process.stderr.write(`${summary(what, copies, targets.all, drops)}\n`);
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

function targetsOf(given: MirrorArguments): Targets {
  const from = given.from === undefined ? undefined : addressOf('--from', given.from);
  if (given.from !== undefined && from === undefined)
    throw new UsageError(`mirror: --from ${given.from}: it is no IPv4 or IPv6 address`);
  const port = udpPort(given);
  const outer = {
    from: from?.bytes,
    port,
    udpChecksum: given.udpChecksum,
    ttl: given.ttl,
    tos: given.tos,
  };
  const host: TargetHost = {
    now: () => performance.now(),
    open: (to, counts, unreachable) => new Sender(to, outer, counts, unreachable),
    resolve: resolveName,
    family: familyOf(from),
    healthInterval: given.healthInterval * 1000,
    say: (line) => void process.stderr.write(`${line}\n`),
  };
  return new Targets(
    {
      specs: given.to.map((name, i) => spec(given, name, i, from)),
      encapsulation: () => encapsulation(given),
      port,
      failover: given.failover === true,
    },
    host,
  );
}

/** @throws UsageError for what is neither an address nor a name, or another kind of address than --from */
function spec({ health }: MirrorArguments, name: string, i: number, from: Address | undefined): TargetSpec {
  const address = addressOf('--to', name);
  if (address === undefined && !isName(name))
    throw new UsageError(`mirror: --to ${name}: it is no IPv4 or IPv6 address, and no name`);
  if (address !== undefined && from !== undefined && from.bytes.length !== address.bytes.length)
    throw new UsageError('mirror: --from and --to are of different kinds: both IPv4 or both IPv6');
  return { name, address, health: health.length === 1 ? health[0] : health[i] };
}

function familyOf(from: Address | undefined): Family {
  if (from === undefined) return 0;
  return from.bytes.length === 4 ? 4 : 6;
}
