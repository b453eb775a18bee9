/**
 * Every key of the configuration file with its default and meaning; docs/reference/config.md is made from it.
 */
import { z } from 'zod';
import {
  CLOCK_DEFAULTS,
  READING_DEFAULTS,
  REASSEMBLY_DEFAULTS,
  SESSION_DEFAULTS,
} from '../model/defaults.js';
import { type Inputs, UDP_INPUT_KINDS, UDP_INPUT_PORTS, type UdpInput } from '../model/inputs.js';
import { KEEP_ALL, KEPT_APPLICATIONS_WORDS, KEPT_KINDS, keepBits } from '../model/kept-words.js';
import { MIRROR_TYPE_NAMES, MOST_ERSPAN_SESSION, MOST_SESSION } from '../model/mirror-point.js';
import { KEPT_NAMES_WORDS, NAME_SOURCES, type NameSourceWord } from '../model/name-source.js';
import { LONGEST_QUESTION, QUESTION_DEFAULTS } from '../model/question-limits.js';
import { RIGHTS } from '../model/rights.js';
import { ANY_ROLE, type RolePolicy } from '../model/role-policy.js';
import { isLocation, noStoreAt, withoutPassword } from '../model/store-location.js';
import {
  LONGEST_DEDUPLICATION,
  MOST_OWNERS,
  MOST_POINTS,
  MOST_POLICIES,
  MOST_SESSIONS,
  MOST_WORKERS,
} from './bounds.js';
import { groupMistakes } from './group-mistakes.js';
import { GROUP_WINDOW } from './groups.js';
import { INPUT_WORDS, inputMistakes, inputsOf, parseInput } from './inputs.js';
import { KEPT_PACKETS_WORDS, parseKeptPackets } from './kept-packets.js';
import { OVERLAY_WORDS, parseOverlay, SEPARATORS } from './overlays.js';
import {
  LONGEST_WINDOW,
  MOST_PATHS,
  parseSample,
  pathMistakes,
  SAMPLE_WORDS,
  USUAL_SAMPLE,
} from './paths.js';
import { ALLOW_WORDS, parseAllowed, policyMistakes } from './policies.js';
import { TIMESTAMPS } from './timestamps.js';
import { parseDuration, parsePrefix, parseSize } from './units.js';

function amount(parse: (text: string) => number, expected: string, unit: string, min: number, max: number) {
  return z.union([z.string(), z.number()]).transform((value, context) => {
    const n = parse(String(value));
    if (Number.isNaN(n)) context.addIssue(`"${value}" is not ${expected}`);
    else if (n < min || n > max) context.addIssue(`must be between ${min} and ${max} ${unit}`);
    return n;
  });
}

/** A duration in seconds, between bounds in seconds. */
const duration = (min: number, max: number) =>
  amount(parseDuration, 'a duration: write 90s, 15m, 12h, 30d', 'seconds', min, max);
/** A size in bytes, between bounds in bytes. */
const size = (min: number, max: number) => amount(parseSize, 'a size: write 64MiB, 10GB', 'bytes', min, max);

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

const prefix = z.string().transform((text, context) => {
  const p = parsePrefix(text);
  if (p !== undefined) return p;
  context.addIssue(`"${text}" is not an address or prefix: write 10.0.0.0/8, 192.0.2.1, 2001:db8::/32`);
  return z.NEVER;
});

const interfaceName = z
  .string()
  .regex(/^[^\s/:]{1,15}$/, { error: (i) => `"${i.input}" cannot be an interface name` });

/** `gre`, `vxlan`, `vxlan:8472`, or `{ span: eth1 }`. */
const input = z.unknown().transform((said, context): 'gre' | UdpInput | { readonly span: string } => {
  if (typeof said === 'string') {
    const parsed = parseInput(said);
    if (parsed === 'gre' || typeof parsed === 'object') return parsed;
    context.addIssue(parsed);
    return z.NEVER;
  }
  const frames = z.strictObject({ span: z.string() }).safeParse(said);
  if (!frames.success) {
    context.addIssue(`${JSON.stringify(said)} is no input: write ${INPUT_WORDS}, or { span: INTERFACE }`);
    return z.NEVER;
  }
  const name = interfaceName.safeParse(frames.data.span);
  if (name.success) return { span: name.data };
  context.addIssue(name.error.issues[0].message);
  return z.NEVER;
});

