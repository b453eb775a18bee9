/** What a capture is depends on its first packets alone, and none of them is lost or read twice for it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkType, type PacketBatch } from '../../src/model/batch.js';
import { DEFAULT_INPUTS, type Inputs } from '../../src/model/inputs.js';
import { KnownCapture } from '../../src/reader/known-capture.js';
import { LOOK_BYTES, LOOK_PACKETS, type ReadAs } from '../../src/reader/read-as.js';
import type { CaptureSource } from '../../src/receive/file/capture.js';
import { CaptureError } from '../../src/receive/file/capture-error.js';
import { batchOf } from '../demux/outer.js';
import { erspan2, ethernet, gre, ipv4, ipv6, udp } from '../support/frames.js';

const [A, B] = ['192.0.2.1', '192.0.2.2'];
const INNER = ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(5000, 53, new Uint8Array(9))));
const PLAIN = ethernet(0x0800, ipv4(A, B, 17, udp(5000, 4789, new Uint8Array(30))));
const MIRROR = ethernet(0x0800, ipv4(A, B, 47, erspan2(1, 0, INNER)));

/** A source that hands out packets in pieces of these sizes, as a pipe would, and fails at the end. */
function sourceOf(packets: readonly Uint8Array[], pieces: readonly number[], damage?: CaptureError) {
  let at = 0;
  let piece = 0;
  const next = async (batch: PacketBatch): Promise<boolean> => {
    // What it handed out last is overwritten, as read buffers are.
    batch.bytes.fill(0xee);
    if (at === packets.length) {
      if (damage !== undefined) throw damage;
      return false;
    }
    const size = pieces[piece++ % pieces.length] ?? 1;
    const some = packets.slice(at, at + size);
    at += some.length;
    const from = batchOf(some.map((bytes) => ({ bytes, linkType: LinkType.Ethernet })));
    batch.bytes = from.bytes;
    batch.count = from.count;
    for (const column of ['offset', 'captured', 'length', 'sec', 'nsec', 'linkType', 'interface'] as const)
      batch[column].set(from[column]);
    return true;
  };
  return { next } as unknown as CaptureSource;
}

async function all(capture: KnownCapture): Promise<string[]> {
  const seen: string[] = [];
  for (let batch = await capture.next(); batch !== undefined; batch = await capture.next())
    for (let i = 0; i < batch.count; i++)
      seen.push(
        Buffer.from(batch.bytes.subarray(batch.offset[i], batch.offset[i] + batch.captured[i])).toString(
          'hex',
        ),
      );
  return seen;
}

async function kindOf(
  packets: readonly Uint8Array[],
  pieces = [4000],
  as: ReadAs = 'auto',
  inputs = DEFAULT_INPUTS,
) {
  const capture = new KnownCapture(sourceOf(packets, pieces), as, inputs);
  expect(await all(capture)).toEqual(packets.map((bytes) => Buffer.from(bytes).toString('hex')));
  return capture.kind;
}

const times = (n: number, bytes: Uint8Array): Uint8Array[] => Array.from({ length: n }, () => bytes);

