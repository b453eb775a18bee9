/** What packets of a conversation are to each other: sent again, in order, seen by others. */
import { describe, expect, it } from 'vitest';
import { conversation, MOST_BYTES } from '../../web/src/pages/packets/decode/conversation.js';
import { sideBySide } from '../../web/src/pages/packets/decode/copies.js';
import type { Packet } from '../../web/src/pages/packets/decode/frame.js';
import { MOST_PACKETS, nextAfter } from '../../web/src/pages/packets/decode/paging.js';
import { Streams } from '../../web/src/pages/packets/decode/streams.js';
import { lines, text } from '../../web/src/pages/packets/decode/words.js';

const SYN = 2;
const ACK = 16;
let number = 0;

/** A segment; its identification is its own unless said otherwise. */
function segment(
  direction: 'client' | 'server',
  sequence: number,
  said: string,
  more: Partial<Packet> & { readonly cut?: number } = {},
): Packet {
  number++;
  const bytes = Buffer.from(said);
  const { cut = 0, ...rest } = more;
  return {
    frame: { number, direction } as Packet['frame'],
    bytes,
    time: BigInt(number) * 1_000_000n,
    flags: 'ACK',
    says: '',
    isData: true,
    ipVersion: 4,
    ipId: number,
    protocol: 6,
    sourcePort: 1,
    destinationPort: 2,
    tcpFlags: ACK,
    sequence: sequence >>> 0,
    acknowledgment: 0,
    payload: bytes.subarray(0, bytes.length - cut),
    payloadLength: bytes.length,
    ...rest,
  };
}

function followed(packets: readonly Packet[]) {
  const streams = new Streams();
  return packets.map((packet) => ({ packet, followed: streams.take(packet) }));
}

const words = (packets: readonly Packet[], only?: 'client'): string[] =>
  conversation(followed(packets), true, only).said.map(
    ({ from, missing, bytes }) =>
      `${from}${missing > 0 ? ` -${missing}` : ''}: ${Buffer.from(bytes).toString()}`,
  );

describe('marks', () => {
  it('tell what is sent again from what comes late, across the end of 32 bits', () => {
    const from = 0xffff_fff0;
    const marks = followed([
      segment('client', from, '', { tcpFlags: SYN }),
      segment('client', from + 1, 'a'.repeat(10)),
      segment('client', from + 21, 'c'.repeat(10)),
      // It fills a gap: late, not again.
      segment('client', from + 11, 'b'.repeat(10)),
      segment('client', from + 21, 'c'.repeat(10)),
      segment('client', from + 31, 'd'),
    ]).map((one) => one.followed.mark);
    expect(marks).toEqual(['', '', '', '', 'sent again', '']);
  });

  it('tell a copy of the same packet, and probes', () => {
    const first = segment('client', 100, 'hello');
    const marks = followed([
      first,
      segment('client', 100, 'hello', { ipId: first.ipId }),
      segment('client', 104, '', {}),
    ]).map((one) => one.followed.mark);
    expect(marks).toEqual(['', 'seen twice', 'keep-alive']);
  });

  it('come with numbers from the beginning of each side', () => {
    const [, answer] = followed([
      segment('client', 1000, '', { tcpFlags: SYN }),
      segment('server', 5000, '', { tcpFlags: SYN | ACK, acknowledgment: 1001 }),
    ]);
    expect(answer.followed.numbers).toEqual({ sequenceFrom: 5000, acknowledgmentFrom: 1000 });
  });
});

describe('a conversation', () => {
  it('is in the order of its numbers, each byte once, with what is missing said', () => {
    const packets = [
      segment('client', 1, 'GET '),
      segment('client', 9, 'x HTTP'),
      segment('client', 5, '/abc'),
      segment('server', 1, '200'),
      segment('client', 5, '/abcx H'),
      segment('server', 10, 'late'),
    ];
    expect(words(packets)).toEqual(['client: GET /abcx HTTP', 'server: 200', 'server -6: late']);
    expect(words(packets, 'client')).toEqual(['client: GET /abcx HTTP']);
  });

  it('says what was cut off, unless it came again', () => {
    const packets = [segment('client', 1, 'abcdef', { cut: 4 }), segment('client', 7, 'gh')];
    expect(words(packets)).toEqual(['client: ab', 'client -4: gh']);
    expect(words([...packets, segment('client', 3, 'cdef')])).toEqual(['client: abcdefgh']);
  });

  it('of datagrams is of messages, and is bounded', () => {
    const one = segment('client', 0, 'one', { protocol: 17 });
    const two = segment('client', 0, 'two', { protocol: 17 });
    expect(conversation(followed([one, two]), false).said.length).toBe(2);
    const large = segment('client', 0, 'x'.repeat(MOST_BYTES), { protocol: 17 });
    const { said, left } = conversation(followed([one, large]), false);
    expect([said.length, left]).toEqual([1, MOST_BYTES]);
  });
});

describe('pages of packets', () => {
  it('are asked for one behind the other, up to the bound', () => {
    const page = (length: number, more: boolean) => ({ frames: { length }, more });
    expect(nextAfter([page(1000, true), page(700, true)])).toBe(1700);
    expect(nextAfter([page(1000, true), page(3, false)])).toBeUndefined();
    expect(nextAfter([page(MOST_PACKETS - 1, true)])).toBe(MOST_PACKETS - 1);
    expect(nextAfter([page(MOST_PACKETS, true)])).toBeUndefined();
  });
});

describe('copies', () => {
  it('are paired by what routers leave as it is, the n-th with the n-th', () => {
    const a = [segment('client', 1, 'x', { ipId: 7 }), segment('client', 1, 'x', { ipId: 7 })];
    const b = [segment('client', 1, 'x', { ipId: 7 }), segment('client', 2, 'y', { ipId: 8 })];
    const rows = sideBySide([a, b]);
    expect(rows.map(({ seen }) => seen.map((one) => one?.frame.number))).toEqual([
      [a[0].frame.number, b[0].frame.number],
      [a[1].frame.number, undefined],
      [undefined, b[1].frame.number],
    ]);
  });
});

describe('texts', () => {
  it('hide nothing', () => {
    const evil = Buffer.from('a\u202eb\u0007c\u200bd\u2028e\n\u001b[31m');
    expect(text(evil, 0, evil.length)).toBe('a·b·c·d·e··[31m');
    expect(lines(evil)).toBe('a·b·c·d·e\n·[31m');
    expect(lines(Buffer.from('grün'))).toBe('grün');
    // One byte that is no UTF-8, and nothing beyond ASCII is believed.
    expect(lines(Buffer.from([0x61, 0xc3, 0xbc, 0xff]))).toBe('a···');
  });
});
