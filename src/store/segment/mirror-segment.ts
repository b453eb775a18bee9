/** Mirror minutes as `mirrorlake.v1.Mirror` messages (schemas/mirrorlake/v1/mirror.proto), and back. */
import type { MirrorType } from '../../model/mirror-point.js';
import type { MirrorRecord, MirrorSink, SequenceUse } from '../../model/mirror-record.js';
import { PointCache } from './point-cache.js';
import { MessageReader, MessageWriter } from './protobuf.js';

/** A mirror message without its string: every field at its longest. */
const MOST = 256;

/** Collects mirror minutes into a segment of the table `mirrors`. */
export class MirrorSegment extends MessageWriter implements MirrorSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  mirror(r: MirrorRecord): void {
    this.begin(MOST + this.collector.length);
    this.uint(1, r.minute);
    this.uint(2, r.point.type);
    this.address(3, r.point.source);
    this.address(4, r.point.target);
    this.uint(5, r.point.session);
    this.optionalUint(6, r.point.key);
    this.uint(7, r.packets);
    this.uint(8, r.bytes);
    this.uint(9, r.sequence);
    this.uint(10, r.lost);
    this.uint(11, r.reordered);
    this.uint(12, r.repeated);
    this.uint(13, r.truncated);
    this.uint(14, r.malformed);
    this.uint(15, r.kernelDrops);
    this.string(16, this.collector);
    this.end();
  }
}

/** Reads a segment of `mirrors` back, a record at a time. */
export class MirrorSegmentReader {
  /** The column `collector` of the record last read. */
  collector = '';
  private readonly in: MessageReader;
  private readonly points = new PointCache();
  private readonly source = new Uint8Array(16);
  private readonly target = new Uint8Array(16);

  constructor(segment: Uint8Array) {
    this.in = new MessageReader(segment);
  }

  /**
   * Fills `r` with the next minute; false after the last. @throws SegmentError when the segment is damaged.
   */
  next(r: MirrorRecord): boolean {
    const m = this.in;
    if (!m.next()) return false;
    this.collector = '';
    this.source.fill(0);
    this.target.fill(0);
    let type = 0;
    let session = 0;
    let key: number | null = null;
    r.sequence = 0;
    r.minute = r.packets = r.bytes = r.lost = r.reordered = r.repeated = 0;
    r.truncated = r.malformed = r.kernelDrops = 0;
    for (let field = m.field(); field !== 0; field = m.field()) {
      if (field === 1) r.minute = m.uint();
      else if (field === 2) type = m.uint();
      else if (field === 3) m.copy(this.source);
      else if (field === 4) m.copy(this.target);
      else if (field === 5) session = m.uint();
      else if (field === 6) key = m.uint();
      else if (field === 7) r.packets = m.uint();
      else if (field === 8) r.bytes = m.uint();
      else if (field === 9) r.sequence = m.uint() as SequenceUse;
      else if (field === 10) r.lost = m.uint();
      else if (field === 11) r.reordered = m.uint();
      else if (field === 12) r.repeated = m.uint();
      else if (field === 13) r.truncated = m.uint();
      else if (field === 14) r.malformed = m.uint();
      else if (field === 15) r.kernelDrops = m.uint();
      else if (field === 16) this.collector = m.string();
      else m.skip();
    }
    r.point = this.points.get(type as MirrorType, this.source, this.target, session, key);
    return true;
  }
}
