import fc from 'fast-check';
import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import { compileFilter, FilterError } from '../../src/linux/libpcap.js';
import { PacketFilter } from '../../src/mirror-source/packet-filter.js';
import { bytes, ethernet, ipv4, ipv6, tcp, udp } from '../support/frames.js';
import { describeWith } from '../support/needs.js';

const http = ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 6, tcp(40000, 80, 16)));
const dns = ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.53', 17, udp(5353, 53, new Uint8Array(20))));
const dns6 = ethernet(0x86dd, ipv6('2001:db8::1', '2001:db8::53', 17, udp(5353, 53, new Uint8Array(20))));
const tagged = ethernet(0x0800, ipv4('10.0.0.1', '10.0.0.2', 6, tcp(40000, 80, 16)), [[0x8100, 10]]);
const FRAMES = { http, dns, dns6, tagged };

/** libpcap's own bpf_filter, for comparison. */
function oracle(): (program: Uint8Array, packet: Uint8Array, length: number, captured: number) => number {
  const lib = ['libpcap.so.1', 'libpcap.so.0.8'].flatMap((name) => {
    try {
      return [koffi.load(name)];
    } catch {
      return [];
    }
  })[0];
  return lib.func(
    'unsigned int bpf_filter(void *program, void *packet, unsigned int wirelen, unsigned int buflen)',
  );
}

describeWith(['libpcap.so'], 'filters', () => {
  describe('expressions', () => {
    test.each([
      ['tcp port 80', ['http']],
      ['udp', ['dns', 'dns6']],
      ['host 10.0.0.53', ['dns']],
      ['net 10.0.0.0/24 and not port 53', ['http']],
      ['vlan 10 and tcp port 80', ['tagged']],
      ['vlan', ['tagged']],
      ['ip6', ['dns6']],
      ['tcp[tcpflags] & tcp-syn != 0', []],
      ['less 60', ['http', 'tagged']],
      ['len > 60 and ip[2:2] = 48', ['dns']],
      ['ether[0] & 1 = 0 and (ip[8] * 2 + 3) % 7 >= 0', ['http', 'dns']],
    ])('%s', (expression, passing) => {
      const filter = new PacketFilter(compileFilter(expression));
      const passed = Object.entries(FRAMES)
        .filter(([, frame]) => filter.passes(frame, 0, frame.length, frame.length))
        .map(([name]) => name);
      expect(passed.sort()).toEqual([...passing].sort());
    });

    test("a wrong one is refused with libpcap's message", () => {
      expect(() => compileFilter('tcp portt 80')).toThrow(FilterError);
      expect(() => compileFilter('tcp portt 80')).toThrow(
        /^the filter "tcp portt 80" is wrong: .*syntax error/,
      );
      expect(() => compileFilter('host')).toThrow(/is wrong/);
    });
  });

  test('the frame may start anywhere, and a load beyond its end rejects it', () => {
    const filter = new PacketFilter(compileFilter('tcp port 80'));
    const moved = new Uint8Array(http.length + 20);
    moved.set(http, 7);
    expect(filter.passes(moved, 7, 7 + http.length, http.length)).toBe(true);
    expect(filter.passes(moved, 7, 7 + 30, http.length)).toBe(false);
  });

  test('every program gives the result that libpcap gives', () => {
    const bpfFilter = oracle();
    const expressions = [
      'tcp port 80 or udp portrange 50-60',
      'ip[0] & 0xf != 5 or ip6[6] = 17',
      '(ether[12:2] * 3 - 5) / 7 > 100 or ether[4:4] << 3 = 9',
      'ether[len - 1] > 7',
      'vlan 10 or mpls',
      'tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420',
      'ether broadcast or ether multicast',
      'ether[0:4] ^ ether[4:4] % 13 < 100 or -ether[0] > 5',
    ];
    for (const expression of expressions) {
      const program = compileFilter(expression);
      const filter = new PacketFilter(program);
      fc.assert(
        fc.property(
          fc.constantFrom(...Object.values(FRAMES)),
          fc.array(fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) }), { maxLength: 4 }),
          fc.nat({ max: 100 }),
          (frame, changes, cut) => {
            const packet = bytes(frame);
            for (const { at, value } of changes) packet[at % packet.length] = value;
            const captured = Math.max(1, packet.length - cut);
            expect(filter.passes(packet, 0, captured, packet.length)).toBe(
              bpfFilter(program, packet, packet.length, captured) !== 0,
            );
          },
        ),
        { numRuns: 400 },
      );
    }
  });
});
