/** Times of generated packets by their timestamps, as `read` finds them. */
import { MirrorTable } from '../../src/accounts/mirrors.js';
import type { ClockSurvey } from '../../src/clocks/clock-survey.js';
import { Clocks } from '../../src/clocks/clocks.js';
import { Demux } from '../../src/demux/demux.js';
import { BATCH_CAPACITY, LinkType, PacketBatch } from '../../src/model/batch.js';
import type { MirrorPoint } from '../../src/model/mirror-point.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { type Arrived, START } from '../support/stamped-mirror.js';

export interface Timed {
  readonly clocks: Clocks;
  readonly points: readonly MirrorPoint[];
  /** Per mirrored frame: its time less the true one, in nanoseconds, and less that of its arrival. */
  readonly errors: Float64Array;
  readonly lags: Float64Array;
  /** Times in nanoseconds since START. */
  readonly times: Float64Array;
  readonly sessions: readonly number[];
  readonly rows: readonly MirrorRecord[];
}

/** Once, as from stdin or a live mirror. */
export function once(packets: readonly Arrived[], look?: 'first' | ClockSurvey): Timed {
  const clocks = new Clocks({ within: 2, all: true, ...(look && { look }) });
  const frames = packets.filter(({ packet }) => packet[23] === 47);
  const errors = new Float64Array(frames.length);
  const lags = new Float64Array(frames.length);
  const times = new Float64Array(frames.length);
  const sessions: number[] = [];
  const rows: MirrorRecord[] = [];
  let n = 0;
  const mirrors = new MirrorTable({
    clocks,
    sink: { mirror: (record) => rows.push(Object.assign(new MirrorRecord(), record)) },
  });
  const demux = new Demux({
    mirrors,
    clocks,
    sink: {
      frame: (f, m) => {
        const time = (f.sec - START) * 1e9 + f.nsec;
        const { mirrored, arrived } = frames[n];
        if (f.sec + f.lag !== START + Math.floor(arrived / 1e9))
          throw new Error('the second of arrival is lost');
        times[n] = time;
        errors[n] = time - mirrored;
        lags[n++] = arrived - time;
        sessions.push(m.point.session);
      },
    },
  });
  const batch = new PacketBatch();
  for (let i = 0; i < packets.length; i += BATCH_CAPACITY) {
    fill(batch, packets.slice(i, i + BATCH_CAPACITY));
    demux.process(batch);
  }
  demux.finish();
  if (n !== frames.length) throw new Error(`${n} frames of ${frames.length}`);
  return { clocks, points: mirrors.points, errors, lags, times, sessions, rows };
}

/** Twice, as from a file. */
export function twice(packets: readonly Arrived[]): Timed {
  return once(packets, once(packets, 'first').clocks.survey());
}

function fill(batch: PacketBatch, packets: readonly Arrived[]): void {
  batch.bytes = Buffer.concat(packets.map(({ packet }) => packet));
  batch.count = packets.length;
  let o = 0;
  for (const [i, { packet, arrived }] of packets.entries()) {
    batch.offset[i] = o;
    batch.captured[i] = batch.length[i] = packet.length;
    batch.sec[i] = START + Math.floor(arrived / 1e9);
    batch.nsec[i] = arrived % 1e9;
    batch.linkType[i] = LinkType.Ethernet;
    o += packet.length;
  }
}

/** Half of the range of errors, from a number of frames on: how wrong times are, up to a constant. */
export function spread(errors: Float64Array, from = 0, to = errors.length): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const e of errors.subarray(from, to)) {
    least = Math.min(least, e);
    most = Math.max(most, e);
  }
  return (most - least) / 2;
}
