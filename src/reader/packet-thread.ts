/** The session thread of `read`, which also gets what is needed to keep a frame. */

import type { Mirrored } from '../model/mirrored.js';
import { FRAME_PLACE, FRAME_WORDS } from '../sessions/frame-batch.js';
import type { Frame } from '../wire/walk/frame.js';
import { IN_ARENA, KEPT_WORDS } from './session-dialect.js';
import { SessionThread } from './session-thread.js';

export class PacketThread extends SessionThread {
  override frame(f: Frame, m: Mirrored): void {
    super.frame(f, m);
    const at = this.count - 1;
    const kept = this.batches[this.batch].kept as Int32Array;
    const copied = this.words[at * FRAME_WORDS + FRAME_PLACE] === IN_ARENA;
    kept[at * KEPT_WORDS] = copied ? this.arenaUsed - (f.end - f.start) : f.start;
    kept[at * KEPT_WORDS + 1] = m.protocol | (m.truncated ? 0x10000 : 0);
  }
}
