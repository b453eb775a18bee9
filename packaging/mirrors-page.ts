/** Writes docs/how-to/configure-mirrors.md from the commands' own data: npx tsx packaging/mirrors-page.ts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  mirrorCommands,
  PLATFORMS,
  type Platform,
  parseMirrorInput,
  plain,
} from '../src/console/mirror-commands.js';
import { paragraph } from './paragraph.js';

export const MIRRORS_PAGE = join(import.meta.dirname, '../docs/how-to/configure-mirrors.md');

const HEAD = `# Configure the mirrors

<!-- Made from src/console/mirrors/: npx tsx packaging/mirrors-page.ts -->

How to tell switches, routers and hosts to mirror to the collector. The collector itself needs no
configuration: it decodes whatever arrives as ERSPAN or GRE, and shows a name once you give it one
([configuration](../reference/config.md)). In the examples the collector is 192.0.2.10 and the mirror sends
from 10.0.0.11, session 10, and the mirror is called \`lake\`. Features differ by platform and release: your
vendor's guide has the last word. This project's tests run the commands for Open vSwitch, Linux and
\`mirrorlake mirror\` as printed. The commands for other vendors come from their documentation and have not
been run here, so check them against your release.

For every sender:

- Make the path to the collector carry the frame and 50 to 84 bytes more (MTU 1600, or jumbo). Otherwise
  frames are fragmented, cut or lost.
- Give each mirror its own session id or key, and its own source address.
- Prefer types with sequence numbers (ERSPAN II and III): only they show loss.
- Mirror a VLAN or port once. \`rx\` on every port shows each frame once; \`both\` shows what passes two
  mirrored ports twice. \`status\`, the log and \`read\` say so when a mirror's frames come twice. If you
  cannot avoid it, \`deduplicate: 10ms\` for the mirror in the configuration counts the second copy as a
  duplicate, even if a router forwarded it between the two ports. Copies are recognised by the whole IP
  packet except TTL and checksum: a router that marks packets (DSCP, ECN) or changes addresses makes two
  different packets of them, and so does cutting frames of which one has an additional VLAN tag ([what is
  compared](../explanation/sessions.md#copies-of-a-packet)).

Tunnels inside the frames (VXLAN, GENEVE, GTP-U, GRE) are recognised by their well-known ports. Name other
ports in the configuration, or to \`read\`:

\`\`\`yaml
overlays: [vxlan:4799]
mirrors:
  - name: fabric
    source: 10.0.0.0/24
    separate_by: []
\`\`\`

\`\`\`sh
mirrorlake read --overlay vxlan:4799 --separate-by none capture.pcap
\`\`\`

\`separate_by\` says what separates conversations between the same addresses; \`[]\` is for fabrics with
asymmetric IRB ([why, and when to use which](../explanation/sessions.md#overlays-and-tenants)).
`;

/** Addresses and numbers of the examples. */
const EXAMPLE = { name: 'lake', collector: '192.0.2.10', source: '10.0.0.11' };
const EXAMPLE_OPTIONAL = { session: 10, number: 1, bridge: 'br0', epg: 'common/lake/collectors' } as const;

/** The entry that the last section shows. */
const named = plain(
  mirrorCommands(parseMirrorInput({ ...example(PLATFORMS[0]), name: 'core-1', site: 'amsterdam' })).yaml,
);

const TAIL = `## Does it arrive?

In a browser, [the console](console.md) has all of this: *Mirrors*, *Add a mirror* fills in these commands,
with this collector's address and the next free session id, and ticks as packets come.

\`\`\`
mirrorlake status
tcpdump -ni eth1 'ip proto 47 or ip6 proto 47'
\`\`\`

\`status\` shows one line per mirror point within a second. If tcpdump sees packets and \`status\` does not,
run \`mirrorlake doctor\` (firewall, interface). If neither sees any, check routes and ACLs for protocol 47
on the path. If only one of several mirrors arrives and there is [NAT](nat.md) on the path, that is why. See
also [bonds](bonds.md) and [VRFs](vrfs.md) of the collector.

Then give it a name:

\`\`\`yaml
${named}
\`\`\`

and \`systemctl reload mirrorlake\`. From then on it is in \`status\` and in the metrics even when it sends
nothing (\`configured, nothing seen yet\`), so that [alerts](appliance.md#alerts) can report a silent
mirror. Give each mirror its own entry for that: of an entry for a whole network nobody knows how many
should send. A name also reserves places: an entry tells 1,024 senders, sessions and keys apart (raise
\`points\` for an entry that covers a network of switches), and no other traffic takes them. Mirrors without
a name share 4,096 places (\`unknown_points\`); when these are taken, further mirrors share one line with
source \`::\`, and the log says so. `;

/** The inputs of a platform's example. */
export function example(platform: Platform): Record<string, unknown> {
  const optional = Object.entries(EXAMPLE_OPTIONAL).filter(([field]) => field in platform.takes);
  return {
    ...EXAMPLE,
    platform: platform.id,
    direction: platform.usualDirection,
    ports: platform.examplePorts,
    ...Object.fromEntries(optional),
  };
}

export function mirrorsPage(): string {
  return [HEAD, ...PLATFORMS.map(section), TAIL].join('\n');
}

function section(platform: Platform): string {
  const { commands, show, undo, notes, ranBy } = mirrorCommands(parseMirrorInput(example(platform)));
  const ran =
    ranBy.by === 'us'
      ? `Run by this project's tests, with ${ranBy.version}.`
      : `From ${ranBy.documentation}, not run here.`;
  const versions =
    platform.versions.length > 1 ? 'Collectors with IPv4 and IPv6.' : 'Collectors with IPv4 only.';
  return [
    `## ${platform.title}: ${platform.header}`,
    `${ran} ${versions}`,
    fence(plain(commands)),
    ...notes.map(paragraph),
    'To see whether it mirrors:',
    fence(plain(show)),
    'To take it away again:',
    fence(plain(undo)),
    ...(MORE[platform.id] ?? []),
  ]
    .join('\n\n')
    .concat('\n');
}

/** What only this page adds. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  mirror: ['All options: [mirrorlake mirror](../reference/mirror.md).'],
};

function fence(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(MIRRORS_PAGE, mirrorsPage());
}
