/**
 * A generator of ERSPAN type III with timestamps of clocks that drift, are set and restart, over ways of
 * jittery delay. What is true is known of every packet.
 */

import { setU16, setU32 } from '../../src/wire/bytes.js';
import { CiscoMarker, emitCiscoMarker, MARKER_LENGTH } from '../../src/wire/tunnel/cisco-marker.js';
import { ErspanHeader, emitErspan } from '../../src/wire/tunnel/erspan.js';
import { ethernet, gre, ipv4, udp } from './frames.js';
import { Random } from './traffic/random.js';

/** When it begins: seconds since 1970. */
export const START = 1_780_000_123;
const COLLECTOR = '10.255.0.1';
const NS = 1_000_000_000n;
const UNIT = [100_000n, 100n, 1n];
const WORD = 1n << 32n;
/** Offset of GRE's sequence number. */
const SEQUENCE = 14 + 20 + 4;

export interface SwitchOptions {
  readonly source?: string;
  readonly granularity: number;
  /** Id of the platform subheader; none by default. */
  readonly platform?: number;
  /** By how much it runs faster than UTC, in parts per million. */
  readonly drift?: number;
  /** How the drift changes, in ppm per hour. */
  readonly ageing?: number;
  /** What its clock shows: UTC, TAI, or nanoseconds since it was switched on (a number). */
  readonly shows?: 'utc' | 'tai' | bigint;
}

/** A switch with a clock. Times are nanoseconds since {@link START}. */
export class StampedSwitch {
  readonly source: string;
  readonly granularity: number;
  private readonly platform: number | undefined;
  private readonly drift: number;
  private readonly ageing: number;
  private readonly origin: bigint;
  /** From when on it shows so much more. */
  private readonly set: [number, bigint][] = [];
  private sequence = 0;
  /** Packets by the length of ERSPAN header and frame. */
  private readonly templates = new Map<number, Uint8Array>();
  private readonly header = Object.assign(new ErspanHeader(), { type: 3 });

  constructor(o: SwitchOptions) {
    this.source = o.source ?? '10.255.1.1';
    this.granularity = o.granularity;
    this.platform = o.platform;
    this.drift = o.drift ?? 0;
    this.ageing = o.ageing ?? 0;
    const utc = BigInt(START) * NS;
    this.origin =
      o.shows === 'utc' ? utc : o.shows === 'tai' ? utc + 37n * NS : (o.shows ?? 12_345_678_901_234n);
  }

  /** Sets the clock by some nanoseconds. */
  jump(at: number, by: bigint): void {
    this.set.push([at, by]);
  }

  /** Restarts: the clock begins at 0. */
  restart(at: number): void {
    this.jump(at, -this.shows(at));
  }

  /** Nanoseconds that the clock shows. */
  shows(at: number): bigint {
    const gained = at * this.drift * 1e-6 + (at / 3.6e12) * at * 0.5 * this.ageing * 1e-6;
    let shown = this.origin + BigInt(Math.floor(at + gained));
    for (const [from, by] of this.set) if (at >= from) shown += by;
    return shown;
  }

  /** A mirrored packet at a time. */
  packet(at: number, session: number, frame: Uint8Array): Uint8Array {
    const { granularity, header, platform } = this;
    const shown = this.shows(at);
    const units = shown / UNIT[granularity];
    const isSeconds = platform === 5 || platform === 6;
    const nanoseconds = granularity === 2;
    header.session = session;
    header.granularity = granularity;
    header.timestamp = Number(nanoseconds ? shown % NS : units % WORD);
    header.platform = platform === undefined ? 0 : 1;
    header.platformId = platform ?? 0;
    header.upperTimestamp = Number((isSeconds || nanoseconds ? shown / NS : units / WORD) % WORD);
    const headers = platform === undefined ? 12 : 20;
    const length = headers + frame.length;
    let like = this.templates.get(length);
    if (like === undefined) {
      like = this.outer(47, gre(0x22eb, new Uint8Array(length), { sequence: 0 }));
      this.templates.set(length, like);
    }
    const b = like.slice();
    setU32(b, SEQUENCE, this.sequence++);
    emitErspan(header, b, SEQUENCE + 4);
    b.set(frame, SEQUENCE + 4 + headers);
    return b;
  }

  /** A marker packet at a time, which says UTC, or TAI. */
  marker(at: number, isTai: boolean): Uint8Array {
    const m = new CiscoMarker();
    const units = this.shows(at) / UNIT[this.granularity];
    m.granularity = this.granularity;
    m.utcOffset = 37;
    m.timestamp = Number(this.granularity === 2 ? units % NS : units % WORD);
    m.upper = Number((units / WORD) % 65536n);
    m.seconds = START + Math.floor(at / 1e9) + (isTai ? 37 : 0);
    m.microseconds = Math.floor((at % 1e9) / 1e3);
    const b = new Uint8Array(MARKER_LENGTH);
    emitCiscoMarker(m, b, 0);
    return this.outer(17, udp(50_000, 50_001, b));
  }

  private outer(protocol: number, payload: Uint8Array): Uint8Array {
    return ethernet(0x0800, ipv4(this.source, COLLECTOR, protocol, payload));
  }
}

/** A packet as it arrived. */
export interface Arrived {
  /** When it was mirrored and when it arrived, in nanoseconds since {@link START}. */
  readonly mirrored: number;
  readonly arrived: number;
  readonly packet: Uint8Array;
}

/** One mirror of a switch, or its markers. */
export interface Flow {
  readonly clock: StampedSwitch;
  readonly session: number;
  /** Packets, and nanoseconds between them on average. */
  readonly packets: number;
  readonly every: number;
  readonly from?: number;
  /** The least time to the collector, the mean of what comes on top, and how often it is 100 times that. */
  readonly least: number;
  readonly jitter: number;
  readonly bursts?: number;
  readonly markers?: 'utc' | 'tai';
  /** The frame of packet `i`; a datagram by default. */
  readonly frame?: (i: number) => Uint8Array;
}

/** Plays mirrors, and sorts their packets by arrival. */
export function play(flows: readonly Flow[], seed = 1): Arrived[] {
  const random = new Random(seed);
  const all: Arrived[] = [];
  for (const f of flows) {
    let at = f.from ?? 1000;
    let last = 0;
    for (let i = 0; i < f.packets; i++) {
      at += Math.floor(2 * random.float() * f.every) + 1;
      const burst = random.float() < (f.bursts ?? 0) ? 100 : 1;
      const delay = f.least - Math.log(1 - random.float()) * f.jitter * burst;
      // One queue: no packet overtakes another of its mirror.
      last = Math.max(last + 1, Math.floor(at + delay));
      const packet =
        f.markers === undefined
          ? f.clock.packet(at, f.session, (f.frame ?? datagram)(i))
          : f.clock.marker(at, f.markers === 'tai');
      all.push({ mirrored: at, arrived: last, packet });
    }
  }
  return all.sort((a, b) => a.arrived - b.arrived);
}

const DATAGRAM = ethernet(0x0800, ipv4('192.0.2.1', '192.0.2.2', 17, udp(0, 9999, new Uint8Array(4))));

/** Each from another port. */
function datagram(i: number): Uint8Array {
  const b = DATAGRAM.slice();
  setU16(b, 34, 1024 + (i % 60_000));
  return b;
}
