/**
 * Two places that see packets pass, as observations: each packet has a known delay and fate, so that what the
 * matcher must count is known too.
 */

import { pathKey } from '../../src/paths/fingerprint.js';
import { Matcher, type MatcherCounters } from '../../src/paths/matcher.js';
import { O, OBSERVATION_WORDS, ObservationKind } from '../../src/paths/observation.js';
import type { MatcherOptions } from '../../src/paths/path-options.js';

export const TEST_KEY = pathKey(Buffer.from('a key for tests'));

/** What a matcher told, added up by direction. */
export interface Told {
  matched: number;
  lost: number;
  unknown: number;
  ambiguous: number;
  unmatchable: number;
  reordered: number;
  elsewhere: number;
  rows: number;
  min: number;
  p50: number;
  p99: number;
  max: number;
}

export interface ToldHop {
  client: number;
  server: number;
  clientPort: number;
  serverPort: number;
  forward: Partial<Told>;
  reverse: Partial<Told>;
}

function nothing(): Told {
  return {
    matched: 0,
    lost: 0,
    unknown: 0,
    ambiguous: 0,
    unmatchable: 0,
    reordered: 0,
    elsewhere: 0,
    rows: 0,
    min: 0,
    p50: 0,
    p99: 0,
    max: 0,
  };
}

const COUNTS = ['matched', 'lost', 'unknown', 'ambiguous', 'unmatchable', 'reordered', 'elsewhere'] as const;

/** A matcher between two places, and what it told. */
export class MatchedWorld {
  readonly forward = nothing();
  readonly reverse = nothing();
  readonly hops: ToldHop[] = [];
  readonly minutes: [string, number][] = [];
  readonly matcher: Matcher;

  constructor(options: Partial<MatcherOptions> & { nat?: boolean } = {}) {
    const { nat = false, ...others } = options;
    this.matcher = new Matcher(
      {
        pairs: [{ from: 0, to: 1, fromName: 'a', toName: 'b', nat }],
        places: ['a', 'b'],
        auto: false,
        key: TEST_KEY,
        sample: 1,
        ...others,
      },
      {
        minute: (pair, forward, minute) => {
          const told = forward ? this.forward : this.reverse;
          this.minutes.push([`${pair.fromName} ${pair.toName} ${forward}`, minute.start]);
          for (const count of COUNTS) told[count] += minute[count];
          told.rows++;
          told.min = minute.delays.min;
          told.p50 = minute.delays.quantile(0.5);
          told.p99 = minute.delays.quantile(0.99);
          told.max = minute.delays.max;
        },
        hop: (_, hop) => {
          const [forward, reverse] = hop.ways.map((way) => ({
            matched: way.matched,
            lost: way.lost,
            unknown: way.unknown,
            unmatchable: way.unmatchable,
            ambiguous: way.ambiguous,
          }));
          this.hops.push({
            client: hop.client[3] >>> 0,
            server: hop.server[3] >>> 0,
            clientPort: hop.clientPort,
            serverPort: hop.serverPort,
            forward,
            reverse,
          });
        },
      },
    );
  }

  get counters(): MatcherCounters {
    return this.matcher.counters;
  }
}

/** One packet where it is seen. */
export interface Seen {
  place: number;
  /** Nanoseconds since {@link BEGIN}. */
  time: number;
  print: number;
  source?: number;
  destination?: number;
  ports?: [number, number];
  ttl?: number;
  protocol?: number;
  flags?: number;
  length?: number;
  sequence?: number;
  kind?: ObservationKind;
}

export const BEGIN = 1_790_000_040;

const words = new Int32Array(OBSERVATION_WORDS);

/** Shows a matcher a packet. */
export function see(matcher: Matcher, seen: Seen): void {
  const w = words.fill(0);
  w[O.KIND] = (seen.kind ?? ObservationKind.Whole) | (seen.place << 8);
  w[O.PRINT] = Math.imul(seen.print, 0x9e3779b1);
  w[O.PRINT + 1] = seen.print;
  w[O.BARE_PRINT] = w[O.PRINT];
  w[O.BARE_PRINT + 1] = seen.print;
  w[O.PROTOCOL] = (seen.protocol ?? 17) | (4 << 8) | ((seen.ttl ?? 64) << 16) | ((seen.flags ?? 0) << 24);
  const [source, destination] = seen.ports ?? [40_000, 53];
  w[O.PORTS] = (source << 16) | destination;
  w[O.LENGTH] = (seen.length ?? 100) << 1;
  w[O.SEC] = BEGIN + Math.floor(seen.time / 1e9);
  w[O.NSEC] = seen.time % 1e9;
  w[O.SEQUENCE] = seen.sequence ?? 0;
  w[O.SOURCE + 3] = seen.source ?? 1;
  w[O.DESTINATION + 3] = seen.destination ?? 2;
  matcher.take(w, 0);
}

/** Tells a matcher of a packet's number: `missing` are missing since `since`. */
export function number(matcher: Matcher, place: number, since: number, time: number, missing: number): void {
  const split = (t: number): [number, number] => [BEGIN + Math.floor(t / 1e9), t % 1e9];
  matcher.number(place, ...split(since), ...split(time), missing, true);
}
