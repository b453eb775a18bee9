/** `mirrorlake mirror`: a mirror source for hosts without a switch that mirrors. */
import { type Command, Option } from 'commander';
import { HEALTH_INTERVAL } from '../mirror-source/limits.js';
import {
  GRANULARITIES,
  GRE_TYPES,
  health,
  healthInterval,
  integer,
  type MirrorArguments,
  rate,
  speed,
  targets,
  UDP_TYPES,
} from './mirror-options.js';

export function registerMirror(program: Command): void {
  program
    .command('mirror')
    .summary('mirror an interface or a capture to collectors')
    .description(
      "Copies an interface's or a capture's traffic to one collector or several, as ERSPAN, GRE with " +
        'Ethernet, VXLAN, GENEVE, GRE in UDP or TZSP.',
    )
    .option('-i, --interface <if>', 'mirror this interface')
    .option('-f, --file <file>', 'mirror a capture (pcap, pcapng, also compressed; - is stdin)')
    .requiredOption('--to <host>', "the collector's address or name; repeatable, or with commas", targets)
    .option('--from <address>', 'outer source address (default: the kernel chooses)')
    .addOption(
      new Option('-t, --type <type>', 'ERSPAN type, GRE with Ethernet, or what is sent in UDP')
        .choices([...GRE_TYPES.keys(), ...UDP_TYPES])
        .default('2'),
    )
    .addOption(
      new Option('--inside <type>', 'what gre-udp carries').choices([...GRE_TYPES.keys()]).default('gretap'),
    )
    .option('--vni <id>', 'network id of vxlan and geneve, 0 to 16777215', integer(0, 0xffffff), 1)
    .option('--port <n>', "UDP destination port (default: the type's)", integer(1, 65535))
    .option('--no-udp-checksum', 'leave the UDP checksum out over IPv6 too')
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
    .option('--failover', 'send all to the first target that is up, instead of spreading by addresses')
    .option(
      '--health <port|url>',
      "port of each target's /healthz, or repeatedly a URL per target: a target that fails is left out",
      health,
      [],
    )
    .option(
      '--health-interval <time>',
      `how often to ask for it (default: ${HEALTH_INTERVAL.default}s)`,
      healthInterval,
    )
    .option('--ttl <n>', 'TTL or hop limit of the outer packets', integer(1, 255), 64)
    .option('--tos <n>', 'TOS or traffic class of the outer packets', integer(0, 255), 0)
    .option('--speed <factor>', "times the capture's own speed, or max", speed, 1)
    .option('--loop [times]', 'play the capture again and again', integer(1, 0xffffffff))
    .option('--no-promiscuous', 'leave the interface receiving only what is addressed to it')
    .action(async (_: unknown, command: Command) => {
      const options = command.opts();
      // --loop without a number is true, and no --loop is once.
      const loop = options.loop === true ? Number.POSITIVE_INFINITY : (options.loop ?? 1);
      // Only this command needs the sockets' library, which takes a while to load.
      const { mirror } = await import('./mirror-run.js');
      await mirror(command, { healthInterval: HEALTH_INTERVAL.default, ...options, loop } as MirrorArguments);
    });
}
