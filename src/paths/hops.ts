/** Conversations at pairs of places, and what became of their packets between the two. */
import { O } from './observation.js';

/** Conversations remembered; and seconds without packets after which one has its row, as after this long. */
export const HOPS = 1 << 16;
export const HOP_IDLE = 60;
export const HOP_ACTIVE = 900;

/** One direction of a pair. */
export class HopWay {
  matched = 0;
  lost = 0;
  unknown = 0;
  ambiguous = 0;
  unmatchable = 0;
  reordered = 0;
  delayMin = 0;
  delayMax = 0;
  delaySum = 0;
  /** The latest departure of a packet that has arrived, seconds since 1970 and nanoseconds. */
  latestSec = 0;
  latestNsec = 0;

  clear(): void {
    this.matched = 0;
    this.lost = 0;
    this.unknown = 0;
    this.ambiguous = 0;
    this.unmatchable = 0;
    this.reordered = 0;
    this.delayMin = 0;
    this.delayMax = 0;
    this.delaySum = 0;
  }

  get isEmpty(): boolean {
    return this.matched + this.lost + this.unknown + this.ambiguous + this.unmatchable === 0;
  }

  delay(delay: number): void {
    if (this.matched === 0 || delay < this.delayMin) this.delayMin = delay;
    if (this.matched === 0 || delay > this.delayMax) this.delayMax = delay;
    this.delaySum += delay;
    this.matched++;
  }
}

export class Hop {
  pair = 0;
  protocol = 0;
  ipVersion = 0;
  /** The client's and the server's address, as in an observation, and ports. */
  readonly client = new Int32Array(4);
  readonly server = new Int32Array(4);
  clientPort = 0;
  serverPort = 0;
  firstSec = 0;
  firstNsec = 0;
  lastSec = 0;
  lastNsec = 0;
  /** Forward and reverse. */
  readonly ways = [new HopWay(), new HopWay()] as const;
  /**
   * Packets seen at one end whose destination nothing is known of yet, as they would count: by twice who sent
   * them (0 the client, 1 the server) plus the end.
   */
  readonly waitingLost = [0, 0, 0, 0];
  readonly waitingUnknown = [0, 0, 0, 0];
  waiting = 0;
  /** Hashes of the client's and of the server's address, 0 before they are needed. */
  readonly destinations = [0, 0];
  /** Directions of what the client and what the server sends, where a TTL has told: 1, -1, or 0. */
  readonly known = [0, 0];
  /** Packets in the window: the conversation stays until they are settled. */
  pending = 0;
  /** Whether some of its packets were merged or split. */
  merged = false;
  hash = 0;
  /** The next one of its bucket, or the next free one. */
  next = -1;
  used = false;
}

export class Hops {
  private readonly hops: Hop[] = [];
  private readonly heads: Int32Array;
  private readonly spare: number[] = [];
  /** Packets of conversations without a place. */
  full = 0;
  open = 0;

  constructor(private readonly capacity = HOPS) {
    this.heads = new Int32Array(capacity * 2).fill(-1);
  }

  at(index: number): Hop {
    return this.hops[index];
  }

  /**
   * The conversation of an observation, made if it is new; -1 if there is no room.
   *
   * @param hash the same for both directions
   */
  find(pair: number, hash: number, o: Int32Array, at: number): number {
    const bucket = hash & (this.heads.length - 1);
    for (let i = this.heads[bucket]; i >= 0; i = this.hops[i].next) {
      const hop = this.hops[i];
      if (hop.hash === hash && hop.pair === pair && isOf(hop, o, at)) return i;
    }
    return this.make(pair, hash, bucket, o, at);
  }

  /** Calls with every conversation; those that it returns true for are removed. */
  sweep(done: (hop: Hop) => boolean): void {
    for (const [i, hop] of this.hops.entries()) {
      if (!hop.used || !done(hop)) continue;
      this.unlink(i, hop);
      hop.used = false;
      this.open--;
      this.spare.push(i);
    }
  }

  private make(pair: number, hash: number, bucket: number, o: Int32Array, at: number): number {
    let index = this.spare.pop();
    if (index === undefined) {
      if (this.hops.length === this.capacity) {
        this.full++;
        return -1;
      }
      index = this.hops.push(new Hop()) - 1;
    }
    const hop = this.hops[index];
    this.open++;
    hop.used = true;
    hop.hash = hash;
    hop.pair = pair;
    hop.pending = 0;
    hop.merged = false;
    hop.protocol = o[at + O.PROTOCOL] & 0xff;
    hop.firstSec = o[at + O.SEC] >>> 0;
    hop.firstNsec = o[at + O.NSEC];
    hop.lastSec = hop.firstSec;
    hop.lastNsec = hop.firstNsec;
    hop.destinations.fill(0);
    hop.known.fill(0);
    hop.waiting = 0;
    hop.waitingLost.fill(0);
    hop.waitingUnknown.fill(0);
    for (const way of hop.ways) {
      way.clear();
      way.latestSec = 0;
      way.latestNsec = 0;
    }
    setEnds(hop, o, at);
    hop.next = this.heads[bucket];
    this.heads[bucket] = index;
    return index;
  }

  private unlink(index: number, hop: Hop): void {
    const bucket = hop.hash & (this.heads.length - 1);
    if (this.heads[bucket] === index) {
      this.heads[bucket] = hop.next;
      return;
    }
    let before = this.hops[this.heads[bucket]];
    while (before.next !== index) before = this.hops[before.next];
    before.next = hop.next;
  }
}

/** Whether the client of a conversation sent this packet. */
export function isFromClient(hop: Hop, o: Int32Array, at: number): boolean {
  return hop.clientPort === o[at + O.PORTS] >>> 16 && same(hop.client, o, at + O.SOURCE);
}

function isOf(hop: Hop, o: Int32Array, at: number): boolean {
  if (hop.protocol !== (o[at + O.PROTOCOL] & 0xff)) return false;
  const source = o[at + O.PORTS] >>> 16;
  const destination = o[at + O.PORTS] & 0xffff;
  const { client, server, clientPort, serverPort } = hop;
  return (
    (clientPort === source &&
      serverPort === destination &&
      same(client, o, at + O.SOURCE) &&
      same(server, o, at + O.DESTINATION)) ||
    (clientPort === destination &&
      serverPort === source &&
      same(client, o, at + O.DESTINATION) &&
      same(server, o, at + O.SOURCE))
  );
}

const SYN = 0x02;
const ACK = 0x10;

/** Who opens a connection is its client; where that was not seen, the lower port is the server's. */
function setEnds(hop: Hop, o: Int32Array, at: number): void {
  const source = o[at + O.PORTS] >>> 16;
  const destination = o[at + O.PORTS] & 0xffff;
  const flags = o[at + O.PROTOCOL] >>> 24;
  const syn = (flags & SYN) !== 0;
  const fromClient = syn ? (flags & ACK) === 0 : source >= destination;
  const [client, server] = fromClient ? [O.SOURCE, O.DESTINATION] : [O.DESTINATION, O.SOURCE];
  for (let i = 0; i < 4; i++) {
    hop.client[i] = o[at + client + i];
    hop.server[i] = o[at + server + i];
  }
  hop.ipVersion = (o[at + O.PROTOCOL] >>> 8) & 0xff;
  hop.clientPort = fromClient ? source : destination;
  hop.serverPort = fromClient ? destination : source;
}

function same(address: Int32Array, o: Int32Array, at: number): boolean {
  return (
    address[3] === o[at + 3] && address[2] === o[at + 2] && address[1] === o[at + 1] && address[0] === o[at]
  );
}
