/** The session thread's work if packets are kept: frames go to their sessions, and then into segments. */
import type { KeptPackets } from '../config/kept-packets.js';
import { PacketKeeper } from '../store/segment/packet-keeper.js';
import type { Channel } from '../threads/channel.js';
import type { Transport } from '../threads/transport.js';
import {
  type FrameBatch,
  KEPT_WORDS,
  type ReaderSide,
  type SessionTask,
  type SessionThreadSide,
} from './session-dialect.js';
import { SessionWork, serve } from './session-work.js';

/** Bytes of a segment before it is handed back. */
const SEGMENT_BYTES = 8 << 20;

export class PacketWork extends SessionWork {
  private readonly keeper: PacketKeeper;
  private readonly which: KeptPackets;
  private stored = 0;

  constructor(task: SessionTask, reader: Channel<SessionThreadSide, ReaderSide>) {
    super(task, reader);
    this.keeper = new PacketKeeper(this.table);
    this.which = task.packets as KeptPackets;
  }

  override frames({ batch, count, buffer }: FrameBatch): void {
    const { frame, mirrored, keeper, which } = this;
    const kept = this.batches[batch].kept as Int32Array;
    for (let i = 0; i < count; i++) {
      if (!this.unpack(batch, i, buffer)) continue;
      frame.start = kept[i * KEPT_WORDS];
      const word = kept[i * KEPT_WORDS + 1];
      mirrored.protocol = word & 0xffff;
      mirrored.truncated = word >>> 16 !== 0;
      this.table.take(frame, mirrored);
      keeper.keep(frame, mirrored, which.bytes, which.packets, frame.end - frame.start);
    }
    this.done(batch, buffer);
    if (keeper.length >= SEGMENT_BYTES) this.handOver();
  }

  protected override flush(): void {
    super.flush();
    this.handOver();
  }

  protected override get packets(): { kept: number; dropped: number } {
    return { kept: this.stored, dropped: this.keeper.dropped };
  }

  private handOver(): void {
    if (this.keeper.count === 0) return;
    const rows = this.keeper.count;
    this.stored += rows;
    const bytes = this.keeper.take() as Uint8Array<ArrayBuffer>;
    this.hand({ table: 'packets', bytes, rows, lastSeen: undefined });
  }
}

/** What serves sessions and keeps packets. */
export function servePackets(transport: Transport): void {
  serve(transport, (task, reader) => new PacketWork(task, reader));
}
