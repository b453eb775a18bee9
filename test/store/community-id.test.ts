import { createHash } from 'node:crypto';
import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { communityId } from '../support/community-id.js';

/** The 16 bytes of an address, through Node's parser. */
function bytes(text: string): Uint8Array {
  if (!text.includes(':'))
    return new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...text.split('.').map(Number)]);
  const [head, tail] = new SocketAddress({ family: 'ipv6', address: text }).address.split('::');
  const left = head.split(':').filter((g) => g !== '');
  const right = (tail ?? '').split(':').filter((g) => g !== '');
  const groups = [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  return new Uint8Array(groups.map((g) => Number.parseInt(g, 16)).flatMap((g) => [g >> 8, g & 0xff]));
}

// Reference values from the specification (baseline_deflt.json).
test.each([
  [1, '10.0.0.1', '10.0.0.2', 11, 0, '1:YHxtAirCG//0OzkcVAukqKQN9xM='],
  [1, '192.168.0.1', '192.168.0.89', 0, 8, '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '192.168.0.89', '192.168.0.1', 8, 0, '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [132, '192.168.170.56', '192.168.170.8', 7, 7, '1:MP2EtRCAUIZvTw6MxJHLV7N7JDs='],
  [132, '192.168.170.8', '192.168.170.56', 7, 7, '1:MP2EtRCAUIZvTw6MxJHLV7N7JDs='],
  [17, '192.168.1.52', '8.8.8.8', 54585, 53, '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
  [17, '8.8.8.8', '192.168.1.52', 53, 54585, '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
  [46, '10.1.12.1', '10.1.12.2', 0, 0, '1:KHlLkgoJW7ifUTyTSgyVfkFHzKw='],
  [46, '10.1.12.2', '10.1.12.1', 0, 0, '1:KHlLkgoJW7ifUTyTSgyVfkFHzKw='],
  [58, '3ffe:501:0:1001::2', '3ffe:507:0:1:200:86ff:fe05:80da', 129, 128, '1:+TW+HtLHvV1xnGhV1lv7XoJrqQg='],
  [58, '3ffe:501:1800:2345::2', '3ffe:507:0:1:200:86ff:fe05:80da', 3, 0, '1:2ObVBgIn28oZvibYZhZMBgh7WdQ='],
  [
    58,
    '3ffe:501:410:0:2c0:dfff:fe47:33e',
    '3ffe:507:0:1:200:86ff:fe05:80da',
    1,
    4,
    '1:hLZd0XGWojozrvxqE0dWB1iM6R0=',
  ],
  [58, '3ffe:507:0:1:200:86ff:fe05:80da', '3ffe:501:0:1001::2', 128, 129, '1:+TW+HtLHvV1xnGhV1lv7XoJrqQg='],
  [58, 'fe80::200:86ff:fe05:80da', 'fe80::260:97ff:fe07:69ea', 135, 0, '1:dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  [58, 'fe80::200:86ff:fe05:80da', 'fe80::260:97ff:fe07:69ea', 136, 0, '1:zavyT/cezQr1fmImYCwYnMXbgck='],
  [58, 'fe80::200:86ff:fe05:80da', 'ff02::2', 133, 0, '1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0='],
  [58, 'fe80::260:97ff:fe07:69ea', 'fe80::200:86ff:fe05:80da', 135, 0, '1:zavyT/cezQr1fmImYCwYnMXbgck='],
  [58, 'fe80::260:97ff:fe07:69ea', 'ff02::1', 134, 0, '1:pkvHqCL88/tg1k4cPigmZXUtL00='],
  [6, '128.232.110.120', '66.35.250.204', 34855, 80, '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [6, '66.35.250.204', '128.232.110.120', 80, 34855, '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [
    6,
    '2001:470:e5bf:dead:4957:2174:e82c:4887',
    '2607:f8b0:400c:c03::1a',
    63943,
    25,
    '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=',
  ],
  [
    6,
    '2607:f8b0:400c:c03::1a',
    '2001:470:e5bf:dead:4957:2174:e82c:4887',
    25,
    63943,
    '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=',
  ],
])('protocol %i, %s to %s, %i %i', (protocol, source, destination, sport, dport, expected) => {
  const version = source.includes(':') ? 6 : 4;
  expect(communityId(version, bytes(source), bytes(destination), protocol, sport, dport)).toBe(expected);
});

test('a session without IP has no Community ID', () => {
  expect(communityId(0, new Uint8Array(16), new Uint8Array(16), 0, 0, 0)).toBe('');
});

test('a Community ID does not depend on those made before it', () => {
  const conversation = fc.record({
    version: fc.constantFrom(4, 6),
    protocol: fc.constantFrom(6, 17, 132, 47),
    source: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    destination: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    ports: fc.tuple(fc.nat({ max: 0xffff }), fc.nat({ max: 0xffff })),
  });
  // Six thousand conversations: more than are remembered.
  fc.assert(
    fc.property(fc.array(conversation, { minLength: 60, maxLength: 60 }), (conversations) => {
      for (const { version, protocol, source, destination, ports } of [...conversations, ...conversations]) {
        const first = version === 4 ? 12 : 0;
        const ends = [source, destination].map((address, i) => ({
          address: Buffer.from(address.subarray(first)),
          port: ports[i],
        }));
        ends.sort((a, b) => Buffer.compare(a.address, b.address) || a.port - b.port);
        const hashed = createHash('sha1')
          .update(Buffer.from([0, 0]))
          .update(Buffer.concat([ends[0].address, ends[1].address]))
          .update(Buffer.from([protocol, 0]));
        if (protocol !== 47) hashed.update(Buffer.from(ends.flatMap(({ port }) => [port >> 8, port & 0xff])));
        const id = communityId(version, source, destination, protocol, ports[0], ports[1]);
        expect(id).toBe(`1:${hashed.digest('base64')}`);
      }
    }),
  );
});
