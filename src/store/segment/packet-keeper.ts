/** Keeps frames with their sessions, as `packets` of the configuration and of `read` says. */

import type { FrameSessions, TrainWatcher } from '../../model/frame-sessions.js';
import type { Mirrored } from '../../model/mirrored.js';
import { PacketRecord } from '../../model/packet-record.js';
import type { Frame } from '../../wire/walk/frame-fields.js';
import { HeldFrames } from './held-frames.js';
import { fillPacket } from './kept-frame.js';
import { PacketSegment } from './segments.js';

export class PacketKeeper implements TrainWatcher {
  private readonly segment = new PacketSegment();
  private readonly held: HeldFrames;
  private readonly record = new PacketRecord();

  constructor(private readonly table: FrameSessions) {
    this.held = new HeldFrames(table.trainCount);
    table.watchTrains(this);
  }

  /** Bytes and frames of the segment so far. */
  get length(): number {
    return this.segment.length;
  }

  get count(): number {
    return this.segment.count;
  }

  /** Frames not kept because too many fragments waited for their first one. */
  get dropped(): number {
    return this.held.dropped;
  }

  /** Returns the segment, and begins the next. */
  take(): Uint8Array {
    return this.segment.take();
  }

  /**
   * Keeps the frame that the session table took last.
   *
   * @param bytes at most this many of it
   * @param packets frames per session row, 0 for all
   * @param length bytes of the frame when it arrived
   */
  keep(f: Frame, m: Mirrored, bytes: number, packets: number, length: number): void {
    const r = this.record;
    r.number = this.table.lastSession(r.sessionId);
    if (r.number > 0) {
      if (packets > 0 && r.number > packets) return;
      fillPacket(r, f, m, bytes, length);
      this.segment.packet(r);
      return;
    }
    const train = this.table.lastTrain();
    if (train >= 0) this.held.hold(train, f, m, packets, bytes, length);
  }

  settled(train: number, sessionId: Uint8Array, before: number): void {
    this.held.release(train, sessionId, before, this.segment);
  }
}
