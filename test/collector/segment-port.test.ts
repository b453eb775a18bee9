import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PacketPath } from '../../src/collector/packet-path.js';
import { PACKETS_LIMIT, SegmentPort, Waiting } from '../../src/collector/store/segment-port.js';
import { mirrorSchema } from '../../src/config/schema.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';
import { LARGEST_APPEND } from '../../src/store/segment/segment-size.js';
import { batchOf } from '../demux/outer.js';
import { erspan2, ethernet, ipv4, udp } from '../support/frames.js';

const START = 1_700_000_040;

describe('segments on their way to the store thread', () => {
  let channel: MessageChannel;
  beforeEach(() => {
    channel = new MessageChannel();
  });
  afterEach(() => channel.port1.close());

  it('are taken while there is room, segments of kept packets only in half of it', () => {
    const waiting = new Waiting();
    const port = new SegmentPort(channel.port1, waiting);
    const kib = (n: number): Uint8Array => new Uint8Array(n << 10);
    expect(waiting.take(PACKETS_LIMIT - 1024, LARGEST_APPEND)).toBe(true);
    expect(port.send('packets', kib(1), 1)).toBe(true);
    expect(port.send('packets', kib(1), 1)).toBe(false);
    expect(port.send('sessions', kib(1), 1)).toBe(true);
    expect(waiting.take(LARGEST_APPEND - PACKETS_LIMIT - 2048, LARGEST_APPEND)).toBe(true);
    expect(port.send('sessions', kib(1), 1)).toBe(true);
    expect(port.send('sessions', kib(1), 1)).toBe(false);
    // What did not fit has used no room.
    waiting.give(1024);
    expect(port.send('sessions', kib(1), 1)).toBe(true);
  });

  it('are lost if there is no room, and their rows are counted', () => {
    const waiting = new Waiting();
    const port = new SegmentPort(channel.port1, waiting);
    const capture = new PacketPath(
      {
        collector: 'here',
        sessions: { capacity: 100 },
        reassembly: REASSEMBLY_DEFAULTS,
        rules: {
          mirrors: [mirrorSchema.parse({ name: 'm', packets: 'all' })],
          unknown: 'observe',
          unknownPoints: 10,
          packets: { bytes: 0, packets: 0 },
          taps: {},
          tapAll: -1,
          separateBy: ['vni'],
          applications: KEEP_ALL,
          groups: new Map(),
          overlays: [],
          claims: [],
        },
      },
      { segment: (table, bytes, rows) => port.send(table, bytes, rows), minute: () => {} },
    );
    const send = (n: number): void => {
      const inner = ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000 + n, 53, new Uint8Array(9)));
      const packet = ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, n, ethernet(0x0800, inner)));
      capture.process(batchOf([{ bytes: packet, sec: START, nsec: n }]));
    };
    for (let n = 0; n < 3; n++) send(n);
    expect(waiting.take(LARGEST_APPEND, LARGEST_APPEND)).toBe(true);
    capture.finish();
    // Three sessions, and a packet of each.
    expect(capture.snapshot().rowsDropped).toBe(6);
    waiting.give(LARGEST_APPEND);
    send(3);
    capture.finish();
    expect(capture.snapshot().rowsDropped).toBe(6);
  });
});
