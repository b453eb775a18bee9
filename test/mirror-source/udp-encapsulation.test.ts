import { expect, test } from 'vitest';
import { GreEncapsulation } from '../../src/mirror-source/encapsulation.js';
import {
  GeneveEncapsulation,
  TzspEncapsulation,
  UdpEncapsulation,
  VxlanEncapsulation,
} from '../../src/mirror-source/udp-encapsulation.js';
import { MirrorType } from '../../src/model/mirror-point.js';
import { parseUdp, UdpHeader } from '../../src/wire/transport/udp.js';
import { ErspanGranularity } from '../../src/wire/tunnel/erspan.js';
import { parseTzsp, TzspHeader } from '../../src/wire/tunnel/tzsp.js';
import { FIRST_FLOW_PORT } from '../../src/wire/walk/flow.js';
import { ethernet, ipv4, udp } from '../support/frames.js';
import { hex } from '../support/hex.js';

const FRAME = ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 17, udp(1, 2, new Uint8Array(50))));

/** The UDP datagram in which the first `length` bytes of the frame are sent, taken apart. */
function send(e: UdpEncapsulation, flow: number, length = FRAME.length) {
  const buffer = new Uint8Array(2000);
  const n = e.emit(buffer, 100, FRAME, 0, length, FRAME.length, false, 0, 0, flow);
  expect(n).toBe(e.overhead + length);
  const header = new UdpHeader();
  const payload = 100 + parseUdp(buffer, 100, 100 + n, header);
  return { header, inside: buffer.slice(payload, 100 + n), bytes: buffer };
}

test('UDP has the source port of the flow, the length and no checksum', () => {
  const e = new UdpEncapsulation(4789, new VxlanEncapsulation(1));
  const { header } = send(e, 0xffffffff);
  expect(header).toEqual({
    sourcePort: 65535,
    destinationPort: 4789,
    length: 8 + 8 + FRAME.length,
    checksum: 0,
  });
  expect(send(e, 0).header.sourcePort).toBe(FIRST_FLOW_PORT);
  expect(send(e, 0x12344001).header.sourcePort).toBe(FIRST_FLOW_PORT + 1);
});

test('VXLAN: flags and network id, as RFC 7348 draws them', () => {
  const { inside } = send(new UdpEncapsulation(4789, new VxlanEncapsulation(0xabcdef)), 0);
  expect(inside.subarray(0, 8)).toEqual(hex('08000000 abcdef00'));
  expect(inside.subarray(8)).toEqual(FRAME);
});

test('GENEVE: no options, Ethernet, network id, as RFC 8926 draws them', () => {
  const { inside } = send(new UdpEncapsulation(6081, new GeneveEncapsulation(0xabcdef)), 0);
  expect(inside.subarray(0, 8)).toEqual(hex('00006558 abcdef00'));
  expect(inside.subarray(8)).toEqual(FRAME);
});

test('GRE in UDP carries what GRE carries, with its numbers', () => {
  const e = new UdpEncapsulation(
    4754,
    new GreEncapsulation({
      type: MirrorType.Erspan2,
      session: 5,
      index: undefined,
      hardware: 0,
      securityGroup: 0,
      granularity: ErspanGranularity.Microseconds100,
      key: undefined,
      sequence: false,
      checksum: false,
    }),
  );
  send(e, 0);
  const { inside } = send(e, 0);
  expect(inside.subarray(0, 16)).toEqual(hex('100088be 00000001 10000005 00000000'));
  expect(inside.subarray(16)).toEqual(FRAME);
});

test('TZSP numbers its packets and says how long the frame was', () => {
  const e = new UdpEncapsulation(37008, new TzspEncapsulation());
  const header = new TzspHeader();
  for (const [sequence, length] of [
    [0, FRAME.length],
    [1, 30],
  ]) {
    const { inside } = send(e, 0, length);
    const n = parseTzsp(inside, 0, inside.length, header);
    expect(header).toMatchObject({ type: 0, protocol: 1, sequence, frameLength: FRAME.length });
    expect(inside.subarray(n)).toEqual(FRAME.subarray(0, length));
  }
});
