import { LinkReader } from '../demux/link.js';
import { MirrorProbe } from '../demux/mirror-probe.js';
import { UnlistedMirrors } from '../demux/unlisted-mirrors.js';
import type { PacketBatch } from '../model/batch.js';
import type { Inputs } from '../model/inputs.js';
import { type CaptureKind, LOOK_BYTES, LOOK_PACKETS } from './read-as.js';

/**
 * The rule of `auto`: a capture whose first packets hold a mirror is one of mirrored traffic; any other one
 * is plain. The answer depends on the packets alone, not on the pieces in which they are read.
 */
export class KindRule {
  /** What looks like a mirror in UDP to a port that is not listed. */
  readonly unlisted = new UnlistedMirrors();
  private readonly probe: MirrorProbe;
  private packets = 0;
  private bytes = 0;

  /** @param inputs what carries mirrored traffic */
  constructor(inputs: Inputs) {
    this.probe = new MirrorProbe(new LinkReader(), true, inputs, this.unlisted);
  }

  /** @returns undefined while it takes more packets to tell */
  look(batch: PacketBatch): CaptureKind | undefined {
    for (let i = 0; i < batch.count; i++) {
      const o = batch.offset[i];
      const captured = batch.captured[i];
      const wireEnd = o + Math.max(batch.length[i], captured);
      if (this.probe.holds(batch.bytes, o, o + captured, wireEnd, batch.linkType[i])) return 'mirrors';
      this.packets++;
      this.bytes += captured;
      if (this.packets >= LOOK_PACKETS || this.bytes >= LOOK_BYTES) return 'frames';
    }
    return undefined;
  }
}
