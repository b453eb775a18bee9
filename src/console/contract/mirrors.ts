import { z } from 'zod';
import type { FramesResult } from '../../model/live.js';
import type { MirrorStatus } from '../../model/status.js';
import { count, meta, route, scope } from './route.js';

/** What a mirror point sent in the time range, and what became of it: the table `mirrors`. */
const account = z.object({
  packets: z.number(),
  bytes: z.number(),
  /** Numbers that did not come in time; `late` of them came after all. */
  lost: z.number(),
  late: z.number(),
  reordered: z.number(),
  repeated: z.number(),
  truncated: z.number(),
  incomplete: z.number(),
  malformed: z.number(),
  /** Packets that this host's kernel dropped in its minutes, whichever mirror's they were. */
  host_drops: z.number(),
  /** A word of the column `sequence`: of the last minute. */
  sequence: z.string(),
  /** Minutes in which it sent, and those in which it lost; the most that it lost in one. */
  minutes: z.number(),
  lost_minutes: z.number(),
  most_lost: z.number(),
  /** Beginning of its last minute, seconds since 1970. */
  last_minute: z.number(),
  /** Its clock, where its times are those of the switch; null where they are times of arrival. */
  clock: z
    .object({
      /** Who counts, and in what: `192.0.2.1 100ns`. */
      name: z.string(),
      kind: z.enum(['fitted', 'absolute']),
      /** Of its last minute: nanoseconds to add to have UTC, 10^-9 faster, nanoseconds on the way. */
      offset_ns: z.number(),
      drift_ppb: z.number(),
      delay_ns: z.number(),
      /** The most of its minutes, nanoseconds. */
      jitter_ns: z.number(),
      /** Frames whose times were not believed, and how often it was set. */
      disbelieved: z.number(),
      jumps: z.number(),
    })
    .nullable(),
});
export type MirrorAccount = z.output<typeof account>;

/** A mirror point: of the store, of the collector, or an entry of the configuration that has sent nothing. */
const mirror = z.object({
  /**
   * `type,source,session,key`, see sourceInId; of an entry without a known point, parts that it does not name
   * are empty.
   */
  id: z.string(),
  name: z.string(),
  site: z.string(),
  type: z.string(),
  source: z.string(),
  target: z.string(),
  session: z.number().nullable(),
  key: z.number().nullable(),
  /** `observe`, `ignore`, `refuse`; empty where no collector says it. */
  policy: z.string(),
  /** The file and the line of its entry; null where it has none, or the console does not know the file. */
  entry: z.object({ file: z.string(), line: z.number() }).nullable(),
  /** Null: nothing of it in this range. */
  account: account.nullable(),
  /** Packets by step of time, as many as `steps` of the answer. */
  trace: z.array(z.number()),
  /**
   * TCP conversations of some length in the last hour of the range, and those of which only one direction was
   * seen.
   */
  tcp: z.number(),
  one_sided: z.number(),
  /** Whether others of its group may have seen its conversations first: `seen_by` has those that it saw. */
  grouped: z.boolean(),
  /** What the collector counts of it since its start; null where it knows none, or none runs. */
  now: z.custom<MirrorStatus>((given) => typeof given === 'object' && given !== null).nullable(),
});
export type MirrorSaid = z.output<typeof mirror>;

const range = scope.pick({ from: true, to: true });
const series = z.array(z.number());

export const mirrors = {
  mirrors: route({
    method: 'GET',
    path: '/mirrors',
    needs: 'view',
    doc: 'The mirror points that are configured or known, and what they sent and lost.',
    query: range.extend({ steps: count(2, 200, 40).describe('Steps of `trace`.') }),
    answer: z.object({
      mirrors: z.array(mirror),
      /** Mirror points that the collector knows and does not list. */
      unlisted: z.number(),
      /** The first step of `trace`, and their length, seconds. */
      from: z.number(),
      interval: z.number(),
      meta,
    }),
  }),
  mirrorMinutes: route({
    method: 'GET',
    path: '/mirrors/:id/minutes',
    needs: 'view',
    doc: 'What a mirror point sent and lost, by minute, or by steps of several minutes in a long range.',
    params: z.object({
      id: z.string().max(200).describe('A mirror point: its name, or `type,source,session,key`.'),
    }),
    query: range.extend({ points: count(10, 2000, 240).describe('At most so many steps.') }),
    answer: z.object({
      from: z.number(),
      interval: z.number(),
      received: series,
      lost: series,
      late: series,
      reordered: series,
      incomplete: series,
      /** Packets that this host's kernel dropped, whichever mirror's they were. */
      host_drops: series,
      /** What the other mirror points lost. */
      others_lost: series,
      meta,
    }),
  }),
  mirrorFrames: route({
    method: 'GET',
    path: '/mirrors/:id/frames',
    needs: 'view',
    doc:
      'The last four frames of a mirror point, addresses and ports only, as the collector sees them; it ' +
      'keeps none. Of any sender with `,10.0.0.13,,` as id. The first answer has none yet: ask again.',
    params: z.object({
      id: z.string().max(200).describe('`type,source,session,key`; an empty part is any.'),
    }),
    answer: z.custom<FramesResult>((given) => typeof given === 'object' && given !== null),
  }),
};
