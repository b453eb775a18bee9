import { UsageError } from '../../model/errors.js';
import {
  FRAMES_SHOWN,
  FRAMES_WATCHED_S,
  type FramesResult,
  MOST_FRAME_WATCHES,
  type SeenFrame,
} from '../../model/live.js';
import { MIRROR_TYPE_NAMES, type MirrorType, MOST_SESSION } from '../../model/mirror-point.js';
import { ControlError, type ControlRequest } from '../../observe/control.js';
import { parseAddress } from '../../wire/ip/addresses.js';
import { type MirrorRules, ruleFor } from '../policy.js';
import type { LivePath, Watch, WatchedFrame } from './live-path.js';

const MOST_KEY = 0xffffffff;

interface Watching {
  readonly watch: Watch;
  /** Milliseconds since 1970. */
  until: number;
  /** The newest first. */
  frames: readonly WatchedFrame[];
}

/** The senders whose frames are asked about (the command `frames`), and their last frames. */
export class FrameWatches {
  /** By what was asked. */
  private readonly watching = new Map<string, Watching>();
  private made = 0;

  /**
   * @param paths the packet paths that frames come from
   * @param rules the rules for mirror points now
   */
  constructor(
    private readonly paths: () => readonly LivePath[],
    private readonly rules: () => MirrorRules,
  ) {}

  /**
   * Answers `frames`. @param now milliseconds since 1970
   *
   * @throws UsageError for a request that is none, ControlError if too many senders are watched
   */
  answer(request: ControlRequest, now: number): FramesResult {
    const wanted = wantedBy(request);
    if (this.paths().length === 0) throw new ControlError('the collector is starting; ask again');
    const key = JSON.stringify([[...wanted.source], wanted.type, wanted.session, wanted.key]);
    let watching = this.watching.get(key);
    if (watching === undefined) {
      this.expire(now);
      if (this.watching.size >= MOST_FRAME_WATCHES) {
        throw new ControlError(
          `${MOST_FRAME_WATCHES} senders are watched already, as many as can be: try again in a minute`,
        );
      }
      watching = { watch: { ...wanted, id: this.made++ }, until: 0, frames: [] };
      this.watching.set(key, watching);
      this.tellPaths();
    }
    watching.until = now + FRAMES_WATCHED_S * 1000;
    return {
      until: new Date(watching.until).toISOString(),
      frames: watching.frames.map((frame) => this.seen(frame)),
    };
  }

  /** Takes what a packet path has seen. */
  take(frames: readonly WatchedFrame[]): void {
    for (const watching of this.watching.values()) {
      const mine = frames.filter((f) => f.watch === watching.watch.id);
      if (mine.length === 0) continue;
      const all = [...mine.reverse(), ...watching.frames];
      // Packet paths are a moment apart; frames of one time stay in the order in which they came.
      all.sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
      watching.frames = all.slice(0, FRAMES_SHOWN);
    }
  }

  /** Ends the watches that nobody asked about for long. @param now milliseconds since 1970 */
  expire(now: number): void {
    const before = this.watching.size;
    for (const [key, { until }] of this.watching) {
      // The clock may have been set back.
      if (until <= now || until > now + FRAMES_WATCHED_S * 1000) this.watching.delete(key);
    }
    if (this.watching.size < before) this.tellPaths();
  }

  private tellPaths(): void {
    const watches = Array.from(this.watching.values(), ({ watch }) => watch);
    for (const path of this.paths()) path.watch(watches);
  }

  private seen({ watch: _, ...frame }: WatchedFrame): SeenFrame {
    const type = MIRROR_TYPE_NAMES.indexOf(frame.type as (typeof MIRROR_TYPE_NAMES)[number]);
    if (type <= 0) return { ...frame, policy: '' };
    const [source, target] = [frame.source, frame.destination].map(addressOf);
    const { session, key } = frame;
    const point = { type: type as MirrorType, source, target, session, key };
    return { ...frame, policy: ruleFor(point, this.rules()).policy };
  }
}

function addressOf(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  parseAddress(text, bytes, 0);
  return bytes;
}

/** What a request asks about. Any local client may send anything. */
function wantedBy({ source, type, session, key }: ControlRequest): Omit<Watch, 'id'> {
  const bytes = new Uint8Array(16);
  if (typeof source !== 'string' || parseAddress(source, bytes, 0) === 0)
    throw new UsageError('frames: `source` is the IP address of a sender');
  const known: readonly unknown[] = MIRROR_TYPE_NAMES.slice(1);
  const place = known.indexOf(type);
  if (type !== undefined && place < 0) throw new UsageError(`frames: \`type\` is one of ${known.join(', ')}`);
  const number = (what: string, value: unknown, most: number): number | undefined => {
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
      throw new UsageError(`frames: \`${what}\` is a whole number from 0 to ${most}`);
    return value;
  };
  return {
    source: bytes,
    type: type === undefined ? undefined : ((place + 1) as MirrorType),
    session: number('session', session, MOST_SESSION),
    key: number('key', key, MOST_KEY),
  };
}
