/**
 * Two captures of the same packets, mirrored at two places (ERSPAN type II), with known delays and losses:
 * what must be found in them is known exactly.
 */
import { writeFileSync } from 'node:fs';

/** Addresses of the switches at both places, and of the collector. */
export const PLACE_A = '10.9.0.1';
export const PLACE_B = '10.9.0.2';
const COLLECTOR = [10, 9, 0, 9];
/** First second of the captures: the start of a minute. */
export const CAPTURES_BEGIN = 1_790_000_040;

/** What must be found in one direction. */
export interface Fate {
  matched: number;
  lost: number;
  unknown: number;
  /** Of the matched packets, sorted, nanoseconds. */
  delays: number[];
}

export interface PathCapturesOptions {
  readonly packets: number;
  readonly seed?: number;
  /** Packets per second. */
  readonly rate?: number;
  /** Nanoseconds: delays are between these. */
  readonly delay?: readonly [number, number];
  /** Share that the network loses, and that each mirror loses. */
  readonly loss?: number;
  readonly mirrorLoss?: number;
  /** The router changes addresses and ports (source NAT). */
  readonly nat?: boolean;
}

export interface PathCaptures {
  readonly forward: Fate;
  readonly reverse: Fate;
  readonly bytes: readonly [Uint8Array, Uint8Array];
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const ETHERNET = 14;
const IP = 20;
const GRE = 8;
const ERSPAN = 8;
const UDP = 8;
const PAYLOAD = 40;
const INNER = ETHERNET + IP + UDP + PAYLOAD;
const PACKET = ETHERNET + IP + GRE + ERSPAN + INNER;
const OUTER_GRE = ETHERNET + IP;
const INNER_IP = ETHERNET + IP + GRE + ERSPAN + ETHERNET;
const MAGIC_NS = 0xa1b23c4d;
const LINKTYPE_ETHERNET = 1;

/** One packet at one place. */
interface Event {
  readonly time: number;
  readonly packet: number;
  readonly forward: boolean;
  readonly far: boolean;
}

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes both captures in memory. The mirrors never lose the first and last packets, nor does the network. */
export function pathCaptures(options: PathCapturesOptions): PathCaptures {
  const { packets, seed = 1, rate = 20_000, delay = [9e6, 11e6], loss = 0.02, mirrorLoss = 0 } = options;
  const random = generator(seed);
  const fates: [Fate, Fate] = [nothing(), nothing()];
  const at: [Event[], Event[]] = [[], []];
  const step = 1e9 / rate;
  for (let packet = 0; packet < packets; packet++) {
    const forward = random() < 0.7;
    const fate = fates[forward ? 0 : 1];
    const safe = packet < 100 || packet >= packets - 1000;
    const time = Math.round(packet * step + random() * step);
    const took = Math.round(delay[0] + random() * (delay[1] - delay[0]));
    const dropped = !safe && random() < loss;
    const missed = !safe && random() < mirrorLoss;
    const [near, far] = forward ? [0, 1] : [1, 0];
    at[near].push({ time, packet, forward, far: false });
    if (dropped) {
      fate.lost++;
      continue;
    }
    if (missed) fate.unknown++;
    else {
      fate.matched++;
      fate.delays.push(took);
    }
    at[far].push({ time: time + took, packet: missed ? -1 : packet, forward, far: true });
  }
  for (const fate of fates) fate.delays.sort((a, b) => a - b);
  const bytes = [0, 1].map((place) => capture(at[place], place, options.nat === true));
  return { forward: fates[0], reverse: fates[1], bytes: [bytes[0], bytes[1]] };
}

function nothing(): Fate {
  return { matched: 0, lost: 0, unknown: 0, delays: [] };
}

/** The delay that a share of them does not exceed: nearest rank. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1];
}

/** Writes both captures. @returns their paths */
export function writePathCaptures(captures: PathCaptures, base: string): [string, string] {
  const files: [string, string] = [`${base}-a.pcap`, `${base}-b.pcap`];
  for (const [i, file] of files.entries()) writeFileSync(file, captures.bytes[i]);
  return files;
}

/** Both captures as one, in the order of time. */
export function mergedCapture({ bytes: [a, b] }: PathCaptures): Uint8Array {
  const merged = new Uint8Array(a.length + b.length - FILE_HEADER);
  merged.set(a.subarray(0, FILE_HEADER));
  const size = RECORD_HEADER + PACKET;
  let o = FILE_HEADER;
  const views = [a, b].map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const next = [FILE_HEADER, FILE_HEADER];
  const time = (i: number): number =>
    next[i] < views[i].byteLength
      ? (views[i].getUint32(next[i]) - CAPTURES_BEGIN) * 1e9 + views[i].getUint32(next[i] + 4)
      : Number.POSITIVE_INFINITY;
  while (o < merged.length) {
    const i = time(0) <= time(1) ? 0 : 1;
    merged.set([a, b][i].subarray(next[i], next[i] + size), o);
    next[i] += size;
    o += size;
  }
  return merged;
}

function capture(events: Event[], place: number, nat: boolean): Uint8Array {
  events.sort((a, b) => a.time - b.time);
  const kept = events.filter(({ packet }) => packet >= 0).length;
  const size = RECORD_HEADER + PACKET;
  const bytes = new Uint8Array(FILE_HEADER + kept * size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC_NS);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, 65_535);
  view.setUint32(20, LINKTYPE_ETHERNET);
  const template = templateOf(place);
  let o = FILE_HEADER;
  // A packet that the mirror lost takes a number too.
  for (const [number, event] of events.entries()) {
    if (event.packet < 0) continue;
    view.setUint32(o, CAPTURES_BEGIN + Math.floor(event.time / 1e9));
    view.setUint32(o + 4, event.time % 1e9);
    view.setUint32(o + 8, PACKET);
    view.setUint32(o + 12, PACKET);
    bytes.set(template, o + RECORD_HEADER);
    view.setUint32(o + RECORD_HEADER + OUTER_GRE + 4, number);
    frame(view, o + RECORD_HEADER + INNER_IP, event, place, nat);
    o += size;
  }
  return bytes;
}

