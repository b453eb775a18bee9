/** Makes the rows of `paths` and `hops` of what the matcher tells. */
import type { Clocks } from '../model/clocks.js';
import { HopRecord, type HopSink } from '../model/hop-record.js';
import { PathRecord, type PathSink } from '../model/path-record.js';
import { setU32 } from '../wire/bytes.js';
import type { Hop, HopWay } from './hops.js';
import type { MatcherSink } from './matcher.js';
import type { Minute } from './minutes.js';
import type { PathPair } from './path-options.js';

export class PathRows implements MatcherSink {
  private readonly pathRecord = new PathRecord();
  private readonly hopRecord = new HopRecord();
  /** Rows so far. */
  rows = 0;

  /**
   * @param sample one packet in so many is sampled
   * @param clocksOf says of a pair what the times at its ends come from
   */
  constructor(
    private readonly sink: PathSink & HopSink,
    sample: number,
    private readonly clocksOf: (pair: PathPair) => Clocks,
  ) {
    for (const record of [this.pathRecord, this.hopRecord]) record.sample = sample;
  }

  minute(pair: PathPair, forward: boolean, minute: Minute): void {
    const r = this.pathRecord;
    const { delays } = minute;
    r.minute = minute.start;
    r.clocks = this.clocksOf(pair);
    r.fromMirror = forward ? pair.fromName : pair.toName;
    r.toMirror = forward ? pair.toName : pair.fromName;
    r.matched = minute.matched;
    r.lost = minute.lost;
    r.unknown = minute.unknown;
    r.ambiguous = minute.ambiguous;
    r.unmatchable = minute.unmatchable;
    r.reordered = minute.reordered;
    r.elsewhere = minute.elsewhere;
    r.delayMinNs = delays.min;
    r.delayP50Ns = delays.quantile(0.5);
    r.delayP95Ns = delays.quantile(0.95);
    r.delayP99Ns = delays.quantile(0.99);
    r.delayMaxNs = delays.max;
    this.rows++;
    this.sink.path(r);
  }

  hop(pair: PathPair, hop: Hop): void {
    const r = this.hopRecord;
    r.firstSeenSec = hop.firstSec;
    r.firstSeenNsec = hop.firstNsec;
    r.lastSeenSec = hop.lastSec;
    r.lastSeenNsec = hop.lastNsec;
    r.clocks = this.clocksOf(pair);
    r.fromMirror = pair.fromName;
    r.toMirror = pair.toName;
    setAddress(r.clientIp, hop.client, hop.ipVersion);
    setAddress(r.serverIp, hop.server, hop.ipVersion);
    r.clientPort = hop.clientPort;
    r.serverPort = hop.serverPort;
    r.protocol = hop.protocol;
    const [forward, reverse] = hop.ways;
    r.forwardMatched = forward.matched;
    r.forwardLost = forward.lost;
    r.forwardUnknown = forward.unknown;
    r.forwardAmbiguous = forward.ambiguous;
    r.forwardUnmatchable = forward.unmatchable;
    r.forwardReordered = forward.reordered;
    r.forwardDelayMinNs = forward.delayMin;
    r.forwardDelayAvgNs = mean(forward);
    r.forwardDelayMaxNs = forward.delayMax;
    r.reverseMatched = reverse.matched;
    r.reverseLost = reverse.lost;
    r.reverseUnknown = reverse.unknown;
    r.reverseAmbiguous = reverse.ambiguous;
    r.reverseUnmatchable = reverse.unmatchable;
    r.reverseReordered = reverse.reordered;
    r.reverseDelayMinNs = reverse.delayMin;
    r.reverseDelayAvgNs = mean(reverse);
    r.reverseDelayMaxNs = reverse.delayMax;
    this.rows++;
    this.sink.hop(r);
  }
}

function mean(way: HopWay): number {
  return way.matched === 0 ? 0 : Math.round(way.delaySum / way.matched);
}

/** IPv4 as ::ffff:a.b.c.d. */
function setAddress(to: Uint8Array, words: Int32Array, ipVersion: number): void {
  for (let i = 0; i < 4; i++) setU32(to, i * 4, words[i]);
  if (ipVersion !== 6) setU32(to, 8, 0xffff);
}