/** What comes in: the list is all. */
const inputs = z.array(input).transform((list, context): Inputs => {
  const parts: ('gre' | UdpInput)[] = [];
  const span: string[] = [];
  for (const part of list) {
    if (part === 'gre' || !('span' in part)) parts.push(part);
    else span.push(part.span);
  }
  const said = list.length === 0 ? `list at least one: ${INPUT_WORDS}` : inputsOf(parts, span);
  if (typeof said !== 'string') return said;
  context.addIssue(said);
  return z.NEVER;
});

/** `HOST:PORT`, a port alone, or an IPv6 address in brackets. */
const listen = z.string().transform((text, context) => {
  const part = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(part?.[3]);
  if (part === null || port > 65535) {
    context.addIssue(`"${text}" is not HOST:PORT: write 127.0.0.1:9470 or [::1]:9470`);
    return z.NEVER;
  }
  return { host: part[1] ?? (part[2] || '127.0.0.1'), port };
});

const hostName = z.string().regex(/^(?=.{1,253}$)[A-Za-z0-9_][A-Za-z0-9_.-]*$/, {
  error: (i) => `"${i.input}" is not a host's name: write collector.example.net, without a port`,
});

const [, ...mirrorTypes] = MIRROR_TYPE_NAMES;

/** Which frames to keep: `none`, `all`, `first 128 bytes` of each, `first 10 packets` of a session. */
const packets = z.string().transform((text, context) => {
  const kept = parseKeptPackets(text);
  if (kept !== undefined) return kept;
  context.addIssue(`"${text}" is not one of ${KEPT_PACKETS_WORDS}`);
  return z.NEVER;
});

/** `vxlan:4799`: a UDP port, and the tunnel behind it. */
const overlay = z.string().transform((text, context) => {
  const said = parseOverlay(text);
  if (said !== undefined) return said;
  context.addIssue(`"${text}" is not ${OVERLAY_WORDS}: write vxlan:4799`);
  return z.NEVER;
});

const separators = z.array(z.enum(SEPARATORS));

/** What is read of applications: `all`, `off`, or the kinds of text that are kept, as bits of Keep. */
const applications = z.unknown().transform((said, context) => {
  if (said === 'all' || said === true) return KEEP_ALL;
  if (said === 'off' || said === false) return 0;
  const kinds = z.array(z.enum(KEPT_KINDS)).safeParse(said);
  if (kinds.success) return keepBits(kinds.data);
  context.addIssue(`${JSON.stringify(said)} is not ${KEPT_APPLICATIONS_WORDS}: write [names, paths]`);
  return z.NEVER;
});

/** Which sources' names are kept: `all`, `off`, or a list. */
function nameSources(said: unknown, context: z.RefinementCtx): readonly NameSourceWord[] {
  if (said === 'all' || said === true) return NAME_SOURCES;
  if (said === 'off' || said === false) return [];
  const sources = z.array(z.enum(NAME_SOURCES)).safeParse(said);
  if (sources.success) return sources.data;
  context.addIssue(`${JSON.stringify(said)} is not ${KEPT_NAMES_WORDS}`);
  return z.NEVER;
}

const role = z
  .string()
  .regex(/./, { error: `write a role of \`networks\`, or "${ANY_ROLE}" for any and for none` });

/** `none`, `all`, or a list of what is allowed. */
const allow = z.unknown().transform((said, context): RolePolicy['allow'] => {
  if (said === 'none' || said === 'all') return said;
  const words = z.array(z.string()).min(1).safeParse(said);
  if (!words.success) {
    context.addIssue(said === undefined ? 'is missing' : `${JSON.stringify(said)} is not ${ALLOW_WORDS}`);
    return z.NEVER;
  }
  const parsed = words.data.map(parseAllowed);
  for (const wrong of parsed) if (typeof wrong === 'string') context.addIssue(wrong);
  return parsed.filter((one) => typeof one !== 'string');
});

export const policySchema = z.strictObject({
  from: role.describe(
    'The role of the client\'s network (`client_role`); `"*"`: any, and none: write the asterisk in quotes.',
  ),
  to: role.describe("That of the server's (`server_role`), likewise."),
  allow: allow.describe(`What is allowed: ${ALLOW_WORDS}. \`icmp\` is ICMP over IPv6 too.`),
});

const sample = z.string().transform((text, context) => {
  const said = parseSample(text);
  if (said !== undefined) return said;
  context.addIssue({ code: 'custom', message: `write ${SAMPLE_WORDS}` });
  return z.NEVER;
});

