/** The ladder of a conversation, from its packets and from its row. */
import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/console/contract/sessions.js';
import { type KeptFrame, stepsOfFrames, stepsOfRow } from '../../web/src/pages/sessions/ladder-steps.js';

const [FIN, SYN, PSH, RST, ACK] = [1, 2, 8, 4, 16];
const CLIENT = [10, 0, 0, 1];
const SERVER = [10, 0, 0, 2];

/** A frame of Ethernet, IPv4 and TCP. @param at microseconds */
function tcp(from: 'client' | 'server', at: number, flags: number, sequence: number, length = 0): KeptFrame {
  const bytes = Buffer.alloc(54 + length);
  bytes.writeUInt16BE(0x0800, 12);
  bytes[14] = 0x45;
  bytes.writeUInt16BE(40 + length, 16);
  bytes[22] = 64;
  bytes[23] = 6;
  bytes.set(from === 'client' ? [...CLIENT, ...SERVER] : [...SERVER, ...CLIENT], 26);
  bytes.writeUInt16BE(from === 'client' ? 40_000 : 80, 34);
  bytes.writeUInt16BE(from === 'client' ? 80 : 40_000, 36);
  bytes.writeUInt32BE(sequence >>> 0, 38);
  bytes[46] = 0x50;
  bytes[47] = flags;
  return {
    time: `2025-06-02T08:00:00.${String(at).padStart(6, '0')}000Z`,
    direction: from,
    length: bytes.length,
    original_length: bytes.length,
    data: bytes.toString('base64'),
    layer: 'ethernet',
    gre_protocol: 25_944,
  };
}

const session: Row = {
  first_seen: '2025-06-02T08:00:00.000000000Z',
  last_seen: '2025-06-02T08:00:00.900000000Z',
  history: 'ShADadF',
  client_payload: 10,
  server_payload: 300,
  client_packets: 4,
  server_packets: 5,
  tls_version: '',
  ja4: '',
};
const get: Row = {
  time: '2025-06-02T08:00:00.000500000Z',
  method: 'GET',
  resource: '/a',
  name: 'www',
  status: '200',
  outcome: 'ok',
  response_us: 200,
  response_bytes: 8100,
};

describe('a ladder of packets', () => {
  it('has handshake, question, answer, what was sent again, and the end', () => {
    // Sequence numbers wrap around in the middle of the answer.
    const start = 0xffffffff - 100;
    const steps = stepsOfFrames(
      session,
      [
        tcp('client', 0, SYN, 9),
        tcp('server', 300, SYN | ACK, start),
        tcp('client', 330, ACK, 10),
        tcp('client', 500, PSH | ACK, 10, 40),
        tcp('server', 700, ACK, start + 1, 100),
        tcp('server', 710, ACK, start + 101, 100),
        tcp('server', 201_000, ACK, start + 101, 100),
        tcp('client', 272_600, PSH | ACK, 50, 7),
        tcp('server', 496_000, RST, start + 201),
        tcp('client', 496_100, FIN | ACK, 57),
      ],
      [get],
    );
    expect(steps).toEqual([
      { from: 'client', at: 0, label: 'SYN' },
      { from: 'server', at: 300, label: 'SYN-ACK' },
      { from: 'client', at: 500, label: 'GET /a' },
      { from: 'server', at: 700, label: '200 · 8.1 kB after 200 µs' },
      { from: 'server', at: 201_000, label: '100 B sent again', bad: true },
      { from: 'client', at: 272_600, label: '7 B' },
      { from: 'server', at: 496_000, label: 'RST', bad: true },
      { from: 'client', at: 496_100, label: 'FIN' },
    ]);
  });

  it('says what TLS begins with, and how much came in how many packets', () => {
    const tls = { ...session, tls_version: 'TLS 1.3' };
    const frames = [
      tcp('client', 0, PSH | ACK, 1, 500),
      tcp('server', 100, ACK, 1, 1000),
      tcp('server', 200, ACK, 1001, 1000),
      tcp('client', 300, ACK, 501, 20),
    ];
    expect(stepsOfFrames(tls, frames, []).map(({ label }) => label)).toEqual([
      'ClientHello · 500 B',
      'ServerHello · 2 kB in 2 packets',
      '20 B',
    ]);
  });

  it('takes whatever bytes come', () => {
    const cut = { ...tcp('client', 0, SYN, 1), data: 'AAAA', layer: 'other' };
    const steps = stepsOfFrames(session, [cut, { ...cut, direction: '' }], []);
    expect(steps).toEqual([{ from: 'client', at: 0, label: '54 B' }]);
  });
});

describe('a ladder of the row', () => {
  it('has what history and transactions tell', () => {
    expect(stepsOfRow(session, [get])).toEqual([
      { from: 'client', at: 0, label: 'SYN' },
      { from: 'server', at: undefined, label: 'SYN-ACK' },
      { from: 'client', at: 500, label: 'GET /a' },
      { from: 'server', at: 700, label: '200 · 8.1 kB after 200 µs' },
      { from: 'client', at: 900_000, label: 'FIN' },
    ]);
  });

  it('says how much was sent where no transaction tells what', () => {
    const words = stepsOfRow({ ...session, history: 'Dd' }, []).map((step) => step.label);
    expect(words).toEqual(['10 B in 4 packets', '300 B in 5 packets']);
  });

  it('has a question without its answer, and an answer without its question', () => {
    const unanswered = { ...get, outcome: 'unanswered', status: '', response_us: 0 };
    const unasked = { ...get, outcome: 'unasked', response_us: 0, response_bytes: 0 };
    const bare = { ...session, history: '' };
    expect(stepsOfRow(bare, [unanswered])).toEqual([{ from: 'client', at: 500, label: 'GET /a' }]);
    expect(stepsOfRow(bare, [unasked])).toEqual([{ from: 'server', at: 500, label: '200' }]);
  });
});
