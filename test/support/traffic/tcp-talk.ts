import type { Host } from './host.js';
import { NO_BYTES, Protocol, type Step, Talk } from './talk.js';

/** TCP flags (RFC 9293 section 3.1). */
export const Tcp = { Fin: 1, Syn: 2, Rst: 4, Psh: 8, Ack: 16, Urg: 32 } as const;

/** MSS 1460, SACK permitted, window scale 7: the options of a typical SYN. */
const SYN_OPTIONS = Uint8Array.from([2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7, 1, 1]);

/** Time between two back-to-back segments, in nanoseconds (12 µs: a full frame at 1 Gb/s). */
const SEGMENT_GAP = 12_000;

/** A number for each side, as their initial sequence numbers. */
export interface Isn {
  client: number;
  server: number;
}

/** Nanoseconds that each side takes before it acknowledges, and before it sends data. */
export interface Pace {
  acknowledges: Isn;
  sends: Isn;
}

/** One end of a TCP connection. */
interface End {
  /** The next sequence number it sends. */
  next: number;
  /** The end of what it has received. */
  received: number;
}

/**
 * A TCP connection, written as calls in the order of events. Client and server follow the protocol; the
 * author need not.
 */
export class TcpTalk extends Talk {
  mss = 1460;
  pace: Pace;
  private readonly ends: { client: End; server: End };

  constructor(
    client: Host,
    server: Host,
    clientPort: number,
    serverPort: number,
    rtt?: number,
    isn: Isn = { client: 1_000_000, server: 2_000_000_000 },
  ) {
    super(Protocol.Tcp, client, server, clientPort, serverPort, rtt);
    const [tenth, half] = [this.rtt / 10, this.rtt / 2];
    this.pace = {
      acknowledges: { client: tenth, server: tenth },
      sends: { client: half, server: half },
    };
    this.ends = { client: { next: isn.client, received: 0 }, server: { next: isn.server, received: 0 } };
  }

  syn(): this {
    return this.segment(true, Tcp.Syn, NO_BYTES, SYN_OPTIONS);
  }

  synAck(): this {
    this.wait(this.rtt);
    return this.segment(false, Tcp.Syn | Tcp.Ack, NO_BYTES, SYN_OPTIONS);
  }

  ack(fromClient: boolean): this {
    this.wait(this.pace.acknowledges[fromClient ? 'client' : 'server']);
    return this.segment(fromClient, Tcp.Ack, NO_BYTES);
  }

  /** The three-way handshake, which takes rtt × 1.1 unless the client's pace is another. */
  connect(): this {
    return this.syn().synAck().ack(true);
  }

  /** Sends data in segments of at most the MSS; every second segment is acknowledged, and so is the last. */
  send(fromClient: boolean, data: Uint8Array): this {
    this.wait(this.pace.sends[fromClient ? 'client' : 'server']);
    for (let o = 0, unacknowledged = 0; o < data.length; o += this.mss) {
      const last = o + this.mss >= data.length;
      this.segment(fromClient, last ? Tcp.Psh | Tcp.Ack : Tcp.Ack, data.subarray(o, o + this.mss));
      unacknowledged++;
      if (unacknowledged === 2 || last) {
        this.ack(!fromClient);
        unacknowledged = 0;
      } else {
        this.wait(SEGMENT_GAP);
      }
    }
    return this;
  }

  /** Retransmits one side's last segment with data, after a timeout; it is acknowledged again. */
  retransmit(fromClient: boolean, timeout = 200_000_000): this {
    const last = this.steps.findLast((s) => s.fromClient === fromClient && s.payload.length > 0);
    if (last === undefined) throw new Error('nothing to send again: this side has sent no data');
    this.wait(timeout);
    this.steps.push({ ...last, at: this.now, retransmit: true });
    return this.ack(!fromClient);
  }

  fin(fromClient: boolean): this {
    this.wait(this.rtt / 2);
    return this.segment(fromClient, Tcp.Fin | Tcp.Ack, NO_BYTES);
  }

  rst(fromClient: boolean): this {
    this.wait(this.rtt / 2);
    return this.segment(fromClient, Tcp.Rst | Tcp.Ack, NO_BYTES);
  }

  /** Both sides send a FIN, and both are acknowledged. */
  close(fromClient = true): this {
    return this.fin(fromClient).ack(!fromClient).fin(!fromClient).ack(fromClient);
  }

  /** A segment with these fields, and with the connection's current sequence numbers. */
  segment(fromClient: boolean, flags: number, payload: Uint8Array, options: Uint8Array = NO_BYTES): this {
    const from = fromClient ? this.ends.client : this.ends.server;
    const to = fromClient ? this.ends.server : this.ends.client;
    const step: Partial<Step> = { flags, sequence: from.next, options };
    if ((flags & Tcp.Ack) !== 0) step.acknowledgment = from.received;
    this.step(fromClient, payload, step);
    const length = payload.length + ((flags & Tcp.Syn) !== 0 ? 1 : 0) + ((flags & Tcp.Fin) !== 0 ? 1 : 0);
    from.next = (from.next + length) >>> 0;
    to.received = from.next;
    return this;
  }
}