const pathsSchema = z.strictObject({
  key: z
    .string()
    .optional()
    .describe(
      'A file with a secret of at least 16 bytes. Collectors with the same one sample the same packets. ' +
        'Without it: random, anew at each start.',
    ),
  sample: sample
    .prefault(`1/${USUAL_SAMPLE}`)
    .describe('The share of packets that is matched: 1/N. 1/1: each, where the rate allows it.'),
  window: duration(0.01, LONGEST_WINDOW)
    .default(1)
    .describe('How long a packet may take from one mirror to the other.'),
  pairs: z
    .union([
      z.literal('auto'),
      z
        .array(
          z.strictObject({
            from: z.string().min(1).describe('The name of an entry of `mirrors`.'),
            to: z.string().min(1).describe('That of another one.'),
            nat: z
              .boolean()
              .default(false)
              .describe('Addresses and ports change between them: packets are matched without these.'),
          }),
        )
        .min(1)
        .max(MOST_PATHS),
    ])
    .describe('Between which mirrors; `auto`: between all of `mirrors` that see the same packets.'),
});

export const mirrorSchema = z.strictObject({
  name: z.string().min(1).describe('Its name in `status`, metrics, logs, and the column `mirror_name`.'),
  site: z
    .string()
    .default('')
    .describe('Where it is: in `status`, a label of metrics, and the column `site`.'),
  span: interfaceName
    .optional()
    .describe('The interface whose own frames it is: one of `{ span: … }` in `inputs`. Without it: any.'),
  source: prefix.optional().describe('The sender: an address or prefix. Without it: any.'),
  type: z
    .enum(mirrorTypes)
    .optional()
    .describe(`${mirrorTypes.join(', ')}. Without it: any.`),
  session: z
    .int()
    .min(0)
    .max(MOST_SESSION)
    .optional()
    .describe("ERSPAN's session id (0 to 1023), or the VNI of VXLAN and GENEVE. Without it: any."),
  key: z.int().min(0).max(0xffffffff).optional().describe('The GRE key. Without it: any.'),
  points: z
    .int()
    .min(1)
    .max(MOST_POINTS)
    .default(1024)
    .describe(
      'Mirror points (sender, target, type, session or key) of this entry that each worker tells ' +
        'apart; further ones share one. No other entry can take its places.',
    ),
  observe: z.boolean().default(true).describe('`false`: its packets are only counted.'),
  deduplicate: duration(0, LONGEST_DEDUPLICATION)
    .default(0)
    .describe('An inner frame seen again within this time counts once, as a duplicate. 0: off.'),
  snap_length: z
    .int()
    .min(0)
    .max(65535)
    .default(0)
    .describe(
      'At most this many bytes of an inner frame are kept (`packets`) and inspected (applications). ' +
        '0: all.',
    ),
  packets: packets.optional().describe('Like the key `packets` above, for this mirror.'),
  separate_by: separators.optional().describe('Like the key `separate_by` above, for this mirror.'),
  applications: applications.optional().describe('Like the key `applications` above, for this mirror.'),
  group: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Mirrors with the same word here are a group: what they see of a conversation is one row, and a ' +
        'frame that several see counts once. `groups` says more of it.',
    ),
  timestamps: z
    .enum(TIMESTAMPS)
    .default('arrival')
    .describe(
      'Which times its frames have: `arrival`, or `hardware`, the timestamps of ERSPAN type III where ' +
        'there are any.',
    ),
  tap: interfaceName.optional().describe('A TAP device that gets the inner frames unchanged.'),
});

export const groupSchema = z.strictObject({
  name: z.string().min(1).describe('The word that its mirrors have as `group`; `mirror_name` of its rows.'),
  window: duration(GROUP_WINDOW.least, GROUP_WINDOW.most)
    .default(GROUP_WINDOW.usual)
    .describe(
      'How far its mirrors may lag behind each other: so long, and up to a seventh longer, a packet waits ' +
        'for its copies.',
    ),
  separate_by: separators
    .default([])
    .describe('Like the key `separate_by` above, for all mirrors of the group.'),
});
export type GroupConfig = z.output<typeof groupSchema>;

/** A URL that leads out: the page makes a link of it. */
const outward = z
  .string()
  .refine((text) => URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol), {
    error: (i) => `"${i.input}" is not a URL: write https://arkime.example.net/sessions?…{community_id}`,
  });

