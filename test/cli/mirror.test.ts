import { spawnSync } from 'node:child_process';
import { InvalidArgumentError } from 'commander';
import { beforeAll, describe, expect, test } from 'vitest';
import { integer, rate, speed } from '../../src/cli/mirror-options.js';
import { MAIN } from '../support/collector.js';
import { type Ran, runLines } from '../support/command-lines.js';

const TO = ['--to', '198.51.100.2'];
const TWO = ['--to', '198.51.100.2,198.51.100.3'];
const FILE = ['--file', 'nowhere.pcap'];

describe('a wrong command line fails with status 2 and a clear message', () => {
  const CASES: [args: string[], message: RegExp][] = [
    [[...FILE], /required option '--to <host>' not specified/],
    [TO, /^mirrorlake: mirror: say what to mirror: --interface IF or --file F, one of them$/m],
    [[...TO, ...FILE, '--interface', 'eth0'], /say what to mirror/],
    [[...FILE, '--to', '10.0.0.300'], /--to 10\.0\.0\.300: it is no IPv4 or IPv6 address, and no name$/m],
    [[...FILE, '--to', 'a,b c'], /--to b c: it is no IPv4 or IPv6 address, and no name$/m],
    [[...FILE, '--to', 'a,,b'], /There is an empty one among them/],
    [[...FILE, '--to', 'a,b', '--to', 'a'], /a is there twice/],
    [
      [...FILE, '--to', Array.from({ length: 33 }, (_, i) => `c${i}`).join()],
      /A mirror has at most 32 targets/,
    ],
    [[...TO, ...FILE, '--from', 'collector'], /--from collector: it is no IPv4 or IPv6 address$/m],
    [[...FILE, '--to', 'fe80::1%nowhere0'], /--to fe80::1%nowhere0: there is no interface nowhere0/],
    [[...TO, ...FILE, '--from', '2001:db8::1'], /--from and --to are of different kinds/],
    [[...TO, ...FILE, '--type', '4'], /Allowed choices are 1, 2, 3, gretap, vxlan, geneve, gre-udp, tzsp/],
    [[...TO, ...FILE, '--session', '1024'], /It is a number from 0 to 1023/],
    [[...TO, ...FILE, '--type', '1', '--session', '3'], /--session is for --type 2 and 3, not for 1/],
    [[...TO, ...FILE, '--type', '2', '--hardware', '3'], /--hardware is for --type 3, not for 2/],
    [[...TO, ...FILE, '--key', '3'], /--key is for --type gretap, not for 2/],
    [[...TO, ...FILE, '--type', 'vxlan', '--session', '3'], /--session is for --type 2 and 3, not for vxlan/],
    [
      [...TO, ...FILE, '--type', 'gre-udp', '--session', '3'],
      /--session is for --type 2 and 3, not for gre-udp with gretap/,
    ],
    [[...TO, ...FILE, '--type', 'tzsp', '--vni', '3'], /--vni is for --type vxlan and geneve, not for tzsp/],
    [[...TO, ...FILE, '--type', 'vxlan', '--vni', '16777216'], /It is a number from 0 to 16777215/],
    [[...TO, ...FILE, '--port', '4789'], /--port is for --type vxlan, geneve, gre-udp and tzsp, not for 2/],
    [[...TO, ...FILE, '--type', 'vxlan', '--port', '0'], /It is a number from 1 to 65535/],
    [[...TO, ...FILE, '--type', 'gre-udp', '--port', '4755'], /--port 4755 is GRE in DTLS \(RFC 8086\)/],
    [
      [...TO, ...FILE, '--no-udp-checksum'],
      /--no-udp-checksum is for --type vxlan, geneve, gre-udp and tzsp/,
    ],
    [[...TO, ...FILE, '--type', 'geneve', '--inside', '2'], /--inside is for --type gre-udp, not for geneve/],
    [[...TO, ...FILE, '--failover'], /--failover is for several targets: give --to more than once/],
    [[...TO, ...FILE, '--health', '9470'], /--health is for several targets: give --to more than once/],
    [[...TWO, ...FILE, '--health', 'x'], /It is a port, or a URL like http:\/\/collector:9470\/healthz/],
    [[...TWO, ...FILE, '--health', 'http://me:secret@x/'], /It is a port, or a URL like/],
    [[...TWO, ...FILE, '--health', '0'], /It is a number from 1 to 65535/],
    [[...TWO, ...FILE, '--health', 'http://x/'], /--health has 1 URLs for 2 targets: give one for each/],
    [
      [...TWO, ...FILE, '--health', 'http://x/', '--health', '9470'],
      /--health is one port for all targets, or a URL for each/,
    ],
    [[...TWO, ...FILE, '--health-interval', '2s'], /--health-interval goes with --health/],
    [[...TWO, ...FILE, '--health', '9470', '--health-interval', '1ms'], /It is a time from 200ms to 10m: 5s/],
    [[...TO, '--interface', 'lo', '--speed', '2'], /--speed goes with --file/],
    [[...TO, '--interface', 'lo', '--loop'], /--loop goes with --file/],
    [[...TO, ...FILE, '--no-promiscuous'], /--no-promiscuous goes with --interface/],
    [[...TO, '--file', '-', '--loop'], /--loop needs a file: stdin comes only once/],
    [[...TO, ...FILE, '--rate', 'fast'], /It is a number with bit, kbit, mbit, gbit or pps: 100mbit/],
    [[...TO, ...FILE, '--colour'], /unknown option '--colour'/],
  ];
  const LINES = CASES.map(([args]) => ['mirror', ...args]);
  let told: Ran[];
  beforeAll(async () => {
    told = await runLines(LINES);
  });

  test.each(CASES.map(([args, message], i) => [args, message, i] as const))('%j', (_, message, i) => {
    const { status, stdout, stderr } = told[i];
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([status, stdout]).toEqual([2, '']);
  });

  test('in a process of its own', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...LINES[3]], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual(told[3]);
  });
});

describe('values of options', () => {
  test('numbers', () => {
    expect(integer(0, 63)('17')).toBe(17);
    expect(integer(0, 0xffffffff)('0x1234')).toBe(0x1234);
    for (const text of ['', '-1', '64', '1.5', '1e1', 'x']) {
      expect(() => integer(0, 63)(text)).toThrow(InvalidArgumentError);
    }
  });

  test('rates', () => {
    expect(rate('100mbit')).toEqual({ unit: 'bit', perSecond: 1e8 });
    expect(rate('1.5Gbit')).toEqual({ unit: 'bit', perSecond: 1.5e9 });
    expect(rate('10000pps')).toEqual({ unit: 'packet', perSecond: 10000 });
    for (const text of ['0mbit', '5', 'mbit', '-1pps'])
      expect(() => rate(text)).toThrow(InvalidArgumentError);
  });

  test('speeds', () => {
    expect(speed('0.5')).toBe(0.5);
    expect(speed('max')).toBe(Number.POSITIVE_INFINITY);
    for (const text of ['0', '-1', 'fast', '']) expect(() => speed(text)).toThrow(InvalidArgumentError);
  });
});