function templateOf(place: number): Uint8Array {
  const bytes = new Uint8Array(PACKET);
  const view = new DataView(bytes.buffer);
  view.setUint16(12, 0x0800);
  bytes.set([0x45, 0], ETHERNET);
  view.setUint16(ETHERNET + 2, PACKET - ETHERNET);
  bytes[ETHERNET + 8] = 64;
  bytes[ETHERNET + 9] = 47;
  const address = (place === 0 ? PLACE_A : PLACE_B).split('.').map(Number);
  bytes.set(address, ETHERNET + 12);
  bytes.set(COLLECTOR, ETHERNET + 16);
  // Sequence number present; ERSPAN type II, session 1.
  view.setUint16(OUTER_GRE, 0x1000);
  view.setUint16(OUTER_GRE + 2, 0x88be);
  view.setUint32(OUTER_GRE + GRE, 0x1000_0001);
  view.setUint16(INNER_IP - 2, 0x0800);
  bytes.set([0x45, 0], INNER_IP);
  view.setUint16(INNER_IP + 2, IP + UDP + PAYLOAD);
  bytes[INNER_IP + 9] = 17;
  view.setUint16(INNER_IP + IP + 4, UDP + PAYLOAD);
  return bytes;
}

/** UDP of some hundred clients at one server. */
function frame(
  view: DataView,
  ip: number,
  { packet, forward, far }: Event,
  place: number,
  nat: boolean,
): void {
  const client = packet % 100;
  const translated = nat && place === 1;
  const clientIp = translated ? 0xc6336401 : 0x0a01_0000 + client;
  const clientPort = (translated ? 20_000 : 40_000) + client;
  view.setUint16(ip + 4, packet & 0xffff);
  view.setUint8(ip + 8, far ? 63 : 64);
  view.setUint32(ip + 12, forward ? clientIp : 0x0a02_0001);
  view.setUint32(ip + 16, forward ? 0x0a02_0001 : clientIp);
  view.setUint16(ip + IP, forward ? clientPort : 53);
  view.setUint16(ip + IP + 2, forward ? 53 : clientPort);
  view.setUint32(ip + IP + UDP, packet);
}