describe('what a capture is', () => {
  it.each([
    ['ERSPAN', MIRROR],
    ['plain GRE', ethernet(0x0800, ipv4(A, B, 47, gre(0x0800, INNER.subarray(14))))],
    ['GRE in IP in IP', ethernet(0x0800, ipv4(A, B, 4, ipv4(A, B, 47, erspan2(1, 0, INNER))))],
    ['GRE over IPv6', ethernet(0x86dd, ipv6('2001:db8::1', '2001:db8::2', 47, erspan2(1, 0, INNER)))],
    ['a fragment of GRE', fragment(ethernet(0x0800, ipv4(A, B, 47, new Uint8Array(64))))],
  ])('is mirrored traffic by one packet of it: %s', async (_, packet) => {
    expect(await kindOf([PLAIN, packet])).toBe('mirrors');
  });

  it.each([
    ['nothing else', []],
    ['GRE in VXLAN', [ethernet(0x0800, ipv4(A, B, 17, udp(5000, 4789, vxlan(MIRROR))))]],
    ['a packet quoted in ICMP', [ethernet(0x0800, ipv4(A, B, 1, quoting(MIRROR.subarray(14))))]],
  ])('is plain with %s', async (_, packets) => {
    expect(await kindOf([PLAIN, ...packets])).toBe('frames');
  });

  it.each<[string, Inputs, string]>([
    ['to its port', { gre: false, udp: [{ kind: 'vxlan', port: 4789 }], span: [] }, 'mirrors'],
    ['to another port', { gre: true, udp: [{ kind: 'vxlan', port: 8472 }], span: [] }, 'frames'],
  ])('is mirrored traffic by a datagram %s that is listed', async (_, inputs, kind) => {
    expect(await kindOf([PLAIN], [1], 'auto', inputs)).toBe(kind);
    expect(await kindOf([fragment(PLAIN)], [1], 'auto', inputs)).toBe(kind);
    expect(await kindOf([MIRROR], [1], 'auto', inputs)).toBe(inputs.gre ? 'mirrors' : 'frames');
  });

  it('is told by as many packets as are documented, and not by the next', async () => {
    expect(await kindOf([...times(LOOK_PACKETS - 1, PLAIN), MIRROR])).toBe('mirrors');
    expect(await kindOf([...times(LOOK_PACKETS, PLAIN), MIRROR])).toBe('frames');
  });

  it('is told by as many bytes as are documented', async () => {
    const large = new Uint8Array(64 << 10);
    large.set(PLAIN);
    const most = LOOK_BYTES / large.length;
    expect(await kindOf([...times(most - 1, large), MIRROR])).toBe('mirrors');
    expect(await kindOf([...times(most, large), MIRROR])).toBe('frames');
  });

  it('is what was said, whatever is in it', async () => {
    expect(await kindOf([MIRROR], [1], 'frames')).toBe('frames');
    expect(await kindOf([PLAIN], [1], 'mirrors')).toBe('mirrors');
  });

  it('does not depend on the pieces that it comes in', async () => {
    const packets = fc.tuple(fc.integer({ min: 0, max: 1200 }), fc.integer({ min: 0, max: 3 }));
    const pieces = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(packets, pieces, async ([plain, mirrors], sizes) => {
        const capture = [...times(plain, PLAIN), ...times(mirrors, MIRROR)];
        const isMirror = mirrors > 0 && plain < LOOK_PACKETS;
        expect(await kindOf(capture, sizes)).toBe(isMirror ? 'mirrors' : 'frames');
      }),
      { numRuns: 30 },
    );
  });

  it('is known, and its packets are delivered, before damage behind them is told', async () => {
    const damage = new CaptureError('x.pcap', 'it is cut');
    for (const [packets, kind] of [
      [[PLAIN, PLAIN], 'frames'],
      [[PLAIN, MIRROR], 'mirrors'],
    ] as const) {
      const capture = new KnownCapture(sourceOf(packets, [1], damage), 'auto', DEFAULT_INPUTS);
      let seen = 0;
      const read = async (): Promise<void> => {
        for (let b = await capture.next(); b !== undefined; b = await capture.next()) seen += b.count;
      };
      await expect(read()).rejects.toBe(damage);
      expect({ seen, kind: capture.kind }).toEqual({ seen: 2, kind });
    }
  });
});

/** The same packet, as the first fragment of a longer one. */
function fragment(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  copy[14 + 6] = 0x20;
  return copy;
}

function vxlan(frame: Uint8Array): Uint8Array {
  return Uint8Array.of(8, 0, 0, 0, 0, 0, 7, 0, ...frame);
}

function quoting(packet: Uint8Array): Uint8Array {
  return Uint8Array.of(3, 3, 0, 0, 0, 0, 0, 0, ...packet);
}
