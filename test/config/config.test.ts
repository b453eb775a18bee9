import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_UDP_INPUTS } from '../../src/config/bounds.js';
import {
  ConfigError,
  defaultConfig,
  loadConfig,
  overrideConfig,
  parseConfig,
} from '../../src/config/load.js';
import { configReference } from '../../src/config/reference.js';
import { parseDuration, parsePrefix, parseSize, prefixHolds } from '../../src/config/units.js';
import { parseAddress } from '../../src/wire/ip/addresses.js';

function mistakes(text: string): string[] {
  try {
    parseConfig(text, 'm.yaml');
  } catch (e) {
    expect(e).toBeInstanceOf(ConfigError);
    expect((e as ConfigError).exitCode).toBe(2);
    return (e as ConfigError).message.split('\n');
  }
  return [];
}

describe('the configuration file', () => {
  it('may be empty, because every key has a default', () => {
    expect(parseConfig('', 'm.yaml')).toEqual(defaultConfig());
    expect(parseConfig('# nothing yet\n', 'm.yaml')).toEqual(defaultConfig());
  });

  it('has durations, sizes, prefixes and listening addresses in their usual notation', () => {
    const c = parseConfig(
      `
store: http://lake@ch1:8123/mirrorlake
interfaces: [eth1, eth2]
workers: 4
ring_size: 128MiB
listen: '[::1]:9470'
sessions: { active: 15m, tcp_idle: 1h30m }
retention: 90d
unknown_mirrors: refuse
mirrors:
  - name: core
    site: ams
    source: 10.0.0.0/8
    session: 77
    deduplicate: 20ms
    tap: tap0
    separate_by: [vni, vlan]
  - name: edge
    separate_by: []
overlays: [vxlan:4799, none:8472]
tunnels:
  - Tunnel-1 mode gre remote 10.9.0.2 local 10.9.0.1
  - tunnel: Tunnel-2 mode gretap remote 10.9.0.3 local 10.9.0.1
    addresses: [10.10.10.1/24]
`,
      'm.yaml',
    );
    expect(c.ring_size).toBe(128 * 2 ** 20);
    expect(c.listen).toEqual({ host: '::1', port: 9470 });
    expect(c.sessions).toMatchObject({ active: 900, tcp_idle: 5400, udp_idle: 60 });
    expect(c.retention).toBe(90 * 86400);
    expect(c.mirrors[0]).toMatchObject({
      name: 'core',
      site: 'ams',
      session: 77,
      deduplicate: 0.02,
      separate_by: ['vni', 'vlan'],
      observe: true,
    });
    expect(c.mirrors[0].source?.bits).toBe(104);
    expect(c.mirrors[1].separate_by).toEqual([]);
    expect(c.separate_by).toEqual(['vni']);
    expect(c.overlays).toEqual([
      { kind: 'vxlan', port: 4799 },
      { kind: 'none', port: 8472 },
    ]);
    expect(c.tunnels[1]).toMatchObject({ addresses: ['10.10.10.1/24'], observe: false });
  });

  it('is refused with the line, column and key of every mistake', () => {
    const text = [
      'workers: two',
      'nope: 1',
      'sessions:',
      '  active: 1 parsec',
      '  tcp_idle: 99999999',
      '  capacty: 5',
      'mirrors:',
      '  - name: a',
      '    source: 10.0.0.0/33',
      '  - source: 10.0.0.1',
      '    session: 4294967296',
      '    type: spam',
      'listen: everywhere',
      'receiver: fast',
      'tunnels: [5]',
      'overlays: [vxlan, vxlan:0, vlan:7, "gtpu:65536"]',
      'separate_by: [vni, tenant]',
    ].join('\n');
    expect(mistakes(text)).toEqual([
      'm.yaml:1:1: workers: must be a number',
      'm.yaml:2:1: nope: there is no such key',
      'm.yaml:4:3: sessions.active: "1 parsec" is not a duration: write 90s, 15m, 12h, 30d',
      'm.yaml:5:3: sessions.tcp_idle: must be between 1 and 7200 seconds',
      'm.yaml:6:3: sessions.capacty: there is no such key',
      'm.yaml:9:5: mirrors.0.source: "10.0.0.0/33" is not an address or prefix: write ' +
        '10.0.0.0/8, 192.0.2.1, 2001:db8::/32',
      'm.yaml:10:5: mirrors.1.name: is missing',
      'm.yaml:11:5: mirrors.1.session: must be at most 4294967295',
      'm.yaml:12:5: mirrors.1.type: must be one of: erspan1, erspan2, erspan3, gre, gretap, pptp, ' +
        'mellanox, vxlan, vxlan-gpe, geneve, gre-udp, tzsp, jmirror, erm, span, capture',
      'm.yaml:13:1: listen: "everywhere" is not HOST:PORT: write 127.0.0.1:9470 or [::1]:9470',
      'm.yaml:14:1: receiver: must be one of: raw, ring, xdp',
      'm.yaml:15:11: tunnels.0: must be a string, or must be a map of keys',
      ...['vxlan', 'vxlan:0', 'vlan:7', 'gtpu:65536'].map(
        (word, i) =>
          `m.yaml:16:${[12, 19, 28, 36][i]}: overlays.${i}: "${word}" is not KIND:PORT, KIND ` +
          'one of vxlan, vxlan-gpe, geneve, gtpu, gre, mpls, none: write vxlan:4799',
      ),
      'm.yaml:17:20: separate_by.1: must be one of: vni, vlan, teid',
    ]);
    const sessions = ['erspan2', 'erspan3', 'vxlan'].map((type) => `{name: a, type: ${type}, session: 1024}`);
    expect(mistakes(`mirrors: [{name: a, session: 4294967295}, ${sessions.join(', ')}]`)).toEqual([
      'm.yaml:1:68: mirrors.1.session: must be at most 1023 with type erspan2',
      'm.yaml:1:109: mirrors.2.session: must be at most 1023 with type erspan3',
    ]);
    expect(mistakes('workers: 65')).toEqual(['m.yaml:1:1: workers: must be at most 64']);
  });

  it('has the inputs that it lists, and GRE without a list', () => {
    const of = (text: string): unknown => parseConfig(text, 'm.yaml').inputs;
    expect(of('')).toEqual({ gre: true, udp: [], span: [] });
    expect(of('inputs: [vxlan, geneve:6082, { span: eth1 }, vxlan:4789]')).toEqual({
      gre: false,
      udp: [
        { kind: 'vxlan', port: 4789 },
        { kind: 'geneve', port: 6082 },
      ],
      span: ['eth1'],
    });
    const kinds = 'vxlan, vxlan-gpe, geneve, gre-udp, tzsp, jmirror, erm';
    const words = `gre, or KIND[:PORT], KIND one of ${kinds}`;
    expect(mistakes('inputs: [gre, vxlam, vxlan:0, "gre-udp:4755", 7, { spam: x }, { span: a/b }]')).toEqual([
      `m.yaml:1:15: inputs.1: "vxlam" is no input: write ${words}`,
      'm.yaml:1:22: inputs.2: "vxlan:0": a UDP port is a number from 1 to 65535',
      'm.yaml:1:31: inputs.3: "gre-udp:4755": 4755 is GRE in DTLS (RFC 8086), which is encrypted: take ' +
        'another port',
      `m.yaml:1:47: inputs.4: 7 is no input: write ${words}, or { span: INTERFACE }`,
      `m.yaml:1:50: inputs.5: {"spam":"x"} is no input: write ${words}, or { span: INTERFACE }`,
      'm.yaml:1:63: inputs.6: "a/b" cannot be an interface name',
    ]);
    expect(mistakes('inputs: []')).toEqual([`m.yaml:1:1: inputs: list at least one: ${words}`]);
    expect(mistakes('inputs: [vxlan:5000, geneve:5000]')).toEqual([
      'm.yaml:1:1: inputs: UDP port 5000 is both vxlan and geneve: give one of them another port',
    ]);
    const many = Array.from({ length: MOST_UDP_INPUTS + 1 }, (_, i) => `vxlan:${5000 + i}`).join(', ');
    expect(mistakes(`inputs: [${many}]`)).toEqual(['m.yaml:1:1: inputs: these are 65 UDP ports: 64 at most']);
    expect(mistakes('inputs: [vxlan]\nhardware_time: { marker_port: 4789 }')).toEqual([
      'm.yaml:2:18: hardware_time.marker_port: UDP port 4789 is that of vxlan among inputs: give one of ' +
        'them another port',
    ]);
    expect(() => overrideConfig(defaultConfig(), { inputs: ['vxlam'] })).toThrow(
      `--input: "vxlam" is no input: write ${words}`,
    );
  });

  it('is refused with the place of what is not YAML, or not a map', () => {
    expect(mistakes('a: [')[0]).toMatch(/^m\.yaml:1:5: /);
    expect(mistakes('workers: 5\nworkers: 6')).toEqual(['m.yaml:2:1: Map keys must be unique']);
    expect(mistakes('- 1')).toEqual(['m.yaml:1:1: the file: must be a map of keys']);
  });

  it('is loaded from a file, or the error names what is missing', () => {
    expect(() => loadConfig('/nonexistent/m.yaml')).toThrow(
      '/nonexistent/m.yaml: there is no such file; begin with packaging/mirrorlake.yaml',
    );
    expect(() => loadConfig('/')).toThrow('/: is a directory: name the file in it');
    const file = join(mkdtempSync(join(tmpdir(), 'mirrorlake-config-')), 'm.yaml');
    writeFileSync(file, 'workers: 3\n');
    expect(loadConfig(file).workers).toBe(3);
  });

  it.each<[string, string, RegExp]>([
    [
      'an alias bomb',
      'a: &a ' +
        `[x]\n${[...'bcdefghi']
          .map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]`)
          .join('\n')}`,
      /^m\.yaml: Excessive alias count/,
    ],
    ['many aliases', `a: &a x\nb: [${Array(101).fill('*a')}]`, /^m\.yaml:2:\d+: has more than 100 aliases$/],
    ['an alias of nothing', 'workers: *two', /^m\.yaml:1:10: there is no anchor &two before it$/],
    ['an alias of itself', 'mirrors: &m [*m]', /^m\.yaml:1:14: mirrors\.0: must be a map of keys$/],
    ['deep lists', `a: ${'['.repeat(500_000)}`, /^m\.yaml:1:\d+: is nested deeper than 32 levels$/],
    ['deep maps', `${'{a: '.repeat(100_000)}`, /^m\.yaml:1:\d+: is nested deeper than 32 levels$/],
    ['deep blocks', `a:\n ${'- '.repeat(100_000)}x`, /^m\.yaml:2:\d+: is nested deeper than 32 levels$/],
    ['no end of words', '- 1\n'.repeat(150_000), /^m\.yaml:\d+:\d+: has too much in it/],
    ['NUL', 'store: a\0b', /^m\.yaml:1:9: has a character that no text has: U\+0000$/],
    ['an escape', 'collector: c\x1b[31m', /^m\.yaml:1:13: has a character that no text has: U\+001B$/],
    ['__proto__', '__proto__: { store: x }', /^m\.yaml:1:1: __proto__: there is no such key$/],
    [
      'constructor',
      'sessions: { constructor: 1 }',
      /^m\.yaml:1:13: sessions\.constructor: there is no such key$/,
    ],
    [
      'a merge',
      'mirrors: [{ name: a, <<: { session: 1 } }]',
      /^m\.yaml:1:22: mirrors\.0\.<<: there is no such key$/,
    ],
    ['a list as a key', '? [a, b]\n: 1', /^m\.yaml:1:1: \[ a, b \]: there is no such key$/],
    ['not a number', 'workers: .nan', /^m\.yaml:1:1: workers: must be a /],
    ['no end', 'workers: .inf', /^m\.yaml:1:1: workers: must be /],
    ['a huge number', 'workers: 99999999999999999999999', /^m\.yaml:1:1: workers: must be /],
    ['a huge duration', 'retention: 1e999', /^m\.yaml:1:1: retention: must be /],
    ['a huge size', 'ring_size: 99999999999999999999999', /^m\.yaml:1:1: ring_size: "1e\+23" is not a size/],
    ['bytes', 'collector: !!binary aGk=', /^m\.yaml:1:1: collector: must be a string$/],
    ['another tag', 'collector: !reset x', /^m\.yaml:1:12: Unresolved tag: !reset$/],
    ['two documents', 'workers: 1\n---\nworkers: 2', /^m\.yaml:2:1: Source contains multiple documents/],
    ['lines in a value', 'listen: "a\\nb"', /^m\.yaml:1:1: listen: "a b" is not HOST:PORT/],
    ['a long value', `listen: ${'x'.repeat(100_000)}`, /^m\.yaml:1:1: listen: "x{290,300}…$/],
  ])('is refused in one line for %s', (_, text, line) => {
    const said = mistakes(text);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(line);
  });

  it('has groups of mirrors, which need no more than the same word', () => {
    const c = parseConfig(
      `
mirrors:
  - { name: a, source: 10.0.0.1, group: pair }
  - { name: b, source: 10.0.0.2, group: pair, separate_by: [vlan] }
  - { name: leaves, source: 10.1.0.0/24, group: fabric }
  - { name: any, group: all }
groups:
  - { name: pair, window: 20ms, separate_by: [vlan] }
`,
      'm.yaml',
    );
    expect(c.mirrors.map(({ group }) => group)).toEqual(['pair', 'pair', 'fabric', 'all']);
    expect(c.groups).toEqual([{ name: 'pair', window: 0.02, separate_by: ['vlan'] }]);
    expect(parseConfig('mirrors: [{ name: a, group: x }]\ngroups: [{ name: x }]', 'm').groups).toEqual([
      { name: 'x', window: 0.05, separate_by: [] },
    ]);
  });

  const TWO = 'mirrors:\n- { name: a, source: 10.0.0.1, group: g }\n- { name: b, source: 10.0.0.2, group: g';
  it.each([
    [
      'one mirror',
      'mirrors:\n- name: a\n  source: 10.0.0.1\n  group: pair',
      'm.yaml:4:3: mirrors.0.group: no other mirror is in the group pair, and one alone is none: give ' +
        'another the same word',
    ],
    [
      'a group that nobody is in',
      `${TWO} }\ngroups:\n- name: h`,
      'm.yaml:5:3: groups.0.name: no entry of `mirrors` has `group: h`',
    ],
    [
      'two of a name',
      `${TWO} }\ngroups: [{ name: g }, { name: g }]`,
      'm.yaml:4:25: groups.1.name: there is a group g already',
    ],
    [
      'a window of nothing',
      `${TWO} }\ngroups: [{ name: g, window: 0 }]`,
      'm.yaml:4:21: groups.0.window: must be between 0.001 and 10 seconds',
    ],
    [
      'other separators',
      `${TWO}, separate_by: [vni] }`,
      'm.yaml:3:42: mirrors.1.separate_by: the group g has []: say it once, as `separate_by` in ' +
        '`groups`',
    ],
    [
      'PPTP',
      `${TWO}, type: pptp }`,
      'm.yaml:3:32: mirrors.1.group: a PPTP tunnel is no mirror: both its directions are in one row ' +
        'without a group',
    ],
    [
      "a tunnel's other end",
      `${TWO}, type: gre }\ntunnels: [t mode gre remote 10.0.0.2 local 10.0.0.9]`,
      'm.yaml:3:32: mirrors.1.group: 10.0.0.2 is the remote end of a tunnel: a group is of mirrors',
    ],
    [
      'a tunnel',
      'tunnels: [{ tunnel: t mode gre remote 10.0.0.2, group: g }]',
      'm.yaml:1:49: tunnels.0.group: there is no such key',
    ],
  ])('is refused in one line for a group with %s', (_, text, line) => {
    expect(mistakes(text)).toEqual([line]);
  });

  it('is refused with twenty mistakes at once, and the number of others', () => {
    for (const text of [
      Array.from({ length: 1000 }, (_, i) => `k${i}: 1`).join('\n'),
      `mirrors:\n${'  - { name: 5 }\n'.repeat(1000)}`,
      'k: 1\n'.repeat(1001),
    ]) {
      const said = mistakes(text);
      expect(said).toHaveLength(21);
      expect(said[20]).toBe('m.yaml: and 980 more');
    }
  });

  it('is read without waiting and within limits, whatever its path names', () => {
    const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-config-'));
    const file = join(directory, 'm.yaml');
    const said = (name: string): string => {
      try {
        loadConfig(name);
      } catch (e) {
        expect(e).toBeInstanceOf(ConfigError);
        return (e as ConfigError).message;
      }
      return '';
    };
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    expect(said(join(directory, 'fifo'))).toMatch(/fifo: is no regular file: write it to one/);
    expect(said('/dev/zero')).toMatch(/^\/dev\/zero: is no regular file/);
    expect(said(directory)).toMatch(/: is a directory: name the file in it$/);
    execFileSync('python3', [
      '-c',
      `import socket; socket.socket(socket.AF_UNIX).bind('${directory}/socket')`,
    ]);
    expect(said(join(directory, 'socket'))).toMatch(/socket: is no regular file/);
    writeFileSync(file, `${'#'.repeat(1 << 20)}\n`);
    expect(said(file)).toMatch(/m\.yaml: is larger than 1048576 bytes/);
    writeFileSync(file, Buffer.from('workers: 2\ncollector: \xff\n', 'latin1'));
    expect(said(file)).toBe(`${file}:2:1: is not UTF-8 text`);
    writeFileSync(file, Buffer.from('\ufeffworkers: 2\n', 'utf16le'));
    expect(said(file)).toBe(`${file}:1:1: is not UTF-8 text`);
    writeFileSync(file, '\ufeffworkers: 3\r\ncollector: é\r\n');
    expect(loadConfig(file)).toMatchObject({ workers: 3, collector: 'é' });
  });

  it('may have ten thousand mirrors', () => {
    const entries = Array.from({ length: 10_000 }, (_, i) => `  - { name: m${i}, session: ${i % 1024} }\n`);
    const text = `mirrors:\n${entries.join('')}`;
    expect(parseConfig(text, 'm.yaml').mirrors).toHaveLength(10_000);
  });

  it('is documented by a page generated from its schema', () => {
    const page = readFileSync(new URL('../../docs/reference/config.md', import.meta.url), 'utf8');
    expect(page).toBe(configReference());
    expect(page).not.toMatch(/\| +\|$/m);
  });
});

describe('units:', () => {
  it.each([
    ['90', 90],
    ['1.5s', 1.5],
    ['1h30m', 5400],
    ['20ms', 0.02],
    ['2w', 1209600],
    ['', Number.NaN],
    ['5 m', Number.NaN],
    ['m', Number.NaN],
    ['-5s', Number.NaN],
  ])('a duration: %j', (text, seconds) => expect(parseDuration(text)).toBe(seconds));

  it.each([
    ['10', 10],
    ['64MiB', 67108864],
    ['64M', 67108864],
    ['10GB', 1e10],
    ['1.5 KiB', 1536],
    ['10 parsecs', Number.NaN],
    ['', Number.NaN],
  ])('a size: %j', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it('a prefix, which holds the addresses that share its bits', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.integer({ min: 0, max: 128 }),
        fc.integer({ min: 0, max: 127 }),
        (address, bits, flip) => {
          const other = address.slice();
          other[flip >>> 3] ^= 0x80 >>> (flip & 7);
          const p = { address, bits, text: '' };
          expect(prefixHolds(p, address)).toBe(true);
          expect(prefixHolds(p, other)).toBe(flip >= bits);
        },
      ),
    );
    const bytes = (text: string): Uint8Array => {
      const out = new Uint8Array(16);
      expect(parseAddress(text, out, 0)).not.toBe(0);
      return out;
    };
    const ten = parsePrefix('10.0.0.0/8')!;
    expect(prefixHolds(ten, bytes('10.255.1.2'))).toBe(true);
    expect(prefixHolds(ten, bytes('11.0.0.0'))).toBe(false);
    expect(prefixHolds(ten, bytes('a00::'))).toBe(false);
    for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129', 'x/8']) {
      expect(parsePrefix(text)).toBeUndefined();
    }
  });
});