export const consoleSchema = z.strictObject({
  listen: listen
    .prefault('127.0.0.1:9480')
    .describe('Where it is served, HOST:PORT. Beyond loopback it takes `tls`, `header` or `insecure`.'),
  state: z
    .string()
    .optional()
    .describe(
      'The directory of its token, views and dropped captures. Without it: `console` in the store ' +
        'directory, or /var/lib/mirrorlake/console with a server.',
    ),
  prefix: z
    .string()
    .regex(/^(\/[A-Za-z0-9._~-]+)*$/, { error: (i) => `"${i.input}" is not a path like /mirrorlake` })
    .default('')
    .describe('The path that a proxy puts in front: `/mirrorlake`.'),
  names: z
    .array(hostName)
    .default([])
    .describe('Host names that requests may use besides `localhost` and the address in `listen`.'),
  tls: z
    .strictObject({
      cert: z.string().describe('A file with its certificate and those between, PEM.'),
      key: z.string().describe('A file with its private key, PEM.'),
    })
    .optional()
    .describe('Serves it over TLS.'),
  users: z
    .string()
    .optional()
    .describe('A file of users, one `name:rights:password` a line: `mirrorlake console passwd` makes one.'),
  header: z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9-]{1,64}$/, { error: (i) => `"${i.input}" is not a header's name` })
        .describe("The header with the user's name."),
      from: z.array(prefix).min(1).describe('The addresses of the proxy: nobody else is believed.'),
      rights: z
        .array(z.enum(RIGHTS))
        .default(['view'])
        .describe('What users may do whom the file of `users` does not name.'),
    })
    .optional()
    .describe('Signs in whom a proxy has signed in.'),
  address_names: z
    .string()
    .optional()
    .describe(
      'A file of names that stand beside addresses: `address name` a line, as in /etc/hosts; of several ' +
        'names the first.',
    ),
  token_rights: z
    .array(z.enum(RIGHTS))
    .optional()
    .describe('What the link lets do. Without it: all on loopback, `view` elsewhere.'),
  insecure: z
    .boolean()
    .default(false)
    .describe(
      '`true`: it may be served beyond loopback without TLS, where everybody on the way can read it.',
    ),
  capture_limit: size(MIB, 2 ** 50)
    .default(2 * GIB)
    .describe('The largest capture that can be dropped into the page.'),
  links: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(40).describe('What the link is called.'),
        url: outward.describe(
          'Where it leads: `{community_id}`, `{client}`, `{server}`, `{from}` and `{to}` are filled in.',
        ),
      }),
    )
    .max(20)
    .default([])
    .describe('Where a conversation can be looked up elsewhere.'),
});
export type ConsoleConfig = z.output<typeof consoleSchema>;

export const tunnelSchema = z.union([
  z.string(),
  z.strictObject({
    tunnel: z
      .string()
      .describe("The words of `ip tunnel add`: 'Tunnel-1 mode gre remote 10.9.0.2 local 10.9.0.1'."),
    addresses: z.array(z.string()).default([]).describe('Addresses of the device, with prefix lengths.'),
    routes: z.array(z.string()).default([]).describe('Prefixes routed into the device.'),
    mtu: z
      .int()
      .min(68)
      .max(65535)
      .optional()
      .describe("The device's MTU. Without it: the path's MTU minus the headers."),
    observe: z.boolean().default(false).describe('Also decode its packets into sessions.'),
    persist: z.boolean().default(false).describe('Keep the device when the collector ends.'),
  }),
]);

/** `vxlan` (4789), … */
function inputPorts(): string {
  return UDP_INPUT_KINDS.map((kind) => `\`${kind}\` (${UDP_INPUT_PORTS[kind]})`).join(', ');
}

