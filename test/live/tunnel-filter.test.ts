/** The filter that keeps packets of tunnels from receivers, on sockets of the loopback interface. */
import { expect, it } from 'vitest';
import { AF_INET, AF_INET6, sockaddrIn, sockaddrIn6 } from '../../src/linux/address.js';
import { attachFilter } from '../../src/linux/bpf.js';
import * as libc from '../../src/linux/libc.js';
import { Messages } from '../../src/linux/messages.js';
import { closeSocket, IPPROTO_GRE, IPPROTO_RAW, openSocket, SOCK_RAW } from '../../src/linux/socket.js';
import { tunnelFilter } from '../../src/tunnels/service.js';
import { parseTunnelSpec } from '../../src/tunnels/spec/spec.js';
import { gre, ipv4, ipv6 } from '../support/frames.js';
import { describeWith } from '../support/needs.js';

/** The last bytes of the GRE payloads that pass the filter of these tunnels. */
function arrivals(
  six: boolean,
  specs: string[],
  sent: readonly { source: string; gre: Uint8Array }[],
): number[] {
  const family = six ? AF_INET6 : AF_INET;
  const receiver = openSocket(family, SOCK_RAW, IPPROTO_GRE, true);
  const sender = openSocket(family, SOCK_RAW, IPPROTO_RAW, true);
  const messages = new Messages(64, 2048);
  try {
    attachFilter(receiver, tunnelFilter(specs.map(parseTunnelSpec), six));
    for (const { source, gre: payload } of sent) {
      const packet = six ? ipv6(source, '::1', 47, payload) : ipv4(source, '127.0.0.1', 47, payload);
      const loopback = new Uint8Array(16);
      loopback[15] = 1;
      const to = six ? sockaddrIn6(loopback) : sockaddrIn(new Uint8Array([127, 0, 0, 1]));
      expect(libc.sendto(sender, packet, packet.length, 0, to, to.length)).toBe(packet.length);
    }
    const n = messages.receive(receiver);
    return Array.from({ length: n }, (_, i) => messages.bytes[messages.offset(i) + messages.length(i) - 1]);
  } finally {
    messages.close();
    closeSocket(receiver);
    closeSocket(sender);
  }
}

const inner = (mark: number) => {
  const packet = ipv4('10.0.0.1', '10.0.0.2', 17, new Uint8Array(20));
  packet[packet.length - 1] = mark;
  return packet;
};

describeWith(['root'], 'the filter of tunnel packets', () => {
  it.each([
    [false, '127.0.0.2', '127.0.0.3', '127.0.0.1', ''],
    [true, '::1', '::1', '::1', 'ip6'],
  ])('drops exactly the tunnels’ own packets (IPv6: %s)', (six, remote, other, local, mode) => {
    const plain = gre(0x0800, inner(1));
    const keyed = gre(0x0800, inner(2), { key: 42 });
    const summed = gre(0x0800, inner(3), { key: 42, checksum: true });
    const ethernet = gre(0x6558, inner(4), { key: 42 });
    const mirrored = gre(0x88be, inner(5), { key: 42 });
    const wrongKey = gre(0x0800, inner(6), { key: 43 });
    const sent = [plain, keyed, summed, ethernet, mirrored, wrongKey].map((g) => ({
      source: remote,
      gre: g,
    }));
    if (!six) sent.push({ source: other, gre: gre(0x0800, inner(7), { key: 42 }) });
    const rest = six ? [] : [7];
    const spec = (m: string, more = '') => `t${m} mode ${mode}${m} local ${local} remote ${remote} ${more}`;
    expect(arrivals(six, [], sent)).toEqual([1, 2, 3, 4, 5, 6, ...rest]);
    expect(arrivals(six, [spec('gre', 'key 42')], sent)).toEqual([1, 4, 5, 6, ...rest]);
    expect(arrivals(six, [spec('gre')], sent)).toEqual([2, 3, 4, 5, 6, ...rest]);
    expect(arrivals(six, [spec('gretap', 'key 42'), spec('gre', 'key 43')], sent)).toEqual([
      1,
      2,
      3,
      5,
      ...rest,
    ]);
    // Packets that are observed, or that may belong to another, pass.
    expect(arrivals(six, [spec('gre', 'key 42 observe')], sent)).toEqual([1, 2, 3, 4, 5, 6, ...rest]);
    expect(arrivals(six, [`t mode ${mode}gre remote ${remote} key 42`], sent)).toEqual([
      1,
      2,
      3,
      4,
      5,
      6,
      ...rest,
    ]);
  });
});
