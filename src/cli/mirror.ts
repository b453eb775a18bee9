/** `mirrorlake mirror`: a mirror source of our own, for hosts without a switch that mirrors. */
import { type Command, Option } from 'commander';
import { compileFilter } from '../linux/libpcap.js';
import { Encapsulation } from '../mirror/encapsulation.js';
import { GreSender } from '../mirror/gre-sender.js';
import { InterfaceSource } from '../mirror/interface-source.js';
import { Mirror } from '../mirror/mirror.js';
import { PacketFilter } from '../mirror/packet-filter.js';
import { RateLimit } from '../mirror/rate-limit.js';
import { mirrorInterface, Replay } from '../mirror/run.js';
import { openCapture } from '../receive/file/capture.js';
import {
  checkTogether,
  destination,
  encapsulation,
  GRANULARITIES,
  integer,
  MIRROR_TYPES,
  type MirrorArguments,
  rate,
  speed,
} from './mirror-options.js';

export function registerMirror(program: Command): void {
  program
    .command('mirror')
    .description(
      "Copies an interface's or a capture's traffic to a collector, as ERSPAN or GRE with Ethernet.",
    )
    .option('-i, --interface <if>', 'mirror this interface')
    .option('-f, --file <file>', 'mirror a capture (pcap, pcapng, also compressed; - is stdin)')
    .requiredOption('--to <address>', "the collector's address, IPv4 or IPv6")
    .option('--from <address>', 'outer source address (default: the kernel chooses)')
    .addOption(
      new Option('-t, --type <type>', 'ERSPAN type, or GRE with Ethernet')
        .choices([...MIRROR_TYPES.keys()])
        .default('2'),
    )
    .option('-s, --session <id>', 'ERSPAN session, 0 to 1023', integer(0, 1023), 1)
    .option('--index <n>', 'port index; with type 3 in a platform subheader', integer(0, 0xfffff))
    .addOption(
      new Option('-d, --direction <which>', 'packets the host receives, sends, or both')
        .choices(['ingress', 'egress', 'both'])
        .default('both'),
    )
    .option('--hardware <id>', 'hardware id of type 3, 0 to 63', integer(0, 63), 0)
    .option('--sgt <tag>', 'security group tag of type 3', integer(0, 0xffff), 0)
    .addOption(
      new Option('--granularity <unit>', 'timestamps of type 3')
        .choices(Object.keys(GRANULARITIES))
        .default('100us'),
    )
    .option('--key <n>', 'GRE key of gretap', integer(0, 0xffffffff))
    .option('--sequence', 'sequence numbers with gretap')
    .option('--checksum', 'checksums with gretap')
    .option('--snap-length <bytes>', 'cut frames to this length', integer(14, 65535))
    .option('--filter <expression>', 'mirror what matches, in the language of tcpdump (man pcap-filter)')
    .option('--rate <rate>', 'send at most this: 100mbit, 10000pps', rate)
    .option('--ttl <n>', 'TTL or hop limit of the outer packets', integer(1, 255), 64)
    .option('--tos <n>', 'TOS or traffic class of the outer packets', integer(0, 255), 0)
    .option('--speed <factor>', "times the capture's own speed, or max", speed, 1)
    .option('--loop [times]', 'play the capture again and again', integer(1, 0xffffffff))
    .option('--no-promiscuous', 'leave the interface receiving only what is addressed to it')
    .action(async (_: unknown, command: Command) => {
      const options = command.opts();
      // --loop without a number is true, and no --loop is once.
      const loop = options.loop === true ? Number.POSITIVE_INFINITY : (options.loop ?? 1);
      await mirror(command, { ...options, loop } as MirrorArguments);
    });
}

async function mirror(command: Command, given: MirrorArguments): Promise<void> {
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
        () => openCapture(file),
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
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}

function summary(what: string, mirror: Mirror, drops: number): string {
  const { sender } = mirror;
  const parts = [`mirrored ${what}: ${sender.packets} of ${mirror.seen} packets, ${sender.bytes} bytes`];
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
    note(count, name === 'ENOPROTOOPT' ? 'times the collector said it takes no GRE (ENOPROTOOPT)' : name);
  }
  return parts.join(', ');
}
