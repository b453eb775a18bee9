import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Messages } from '../../src/linux/messages.js';
import { OuterPacket } from '../../src/model/outer-packet.js';
import { CONTROL, IcmpError, outerOf, quotedOf } from '../../src/tunnels/engine/receiver-sockets.js';
import { TunnelTable } from '../../src/tunnels/kernel/table.js';
import { parseTunnelSpec } from '../../src/tunnels/spec/spec.js';
import { gre, ipv4, ipv6 } from '../support/frames.js';

const SIZE = 256;

/** A message as the kernel leaves it: bytes, and ancillary data of a given length. */
class Left extends Messages {
  private received = 0;
  private ancillary = 0;

  constructor() {
    super(1, SIZE, CONTROL);
  }

  leave(bytes: Uint8Array, control: Uint8Array = new Uint8Array(0)): this {
    this.bytes.set(bytes.subarray(0, SIZE), this.offset(0));
    this.bytes.set(control, this.controlOffset(0));
    this.received = bytes.length;
    this.ancillary = control.length;
    return this;
  }

  override length(): number {
    return this.received;
  }
  override controlLength(): number {
    return this.ancillary;
  }
}

const left = new Left();
const packet = new OuterPacket();
const error = new IcmpError();

/** struct cmsghdr and its data, padded to 8 bytes. */
function cmsg(level: number, type: number, data: Uint8Array): Uint8Array {
  const out = new Uint8Array((16 + data.length + 7) & ~7);
  const view = new DataView(out.buffer);
  view.setUint32(0, 16 + data.length, true);
  view.setInt32(8, level, true);
  view.setInt32(12, type, true);
  out.set(data, 16);
  return out;
}

describe('packets from raw sockets', () => {
  it('have their interface, and over IPv6 their address and traffic class, from ancillary data', () => {
    const four = ipv4('10.0.0.1', '10.0.0.2', 47, gre(0x0800, new Uint8Array(20)), { tos: 0x2b });
    expect(
      outerOf(
        left.leave(four, cmsg(0, 8, new Uint8Array([7, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]))),
        0,
        false,
        packet,
      ),
    ).toBe(true);
    expect([packet.ipVersion, packet.link, packet.tos, packet.end - packet.gre]).toEqual([4, 7, 0x2b, 24]);

    const info = new Uint8Array(20).fill(0xfd, 0, 16);
    info[16] = 9;
    const control = Buffer.concat([cmsg(41, 67, new Uint8Array([0xb8, 0, 0, 0])), cmsg(41, 50, info)]);
    expect(outerOf(left.leave(gre(0x0800, new Uint8Array(20)), control), 0, true, packet)).toBe(true);
    expect([packet.ipVersion, packet.link, packet.tos]).toEqual([6, 9, 0xb8]);
    expect([...packet.bytes.subarray(packet.destination, packet.destination + 16)]).toEqual(
      new Array(16).fill(0xfd),
    );
    expect(outerOf(left.leave(gre(0x0800, new Uint8Array(20))), 0, true, packet)).toBe(false);
  });

  it('are found in ICMP errors that quote them', () => {
    const quoted = ipv4('10.0.0.1', '10.0.0.2', 47, gre(0x0800, new Uint8Array(4)));
    const icmp = new Uint8Array([3, 4, 0, 0, 0, 0, 5, 0, ...quoted]);
    expect(quotedOf(left.leave(ipv4('10.0.0.9', '10.0.0.1', 1, icmp)), 0, false, error, packet)).toBe(true);
    expect([error.type, error.code, packet.end - packet.gre]).toEqual([3, 4, 8]);
    const udp = new Uint8Array([
      3,
      4,
      0,
      0,
      0,
      0,
      5,
      0,
      ...ipv4('10.0.0.1', '10.0.0.2', 17, new Uint8Array(8)),
    ]);
    expect(quotedOf(left.leave(ipv4('10.0.0.9', '10.0.0.1', 1, udp)), 0, false, error, packet)).toBe(false);

    const options = new Uint8Array([47, 0, 4, 1, 4, 1, 1, 0, ...gre(0x0800, new Uint8Array(4))]);
    const six = new Uint8Array([2, 0, 0, 0, 0, 0, 5, 0, ...ipv6('fd00::1', 'fd00::2', 60, options)]);
    expect(quotedOf(left.leave(six), 0, true, error, packet)).toBe(true);
    expect([error.type, packet.end - packet.gre]).toEqual([2, 8]);
  });

  it('are accepted with any bytes', () => {
    const table = new TunnelTable();
    table.add(parseTunnelSpec('a mode gre remote any'));
    table.add(parseTunnelSpec('b mode ip6gre remote any key 1'));
    table.add(parseTunnelSpec('c mode erspan remote any key 1 seq'));
    const bytes = fc.uint8Array({ maxLength: SIZE });
    fc.assert(
      fc.property(bytes, fc.uint8Array({ maxLength: CONTROL }), fc.boolean(), (data, control, six) => {
        left.leave(data, control);
        if (outerOf(left, 0, six, packet)) table.rcv(packet);
        if (quotedOf(left, 0, six, error, packet)) table.quoted(packet);
      }),
      { numRuns: 3000 },
    );
  });
});
