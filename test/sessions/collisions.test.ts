import { describe, expect, it } from 'vitest';
import { END_REASON_NAMES } from '../../src/model/end-reason.js';
import { Mirrored } from '../../src/model/mirrored.js';
import { Key } from '../../src/sessions/key.js';
import { PROBES } from '../../src/sessions/slot-index.js';
import { SessionTable } from '../../src/sessions/table.js';
import { setU32, u32 } from '../../src/wire/bytes.js';
import { HASH_SECRET, KeyedHash } from '../../src/wire/keyed-hash.js';
import { Frame } from '../../src/wire/walk/frame.js';
import { expectCpu } from '../support/cpu.js';
import { mirrorPoint } from '../support/session-world.js';

const START = 1_700_000_000;
/** The table's initial index size. */
const BUCKETS = 1 << 14;
const mirrored = Object.assign(new Mirrored(), { point: mirrorPoint(0) });

/** UDP over IPv6 between two addresses of four words each. */
function frameOf(source: readonly number[], destination: readonly number[], at = 0): Frame {
  const bytes = new Uint8Array(64);
  for (let i = 0; i < 4; i++) {
    setU32(bytes, 8 + 4 * i, source[i]);
    setU32(bytes, 24 + 4 * i, destination[i]);
  }
  return Object.assign(new Frame(), {
    bytes,
    end: 64,
    sec: START + at,
    etherType: 0x86dd,
    ipVersion: 6,
    ip: 0,
    source: 8,
    destination: 24,
    sourceWord: u32(bytes, 20) | 0,
    destinationWord: u32(bytes, 36) | 0,
    protocol: 17,
    ipLength: 64,
    sourcePort: 10_000,
    destinationPort: 20_000,
    payload: 48,
    payloadLength: 16,
  });
}

const SERVER = [0x20010db8, 0, 0, 1];

/**
 * Words that cancel out in an exclusive or after multiplication: one of them is chosen to offset the others.
 */
function alikeByMultiplication(n: number): number[] {
  const [b, c] = [n, Math.imul(n, 0x61c88647)];
  return [(Math.imul(b, 0xc2b2ae35) ^ Math.imul(c, 0x27d4eb2f)) >>> 0, b, c >>> 0, 7];
}

/** Words that differ only in their top bits, which multiplications keep. */
function topBits(n: number): number[] {
  return [0, 8, 16, 24].map((shift) => (((n >>> shift) & 0xff) << 24) >>> 0);
}

/** Consecutive addresses, as in a network scan. */
function ordinary(n: number): number[] {
  return [0x20010db8, 0, 0, n];
}

function opening(address: (n: number) => number[], sessions: number): () => () => void {
  const frames = Array.from({ length: sessions }, (_, n) => frameOf(address(n), SERVER));
  return () => {
    const table = new SessionTable({ session: () => undefined }, { capacity: sessions });
    return () => {
      for (const f of frames) table.frame(f, mirrored);
      expect(table.open).toBe(sessions);
      expect(table.counters.collisions).toBe(0);
    };
  };
}

describe('sessions that an attacker opens', () => {
  it.each([
    ['made alike by multiplication', alikeByMultiplication],
    ['with differences in top bits', topBits],
  ])('cost the same %s', (_, address) => {
    const sessions = 20_000;
    expectCpu(opening(address, sessions), opening(ordinary, sessions), 5);
  });

  describe('when the secret is known', () => {
    const secret = Uint8Array.from({ length: HASH_SECRET }, (_, i) => 17 * i);
    const key = new Key(new KeyedHash(secret));
    const mirrored = Object.assign(new Mirrored(), { point: mirrorPoint(0) });
    /** Clients whose hashes start in the first bucket, and in one of the first four. */
    const first: number[] = [];
    const firstFour: number[] = [];
    const f = frameOf(ordinary(0), SERVER);
    for (let n = 0; first.length < 4 * PROBES || firstFour.length < 1000; n++) {
      setU32(f.bytes, f.source + 12, n);
      f.sourceWord = n;
      key.take(f, mirrored);
      const bucket = key.hash & (BUCKETS - 1);
      if (bucket < 4) firstFour.push(n);
      if (bucket === 0) first.push(n);
    }
    const framesOf = (clients: readonly number[], count: number): Frame[] =>
      clients.slice(0, count).map((n) => frameOf(ordinary(n), SERVER));

    it('end each other beyond the bound, are counted, and have every packet in a row', () => {
      const frames = framesOf(first, PROBES + 50);
      const rows: { end: string; packets: number }[] = [];
      const table = new SessionTable(
        {
          session: (r) =>
            rows.push({ end: END_REASON_NAMES[r.endReason], packets: r.clientPackets + r.serverPackets }),
        },
        { secret, capacity: 4096 },
      );
      for (const f of frames) table.frame(f, mirrored);
      expect(table.open).toBe(PROBES);
      expect(table.counters).toMatchObject({ collisions: 50, pressure: 0, opened: PROBES + 50 });
      expect(rows).toEqual(Array(50).fill({ end: 'pressure', packets: 1 }));
      // Open sessions are found; the others open again.
      for (const f of frames) table.frame(f, mirrored);
      table.finish(6);
      expect(rows.reduce((n, r) => n + r.packets, 0)).toBe(2 * frames.length);
      expect(table.open).toBe(0);
    });

    it('leave other sessions alone, and the table intact when they end', () => {
      const frames = framesOf(firstFour, 1000);
      const others = Array.from({ length: 500 }, (_, n) => frameOf(ordinary(n), [1, 2, 3, 4]));
      const found = new Map<string, number>();
      const table = new SessionTable(
        {
          session: (r) => {
            const id = `${r.clientIp} ${r.serverIp}`;
            found.set(id, (found.get(id) ?? 0) + r.clientPackets);
          },
        },
        { secret, capacity: 4096 },
      );
      for (let round = 0; round < 3; round++) {
        for (const [i, f] of frames.entries()) {
          table.frame(f, mirrored);
          table.frame(others[i % others.length], mirrored);
        }
      }
      table.advance(START + 3600);
      expect(table.open).toBe(0);
      for (const f of others) table.frame(Object.assign(f, { sec: START + 3600 }), mirrored);
      expect(table.open).toBe(others.length);
      table.finish(6);
      expect([...found.values()].reduce((a, b) => a + b, 0)).toBe(3 * 2 * frames.length + others.length);
      expect(found.size).toBe(frames.length + others.length);
    });

    it('cost no more than the bound allows', () => {
      const rounds = 8;
      const run = (frames: readonly Frame[]) => () => {
        const table = new SessionTable({ session: () => undefined }, { secret, capacity: frames.length / 4 });
        return () => {
          for (let round = 0; round < rounds; round++) for (const f of frames) table.frame(f, mirrored);
        };
      };
      // In both cases every new session ends another; each colliding one first probes PROBES buckets.
      const alike = framesOf(first, 4 * PROBES);
      const plain = alike.map((_, n) => frameOf(ordinary(n), SERVER));
      expectCpu(run(alike), run(plain), 20);
    });
  });
});
