/** What it takes to make a device mirror to here: commands, addresses, and whether this host can receive. */
import { z } from 'zod';
import { route } from './route.js';

const ranBy = z.union([
  z.object({ by: z.literal('us'), version: z.string() }),
  z.object({ by: z.literal('vendor'), documentation: z.string() }),
]);

/** Text of which each part knows whether it was filled in, and from which input. */
const text = z.array(z.object({ text: z.string(), from: z.string().optional() }));
export type MarkedText = z.output<typeof text>;

const platform = z.object({
  id: z.string(),
  /** As people call it: `Cisco NX-OS`. */
  title: z.string(),
  /** The headers that it sends: `ERSPAN II, III`. */
  header: z.string(),
  ran_by: ranBy,
  /** IP versions of the collector. */
  versions: z.array(z.number()),
  /** ERSPAN types to choose from, the usual one first; none where there is no choice. */
  types: z.array(z.string()),
  usual_direction: z.string(),
  /** Which inputs it takes beside those that all take, and whether it works without them. */
  takes: z.record(z.string(), z.enum(['needed', 'optional'])),
  example_ports: z.array(z.string()),
  several_ports: z.boolean(),
  source_prefix: z.boolean(),
});
export type PlatformSaid = z.output<typeof platform>;

const input = z.string().max(4096).optional();

const finding = z.object({
  /** `bad`: receiving or storing will fail or lose packets; `poor`: it may; `good`. */
  state: z.enum(['good', 'poor', 'bad']),
  /** What was checked: `privileges`, `eth1 offloads`, … */
  subject: z.string(),
  text: z.string(),
  /** The command that mends it. */
  fix: z.string().optional(),
});
export type FindingSaid = z.output<typeof finding>;

export const setup = {
  platforms: route({
    method: 'GET',
    path: '/platforms',
    needs: 'view',
    doc: 'What can mirror, and which inputs its commands take.',
    answer: z.object({ platforms: z.array(platform) }),
  }),
  mirrorCommands: route({
    method: 'GET',
    path: '/mirror-commands',
    needs: 'view',
    doc: 'The commands with which a device mirrors to a collector, what was filled in marked.',
    query: z.strictObject({
      platform: z.string().max(64).describe('An `id` of `/platforms`.'),
      name: input.describe('The name of the mirror, here and, where it has one, on the device.'),
      site: input.describe('Where it is: the label `site`.'),
      collector: input.describe("The collector's address."),
      source: input.describe('The address from which the device sends; for ACI also a prefix.'),
      session: input.describe('The ERSPAN session id, 1 to 1023.'),
      number: input.describe('The number of the monitor session. Default: the session id.'),
      ports: input.describe("What is mirrored, in the platform's words, separated by commas."),
      direction: input.describe('`rx`, `tx` or `both`. Default: what shows every frame once.'),
      type: input.describe('ERSPAN `I`, `II` or `III`. Default: the usual one of the platform.'),
      vrf: input.describe('The VRF in which the collector is reached.'),
      truncate: input.describe('Frames are cut to so many bytes.'),
      ttl: input.describe('TTL or hop limit of what is sent.'),
      bridge: input.describe('The bridge, for Open vSwitch.'),
      epg: input.describe('The EPG of the collector, for ACI: TENANT/APPLICATION/EPG.'),
    }),
    answer: z.object({
      /** Null where an input is missing or wrong. */
      made: z
        .object({
          /** To be typed on the device. */
          commands: text,
          /** Commands that tell, on the device, whether it mirrors. */
          show: text,
          /** Takes the mirror away again. */
          undo: text,
          /** The entry of `mirrors` in the collector's configuration. */
          yaml: text,
          ran_by: ranBy,
          /** A paragraph each, in Markdown with code spans. */
          notes: z.array(z.string()),
          /** By how many bytes an IP packet that is mirrored grows. */
          overhead: z.number(),
          /** Whether packets carry the session id: else all that the source sends is this mirror. */
          carries_session: z.boolean(),
        })
        .nullable(),
      /** What is wrong, by input. */
      wrong: z.record(z.string(), z.string()),
    }),
  }),
  addresses: route({
    method: 'GET',
    path: '/addresses',
    needs: 'view',
    doc:
      "This host's addresses, those of interfaces that the collector reads first; without loopback and " +
      'link-local ones.',
    answer: z.object({
      addresses: z.array(
        z.object({
          address: z.string(),
          version: z.union([z.literal(4), z.literal(6)]),
          interface: z.string(),
        }),
      ),
    }),
  }),
  doctor: route({
    method: 'GET',
    path: '/doctor',
    needs: 'view',
    doc:
      'What `mirrorlake doctor` finds on this host, as the user of the console, for the interfaces that ' +
      'the collector reads.',
    answer: z.object({
      findings: z.array(finding),
      /** When it looked, milliseconds since 1970. */
      at: z.number(),
    }),
  }),
};
