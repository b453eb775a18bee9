/**
 * What two hosts say to each other, step by step, as written by the author of a capture. A talk is a list of
 * packets with their times, and the numbers that a session table must find in them.
 */
import type { Host } from './host.js';

/** IP protocol numbers. */
export const Protocol = { Icmp: 1, Igmp: 2, Tcp: 6, Udp: 17, Icmp6: 58, Ospf: 89, Sctp: 132 } as const;

export const NO_BYTES = new Uint8Array(0);

/** One packet of a talk. */
export interface Step {
  /** Nanoseconds since the talk began. */
  at: number;
  fromClient: boolean;
  /** Fields of the transport header; for ICMP, `sequence` is ICMP's. */
  flags: number;
  sequence: number;
  acknowledgment: number;
  /** TCP options, a multiple of four bytes. */
  options: Uint8Array;
  payload: Uint8Array;
  /** Carries data that was already sent. */
  retransmit: boolean;
}

/** A conversation between a client, which opens it, and a server. */
export class Talk {
  readonly steps: Step[] = [];
  /** Nanoseconds since the talk began: the time of the next step. */
  now = 0;
  dscp = 0;

  constructor(
    readonly protocol: number,
    readonly client: Host,
    readonly server: Host,
    readonly clientPort: number,
    readonly serverPort: number,
    /** Time from the mirror to the server and back, in nanoseconds. */
    readonly rtt = 1_000_000,
  ) {}

  /** Lets time pass, in nanoseconds. */
  wait(nanoseconds: number): this {
    this.now += nanoseconds;
    return this;
  }

  step(fromClient: boolean, payload: Uint8Array, fields: Partial<Step> = {}): Step {
    const step: Step = {
      at: this.now,
      fromClient,
      flags: 0,
      sequence: 0,
      acknowledgment: 0,
      options: NO_BYTES,
      payload,
      retransmit: false,
      ...fields,
    };
    this.steps.push(step);
    return step;
  }
}

/** One or more requests over UDP, and the responses. */
export class UdpTalk extends Talk {
  constructor(client: Host, server: Host, clientPort: number, serverPort: number, rtt?: number) {
    super(Protocol.Udp, client, server, clientPort, serverPort, rtt);
  }

  ask(question: Uint8Array): this {
    this.step(true, question);
    return this.wait(this.rtt);
  }

  answer(answer: Uint8Array): this {
    this.step(false, answer);
    return this.wait(this.rtt);
  }
}

/** Echo requests and replies. The client port is the identifier. */
export class PingTalk extends Talk {
  constructor(client: Host, server: Host, identifier: number, rtt?: number) {
    super(client.ip.length === 4 ? Protocol.Icmp : Protocol.Icmp6, client, server, identifier, 0, rtt);
  }

  /** Sends `count` pings, a second apart; the first `answered` get a reply. */
  ping(count: number, payload: Uint8Array, answered = count): this {
    for (let i = 1; i <= count; i++) {
      this.step(true, payload, { sequence: i });
      if (i <= answered) {
        this.wait(this.rtt);
        this.step(false, payload, { sequence: i });
      }
      this.wait(1_000_000_000);
    }
    return this;
  }
}
