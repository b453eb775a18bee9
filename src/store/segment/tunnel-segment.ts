/** Tunnel minutes as `mirrorlake.v1.Tunnel` messages (schemas/mirrorlake/v1/tunnel.proto), and back. */
import type { TunnelRecord, TunnelSink } from '../../model/tunnel-record.js';
import { MessageReader, MessageWriter } from './protobuf.js';

/** A tunnel message without its strings: every field at its longest. */
const MOST = 320;

/** Collects tunnel minutes into a segment of the table `tunnels`. */
export class TunnelSegment extends MessageWriter implements TunnelSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  tunnel(r: TunnelRecord): void {
    this.begin(MOST + r.name.length + r.mode.length + this.collector.length);
    this.uint(1, r.minute);
    this.string(2, r.name);
    this.string(3, r.mode);
    this.address(4, r.local);
    this.address(5, r.remote);
    this.optionalUint(6, r.key);
    this.uint(7, r.rxPackets);
    this.uint(8, r.rxBytes);
    this.uint(9, r.rxErrors);
    this.uint(10, r.rxDropped);
    this.uint(11, r.multicast);
    this.uint(12, r.rxLengthErrors);
    this.uint(13, r.rxCrcErrors);
    this.uint(14, r.rxFrameErrors);
    this.uint(15, r.rxFifoErrors);
    this.uint(16, r.txPackets);
    this.uint(17, r.txBytes);
    this.uint(18, r.txErrors);
    this.uint(19, r.txDropped);
    this.uint(20, r.txAbortedErrors);
    this.uint(21, r.txCarrierErrors);
    this.uint(22, r.collisions);
    this.string(23, this.collector);
    this.end();
  }
}

/** Reads a segment of `tunnels` back, a record at a time. */
export class TunnelSegmentReader {
  /** The column `collector` of the record last read. */
  collector = '';
  private readonly in: MessageReader;

  constructor(segment: Uint8Array) {
    this.in = new MessageReader(segment);
  }

  /**
   * Fills `r` with the next minute; false after the last. @throws SegmentError when the segment is damaged.
   */
  next(r: TunnelRecord): boolean {
    const m = this.in;
    if (!m.next()) return false;
    this.collector = '';
    r.name = r.mode = '';
    r.local.fill(0);
    r.remote.fill(0);
    r.key = null;
    r.minute = r.rxPackets = r.rxBytes = r.rxErrors = r.rxDropped = r.multicast = 0;
    r.rxLengthErrors = r.rxCrcErrors = r.rxFrameErrors = r.rxFifoErrors = 0;
    r.txPackets = r.txBytes = r.txErrors = r.txDropped = r.txAbortedErrors = r.txCarrierErrors = 0;
    r.collisions = 0;
    for (let field = m.field(); field !== 0; field = m.field()) {
      if (field === 1) r.minute = m.uint();
      else if (field === 2) r.name = m.string();
      else if (field === 3) r.mode = m.string();
      else if (field === 4) m.copy(r.local);
      else if (field === 5) m.copy(r.remote);
      else if (field === 6) r.key = m.uint();
      else if (field === 7) r.rxPackets = m.uint();
      else if (field === 8) r.rxBytes = m.uint();
      else if (field === 9) r.rxErrors = m.uint();
      else if (field === 10) r.rxDropped = m.uint();
      else if (field === 11) r.multicast = m.uint();
      else if (field === 12) r.rxLengthErrors = m.uint();
      else if (field === 13) r.rxCrcErrors = m.uint();
      else if (field === 14) r.rxFrameErrors = m.uint();
      else if (field === 15) r.rxFifoErrors = m.uint();
      else if (field === 16) r.txPackets = m.uint();
      else if (field === 17) r.txBytes = m.uint();
      else if (field === 18) r.txErrors = m.uint();
      else if (field === 19) r.txDropped = m.uint();
      else if (field === 20) r.txAbortedErrors = m.uint();
      else if (field === 21) r.txCarrierErrors = m.uint();
      else if (field === 22) r.collisions = m.uint();
      else if (field === 23) this.collector = m.string();
      else m.skip();
    }
    return true;
  }
}
