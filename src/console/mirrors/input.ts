/** What a person gives for a mirror's commands, and whether it fits the platform. */
import { z } from 'zod';
import { UsageError } from '../../model/errors.js';
import { formatIp, isMapped, parseAddress } from '../../wire/ip/addresses.js';
import { CISCO } from './cisco.js';
import { HOSTS } from './hosts.js';
import {
  DIRECTIONS,
  type Fills,
  LINUX_INTERFACE,
  OPTIONAL,
  type Platform,
  type Range,
  TYPES,
} from './platform.js';
import { SWITCHES } from './switches.js';
import { type Field, filled } from './text.js';

/** All platforms, in the order in which they are shown. */
export const PLATFORMS: readonly Platform[] = [...CISCO, ...SWITCHES, ...HOSTS];

/** Ports of one mirror; more are better mirrored by VLAN. */
const MOST_PORTS = 128;
/** Characters of a text that is given. */
const LONGEST_WORD = 64;

/** A whole number, also as the digits that a URL has for it. */
function whole({ min, max }: Range) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.union([z.number(), z.string()], { error }).transform((value, context) => {
    const n = typeof value === 'number' ? value : /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (Number.isInteger(n) && n >= min && n <= max) return n;
    context.addIssue(error);
    return z.NEVER;
  });
}

/** A name that a shell, a switch, YAML and JSON all take as one word. */
function word(pattern: RegExp, expected: string, longest = LONGEST_WORD) {
  const error = `must be ${expected}, at most ${longest} characters`;
  return z.string({ error }).refine((text) => text.length <= longest && pattern.test(text), { error });
}

interface Address {
  /** In the form of RFC 5952, with the length of a prefix as given. */
  readonly text: string;
  readonly version: 4 | 6;
  readonly prefix: boolean;
}

/** An address to which, or from which, packets of one host go. */
const address = z.string().transform((given, context): Address => {
  const said = (why: string) => {
    context.addIssue(`${why}: write 192.0.2.10 or 2001:db8::10`);
    return z.NEVER;
  };
  const [name, length, ...more] = given.length > LONGEST_WORD ? [''] : given.split('/');
  const bytes = new Uint8Array(16);
  const version = parseAddress(name, bytes, 0);
  if (version === 0 || more.length > 0) return said('is not an address');
  const longest = version === 4 ? 32 : 128;
  if (length !== undefined && !(/^\d{1,3}$/.test(length) && Number(length) <= longest)) {
    return said('is not an address');
  }
  const multicast = version === 4 ? bytes[12] >= 224 : bytes[0] === 0xff;
  const unspecified = bytes.subarray(version === 4 ? 12 : 0).every((byte) => byte === 0);
  const mapped = version === 6 && isMapped(bytes, 0);
  if (multicast || unspecified || mapped) return said('is not the address of one host');
  const text = formatIp(bytes, 0);
  return { text: length === undefined ? text : `${text}/${length}`, version, prefix: length !== undefined };
});

/** A list, or as a URL has it: separated by commas, with or without blanks. */
const ports = z
  .union([z.string(), z.array(z.string())], { error: 'must be a list of ports' })
  .transform((given) => (typeof given === 'string' ? splitPorts(given) : given))
  .refine((list) => list.length <= MOST_PORTS, { error: `must be at most ${MOST_PORTS} ports` });

function splitPorts(text: string): string[] {
  return text
    .split(',', MOST_PORTS + 1)
    .map((port) => port.trim())
    .filter((port) => port !== '');
}

const name = word(/^[A-Za-z][A-Za-z0-9_.-]*$/, 'letters, digits, - _ and . after a letter');
const NAME_PART = '[A-Za-z0-9_.:-]{1,64}';
/** Platforms have closer bounds ({@link Platform.ranges}). */
const ANY_NUMBER: Range = { min: 0, max: 65535 };

const fields = z.strictObject({
  platform: z.enum(PLATFORMS.map((platform) => platform.id)),
  name: name.describe('The name of the mirror, here and, where it has one, on the device.'),
  site: name.optional().describe('Where it is: the label `site`.'),
  collector: address.describe("This collector's address."),
  source: address.describe('The address from which the device sends; for ACI also a prefix.'),
  session: whole({ min: 1, max: 1023 }).optional().describe('The ERSPAN session id.'),
  number: whole(ANY_NUMBER)
    .optional()
    .describe('The number of the monitor session, or of the tunnel interface. Without it: the session id.'),
  ports: ports.optional().describe("What is mirrored, in the platform's words."),
  direction: z.enum(DIRECTIONS).describe('What the ports receive, what they send, or both.'),
  type: z.enum(TYPES).optional().describe('ERSPAN I, II or III. Without it: the usual one of the platform.'),
  vrf: word(/^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/, 'the name of a VRF')
    .optional()
    .describe('The VRF in which the collector is reached.'),
  truncate: whole(ANY_NUMBER).optional().describe('Frames are cut to so many bytes.'),
  ttl: whole({ min: 0, max: 255 }).optional().describe('TTL or hop limit of what is sent.'),
  bridge: word(LINUX_INTERFACE, 'the name of a bridge, such as br0').optional().describe('The bridge.'),
  epg: word(
    new RegExp(`^${NAME_PART}/${NAME_PART}/${NAME_PART}$`),
    'TENANT/APPLICATION/EPG',
    3 * LONGEST_WORD + 2,
  )
    .optional()
    .describe('The EPG of the collector: TENANT/APPLICATION/EPG.'),
});
type Fields = z.output<typeof fields>;