const plainSchema = z.strictObject({
  store: z
    .string()
    .refine(isLocation, { error: (i) => noStoreAt(`"${withoutPassword(String(i.input))}"`) })
    .default('./data')
    .describe(
      'Where sessions are stored: a directory (embedded chDB), http://user@host:8123/database, or ' +
        '`none` for a collector with tunnels only, which observes nothing and needs no ClickHouse. ' +
        'The password belongs in `MIRRORLAKE_STORE_PASSWORD_FILE` or `MIRRORLAKE_STORE_PASSWORD`; in ' +
        'the URL it must be percent-encoded.',
    ),
  collector: z
    .string()
    .optional()
    .describe("This collector's name in the tables. Without it: the host name."),
  inputs: inputs
    .prefault(['gre'])
    .describe(
      'What mirrored traffic comes in: a list, which is all. `gre` (IP protocol 47, with ERSPAN), and what ' +
        'lies in UDP, each with a port other than the usual one if you name it, as in `vxlan:8472`: ' +
        `${inputPorts()}. \`{ span: eth1 }\`: the frames of that interface.`,
    ),
  span_outgoing: z
    .boolean()
    .default(false)
    .describe(
      'Whether what this host itself sends through a SPAN port of `inputs` is taken too: for an interface ' +
        "whose own host's traffic is of interest.",
    ),
  receiver: z
    .enum(['raw', 'ring', 'xdp'])
    .optional()
    .describe(
      '`raw` (default without interfaces), `ring` (default with them), or `xdp`: AF_XDP, and the ring for ' +
        'what it leaves.',
    ),
  interfaces: z.array(interfaceName).default([]).describe('Interfaces that `ring` and `xdp` read.'),
  promiscuous: z
    .boolean()
    .default(false)
    .describe('Also receive packets on these interfaces that are addressed to other hosts.'),
  tap: interfaceName
    .optional()
    .describe('A TAP device that gets the inner frames of every mirror without its own `tap`.'),
  workers: z
    .int()
    .min(1)
    .max(MOST_WORKERS)
    .default(1)
    .describe(
      'Worker threads that decode; more than one only with `ring`. Packets are divided among them ' +
        'by inner addresses; over IPv6 by mirror, once fragments arrive over IPv6 (a warning says ' +
        'so).',
    ),
  ring_size: size(MIB, 4 * GIB)
    .default(64 * MIB)
    .describe(
      'Memory per ring; there is one ring per interface and worker, with `xdp` as much again for AF_XDP.',
    ),
  receive_buffer: size(64 * KIB, GIB)
    .default(64 * MIB)
    .describe('Receive buffer of a raw or UDP socket: as much as the kernel allows, up to this.'),
  user: z.string().optional().describe('The user to change to once everything is open.'),
  listen: listen
    .optional()
    .describe('Where /metrics and /healthz are served, HOST:PORT. Without it: nowhere.'),
  listen_names: z
    .array(hostName)
    .default([])
    .describe(
      'Host names that requests for /metrics and /healthz may use, such as ' +
        '`http://collector:9470/metrics`. Addresses, `localhost` and the name in `listen` are always ' +
        'accepted; any other name gets 421, against DNS rebinding.',
    ),
  control: z
    .string()
    .optional()
    .describe(
      'The control socket. Without it: `control.sock` in the store directory, or ' +
        '/run/mirrorlake/control.sock with a server.',
    ),
  log_level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('The lowest level that is logged.'),
  sessions: z
    .strictObject({
      capacity: z
        .int()
        .min(1024)
        .max(MOST_SESSIONS)
        .default(SESSION_DEFAULTS.capacity)
        .describe(
          'Sessions open at once, of all workers together; beyond that those soonest to end, end by ' +
            'pressure.',
        ),
      tcp_idle: duration(1, 7200)
        .default(SESSION_DEFAULTS.tcpIdle)
        .describe('A TCP session without packets ends after this.'),
      udp_idle: duration(1, 7200)
        .default(SESSION_DEFAULTS.udpIdle)
        .describe('A UDP session without packets ends after this.'),
      other_idle: duration(1, 7200)
        .default(SESSION_DEFAULTS.otherIdle)
        .describe('Any other session without packets ends after this.'),
      active: duration(1, 86400)
        .default(SESSION_DEFAULTS.active)
        .describe('A row ends after this, and the session continues in its next part.'),
      linger: duration(0, 300)
        .default(SESSION_DEFAULTS.linger.collect)
        .describe('How long an ended TCP session waits for late packets.'),
    })
    .prefault({})
    .describe('The session table.'),
  reassembly: z
    .strictObject({
      memory: size(256 * KIB, 4 * GIB)
        .default(REASSEMBLY_DEFAULTS.memory)
        .describe('Memory for incomplete outer packets, per worker.'),
      datagrams: z
        .int()
        .min(16)
        .max(65536)
        .default(REASSEMBLY_DEFAULTS.datagrams)
        .describe('Incomplete outer packets at once, per worker.'),
      timeout: duration(1, 300)
        .default(REASSEMBLY_DEFAULTS.timeout)
        .describe('An outer packet that is incomplete after this is given up.'),
    })
    .prefault({})
    .describe('Outer IP fragments.'),
  spool: z
    .strictObject({
      directory: z
        .string()
        .optional()
        .describe(
          'Where segments wait. Without it: `spool` in the store directory, or ' +
            '/var/lib/mirrorlake/spool with a server.',
        ),
      limit: size(16 * MIB, 2 ** 50)
        .default(10 * GIB)
        .describe('Beyond this the oldest segments are dropped.'),
      packets_limit: size(16 * MIB, 2 ** 50)
        .default(10 * GIB)
        .describe('The same for kept packets, which wait separately and never delay the others.'),
    })
    .prefault({})
    .describe('Segments on disk between capture and store.'),
  packets: packets
    .prefault('none')
    .describe(
      'Inner frames kept in the table `packets`: `none`, `all`, `first N bytes` of each, or ' +
        '`first N packets` of a session row.',
    ),
  applications: applications
    .prefault('all')
    .describe(
      'What is read of the messages in sessions: `all`, `off`, or a list of the texts that are kept: ' +
        '`names` (of servers, DNS questions, shares, …), `users`, `paths` (of HTTP, files, …), ' +
        '`statements` (of SQL, without their values). Times, statuses and fingerprints are kept with any ' +
        'list, also an empty one. Passwords, cookies and the like are never kept.',
    ),
  application_limits: z
    .strictObject({
      conversations: z
        .int()
        .min(256)
        .max(4_194_304)
        .default(READING_DEFAULTS.conversations)
        .describe('Conversations that are read at once; then those that were silent longest go.'),
      questions: z
        .int()
        .min(256)
        .max(4_194_304)
        .default(READING_DEFAULTS.questions)
        .describe('Questions without an answer at once; then the oldest become rows.'),
      memory: size(MIB, 4 * GIB)
        .default(READING_DEFAULTS.memory)
        .describe('Memory for messages that came in several segments.'),
      words: size(MIB, 4 * GIB)
        .default(READING_DEFAULTS.words)
        .describe('Memory for the names, users and fingerprints of open sessions.'),
      rows: z
        .int()
        .min(1)
        .max(10_000_000)
        .default(READING_DEFAULTS.rows.collect)
        .describe('Rows of `transactions` a second; further ones are counted, not written.'),
    })
    .prefault({})
    .describe('Bounds of what is read of applications, per worker.'),
  separate_by: separators
    .default(['vni'])
    .describe(
      'What tells apart conversations between the same addresses and ports: `vni`, the network id ' +
        'of the innermost VXLAN or GENEVE; `vlan`, all VLAN tags; `teid`, the GTP-U tunnel. `[]`: ' +
        'nothing. VLANs and TEIDs often differ by direction; then each direction is a conversation of ' +
        'its own.',
    ),
  networks: z
    .string()
    .optional()
    .describe(
      'A file of networks of your own (prefix, name, site, role, tenant): what conversations say of both ' +
        'ends. Without it: those that `mirrorlake networks load` has kept in the store.',
    ),
  owners: z
    .array(z.string())
    .max(MOST_OWNERS)
    .default([])
    .describe(
      "Files in MaxMind's DB format that say to whom the Internet's addresses belong: autonomous systems, " +
        'countries. Of several that know something the first is believed.',
    ),
  names: z
    .unknown()
    .transform(nameSources)
    .prefault('all')
    .describe(
      `What is kept of names of addresses, in the table \`names\`: \`all\`, \`off\`, or some of ` +
        `${NAME_SOURCES.map((source) => `\`${source}\``).join(', ')}.`,
    ),
  names_file: z
    .string()
    .optional()
    .describe(
      'A file of names of addresses: `address name` a line, as in /etc/hosts; read again when it changes.',
    ),
  policies: z
    .array(policySchema)
    .max(MOST_POLICIES)
    .default([])
    .describe(
      'Which conversations of two roles are allowed; the first entry whose roles match decides. Others are ' +
        'observed all the same, and named in the column `policy`.',
    ),
  overlays: z
    .array(overlay)
    .default([])
    .describe(
      'UDP destination ports of tunnels inside mirrored frames, besides the well-known ones (VXLAN ' +
        '4789 and 8472, VXLAN-GPE 4790, GENEVE 6081, GTP-U 2152, GRE 4754, MPLS 6635): ' +
        `${OVERLAY_WORDS}, such as \`vxlan:4799\`. \`none:8472\`: packets to this port are no tunnel.`,
    ),
  retention: duration(3600, 20 * 366 * 86400)
    .optional()
    .describe(
      'Rows older than this are removed; applies to new tables. Without it: rows are kept. ' +
        '`mirrorlake schema apply` changes it for existing tables.',
    ),
  store_memory: size(512 * MIB, 2 ** 50)
    .optional()
    .describe(
      'Memory that the embedded engine may use. Without it: half of the memory, but at least 1 GiB ' +
        'and at most 4 GiB.',
    ),
  questions: z
    .strictObject({
      user: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The user of the server that runs questions, not the one that inserts. Without it the ' +
            'collector asks a server no questions.',
        ),
      password_file: z.string().optional().describe("A file with that user's password. Without it: none."),
      timeout: duration(1, LONGEST_QUESTION)
        .default(QUESTION_DEFAULTS.seconds)
        .describe('A question that takes longer is stopped, unless it asks for more time.'),
      longest: duration(1, LONGEST_QUESTION)
        .default(600)
        .describe('The most time that `query --timeout` may ask for.'),
      memory: size(16 * MIB, 2 ** 50)
        .default(QUESTION_DEFAULTS.memory)
        .describe("Memory per question; while it sorts, also four times as much of the store's disk."),
      rows: z.int().min(1).default(QUESTION_DEFAULTS.rows).describe('Rows that a question may read.'),
      bytes: size(MIB, 2 ** 53 - 1)
        .default(QUESTION_DEFAULTS.bytes)
        .describe('Bytes that a question may read.'),
    })
    .prefault({})
    .describe('Questions asked through the control socket.'),
  console: consoleSchema
    .optional()
    .describe('Serves the console beside the collector, in a process of its own. Without it: no console.'),
  hardware_time: z
    .strictObject({
      within: duration(0.1, 15)
        .default(CLOCK_DEFAULTS.within)
        .describe('A timestamp farther from its arrival is disbelieved: the time is that of arrival.'),
      marker_port: z
        .int()
        .min(1)
        .max(65535)
        .optional()
        .describe(
          'The UDP port to which switches send marker packets, which say what time it is by their clock. ' +
            'Without it: none are received.',
        ),
    })
    .prefault({})
    .describe('Timestamps of mirrors with `timestamps: hardware`.'),
  unknown_mirrors: z
    .enum(['observe', 'refuse'])
    .default('observe')
    .describe(
      'What to do with mirror points that no entry of `mirrors` names. `refuse`: count them, never ' +
        'store them.',
    ),
  unknown_points: z
    .int()
    .min(1)
    .max(MOST_POINTS)
    .default(4096)
    .describe('Mirror points that no entry names and that each worker tells apart; further ones share one.'),
  mirrors: z
    .array(mirrorSchema)
    .default([])
    .describe('Mirror points, by name. The first entry that matches applies.'),
  groups: z
    .array(groupSchema)
    .default([])
    .describe('Groups of mirrors that need another window or separators than the usual ones.'),
  paths: pathsSchema
    .optional()
    .describe('Matches packets between mirrors, into the tables `paths` and `hops`. Without it: none.'),
  tunnels: z.array(tunnelSchema).default([]).describe('GRE tunnels to devices of this host.'),
});

export const configSchema = plainSchema.superRefine((config, context) => {
  for (const [i, { type, session = 0 }] of config.mirrors.entries())
    if (type?.startsWith('erspan') === true && session > MOST_ERSPAN_SESSION)
      context.addIssue({
        code: 'custom',
        path: ['mirrors', i, 'session'],
        message: `must be at most ${MOST_ERSPAN_SESSION} with type ${type}`,
      });
  for (const { path, message } of groupMistakes(config)) context.addIssue({ code: 'custom', path, message });
  for (const { path, message } of pathMistakes(config)) context.addIssue({ code: 'custom', path, message });
  for (const { path, message } of policyMistakes(config)) context.addIssue({ code: 'custom', path, message });
  for (const { path, message } of inputMistakes(config)) context.addIssue({ code: 'custom', path, message });
});

export type Config = z.output<typeof configSchema>;
export type MirrorConfig = z.output<typeof mirrorSchema>;
export type TunnelConfig = z.output<typeof tunnelSchema>;
