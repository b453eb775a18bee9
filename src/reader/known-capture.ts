import type { Unlisted } from '../demux/unlisted-mirrors.js';
import { addPacket, PacketBatch } from '../model/batch.js';
import type { Inputs } from '../model/inputs.js';
import { type CaptureSource, openCapture } from '../receive/file/capture.js';
import { CaptureError } from '../receive/file/capture-error.js';
import { KindRule } from './kind-rule.js';
import { type CaptureKind, LOOK_BYTES, type ReadAs } from './read-as.js';

/**
 * A capture that knows what it is before its first packet is handed on. Nothing is read twice: packets wait
 * in memory until that is clear, which takes few of them.
 */
export class KnownCapture {
  /** What it is read as; undefined before {@link next} has settled once. */
  kind: CaptureKind | undefined;
  /** What its first packets look like, where they are mirrors of inputs that are not listed. */
  unlisted: readonly Unlisted[] = [];
  /** What waits: packets that were looked at, those read last, and what was wrong behind them. */
  private held: HeldPackets | undefined;
  private hasBatch = false;
  private damage: CaptureError | undefined;
  private readonly batch = new PacketBatch();

  constructor(
    private readonly source: CaptureSource,
    as: ReadAs,
    private readonly inputs: Inputs,
  ) {
    this.kind = as === 'auto' ? undefined : as;
  }

  /**
   * The next packets, whose bytes stay valid until the next call; undefined: there are no more.
   *
   * @throws CaptureError at damage, after every packet before it was delivered
   */
  async next(): Promise<PacketBatch | undefined> {
    if (this.kind === undefined) this.kind = await this.decide();
    const { held, batch } = this;
    this.held = undefined;
    if (held !== undefined) return held.batch;
    if (this.damage !== undefined) throw this.damage;
    if (!this.hasBatch) return (await this.source.next(batch)) ? batch : undefined;
    this.hasBatch = false;
    return batch;
  }

  private async decide(): Promise<CaptureKind> {
    const rule = new KindRule(this.inputs);
    try {
      while (await this.source.next(this.batch)) {
        const kind = rule.look(this.batch);
        // The batch that decides need not be copied: it is taken before anything else is read.
        this.hasBatch = kind !== undefined;
        if (kind === 'frames') this.unlisted = rule.unlisted.list();
        if (kind !== undefined) return kind;
        this.held ??= new HeldPackets();
        this.held.add(this.batch);
      }
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      this.damage = error;
    }
    this.unlisted = rule.unlisted.list();
    return 'frames';
  }
}

/** What `auto` takes a file for; undefined if it has no packets, or cannot be read. */
export async function kindOf(path: string, inputs: Inputs): Promise<CaptureKind | undefined> {
  try {
    const source = await openCapture(path);
    try {
      const capture = new KnownCapture(source, 'auto', inputs);
      return (await capture.next()) === undefined ? undefined : capture.kind;
    } finally {
      await source.close();
    }
  } catch (error) {
    // It is told of when the file is read.
    if (!(error instanceof CaptureError)) throw error;
    return undefined;
  }
}

/** Copies of packets: fewer and of fewer bytes than decide what a capture is, so that a batch holds them. */
class HeldPackets {
  readonly batch = new PacketBatch();
  private used = 0;

  add(more: PacketBatch): void {
    const { batch } = this;
    let needed = this.used;
    for (let i = 0; i < more.count; i++) needed += more.captured[i];
    if (needed > batch.bytes.length) this.grow(needed);
    for (let i = 0; i < more.count; i++) {
      const o = more.offset[i];
      batch.bytes.set(more.bytes.subarray(o, o + more.captured[i]), this.used);
      addPacket(batch, more, i, this.used);
      this.used += more.captured[i];
    }
  }

  private grow(needed: number): void {
    const bytes = new Uint8Array(Math.min(2 * needed, LOOK_BYTES));
    bytes.set(this.batch.bytes.subarray(0, this.used));
    this.batch.bytes = bytes;
  }
}