/** The inputs of a mirror's commands, checked against the platform. Issues have the input's name as path. */
export const mirrorInputSchema = fields.superRefine((input, context) => {
  const platform = platformOf(input.platform);
  for (const [field, message] of misfits(input, platform)) {
    context.addIssue({ code: 'custom', path: [field], message });
  }
});
export type MirrorInput = z.output<typeof mirrorInputSchema>;

/** @throws UsageError with a line that names each input that is wrong */
export function parseMirrorInput(value: unknown): MirrorInput {
  const result = mirrorInputSchema.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : '';
    const field = issue.path.length > 0 ? String(issue.path[0]) : unknown;
    return `${field}: ${unknown === '' ? issue.message : 'there is no such input'}`;
  });
  throw new UsageError([...new Set(lines)].join('\n'));
}

export function platformOf(id: string): Platform {
  const platform = PLATFORMS.find((one) => one.id === id);
  if (platform === undefined) throw new UsageError(`platform: there is no ${id}`);
  return platform;
}

/** What does not fit the platform: the input, and why. */
function misfits(input: Fields, platform: Platform): [Field, string][] {
  const { title } = platform;
  const found: [Field, string][] = [];
  for (const field of OPTIONAL) {
    const given = field === 'ports' ? (input.ports ?? []).length > 0 : input[field] !== undefined;
    const taken = platform.takes[field];
    // The session id stands for a number that is not given.
    const stood = field === 'number' && input.session !== undefined;
    if (given && taken === undefined) found.push([field, `${title} has none: leave it out`]);
    if (!given && taken === 'needed' && !stood) found.push([field, `is missing: ${title} needs it`]);
  }
  if (input.type !== undefined && !platform.types.includes(input.type)) {
    const choice = platform.types.length === 0 ? 'has no choice' : `has ${platform.types.join(', ')}`;
    found.push(['type', `${title} ${choice}${platform.types.length === 0 ? ': leave it out' : ''}`]);
  }
  if (input.collector.prefix) found.push(['collector', 'must be one address, not a prefix']);
  if (input.source.prefix && platform.sourcePrefix !== true) {
    found.push(['source', 'must be one address, not a prefix']);
  }
  if (!platform.versions.includes(input.collector.version)) {
    const why = `${title} cannot mirror to IPv6, as far as is known: give an IPv4 address of this collector`;
    found.push(['collector', why]);
  }
  if (input.source.version !== input.collector.version) {
    found.push(['source', `must be IPv${input.collector.version}, as the collector's address is`]);
  }
  if (platform.longestName !== undefined && input.name.length > platform.longestName) {
    found.push(['name', `must have at most ${platform.longestName} characters on ${title}`]);
  }
  const wrong = (input.ports ?? []).filter((port) => !platform.port.test(port));
  if (wrong.length > 0) {
    const example = platform.examplePorts[0] ?? 'eth0';
    found.push([
      'ports',
      `${JSON.stringify(wrong[0].slice(0, LONGEST_WORD))} is no port of ${title}: write ${example}`,
    ]);
  }
  if (!platform.severalPorts && (input.ports ?? []).length > 1) {
    found.push(['ports', `${title} takes one: give each its own mirror and session id`]);
  }
  for (const [field, range] of Object.entries(platform.ranges) as [keyof Platform['ranges'], Range][]) {
    const value = field === 'number' ? (input.number ?? input.session) : input[field];
    if (value === undefined || (value >= range.min && value <= range.max)) continue;
    found.push([field, `must be from ${range.min} to ${range.max} on ${title}`]);
  }
  if (found.length > 0) return found;
  const unfit = platform.unfit?.(fills(input, platform));
  return unfit === undefined ? [] : [[unfit.field, unfit.why]];
}

/** The inputs as a template fills them in. */
export function fills(input: Fields, platform: Platform): Fills {
  const optional = (field: 'vrf' | 'truncate' | 'ttl' | 'bridge' | 'epg') => {
    const value = input[field];
    return value === undefined ? undefined : filled(field, value);
  };
  const session = filled('session', input.session ?? '');
  return {
    name: filled('name', input.name),
    collector: filled('collector', input.collector.text),
    source: filled('source', input.source.text),
    session,
    number: input.number === undefined ? session : filled('number', input.number),
    ports: (input.ports ?? []).map((port) => filled('ports', port)),
    vrf: optional('vrf'),
    truncate: optional('truncate'),
    ttl: optional('ttl'),
    bridge: optional('bridge'),
    epg: optional('epg'),
    direction: input.direction,
    type: input.type ?? platform.types[0],
    version: input.collector.version,
  };
}
