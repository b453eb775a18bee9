import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Peers } from '../../src/tunnels/kernel/peers.js';
import { setU32, u32 } from '../../src/wire/bytes.js';

const CAPACITY = 4096;

/** An address of `length` bytes that ends in a number. */
function address(length: number, n: number): Uint8Array {
  const b = new Uint8Array(length);
  if (length > 4) b[0] = 2;
  setU32(b, length - 4, n);
  return b;
}

function learn(peers: Peers, inner: Uint8Array, remote: number): void {
  const outer = new Uint8Array(8);
  setU32(outer, 0, remote);
  outer.set([10, 0, 0, 9], 4);
  peers.learn(inner, 0, inner.length, outer, 0, 4, 4);
}

/** The remote that an inner address is behind; -1 if it is unknown. */
function remote(peers: Peers, inner: Uint8Array): number {
  const at = peers.find(inner, 0, inner.length);
  return at < 0 ? -1 : u32(peers.bytes, at);
}

/** An unkeyed hash: FNV-1a, folded. */
function place(b: Uint8Array): number {
  let h = 0x811c9dc5;
  for (const byte of b) h = Math.imul(h ^ byte, 0x01000193);
  return (h ^ (h >>> 15)) & (CAPACITY - 1);
}

describe.each([4, 6, 16])('peers with addresses of %i bytes', (length) => {
  it('are where they were last heard from', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1 })), { maxLength: 100 }), (heard) => {
        const peers = new Peers();
        const last = new Map<number, number>();
        for (const [n, from] of heard) {
          learn(peers, address(length, n), from);
          last.set(n, from);
        }
        for (const [n, from] of last) expect(remote(peers, address(length, n))).toBe(from);
        expect(remote(peers, address(length, 51))).toBe(-1);
      }),
    );
  });

  it('are not overwritten by a few that are chosen for it', () => {
    const peers = new Peers(CAPACITY);
    const home = place(address(length, 1));
    const chosen: Uint8Array[] = [];
    for (let n = 2; chosen.length < 8; n++) {
      const a = address(length, n);
      if (place(a) === home) chosen.push(a);
    }
    learn(peers, address(length, 1), 77);
    for (const a of chosen) learn(peers, a, 66);
    expect(remote(peers, address(length, 1))).toBe(77);
  });
});
