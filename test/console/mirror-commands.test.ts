/** The commands that make a device mirror: what is filled in, what is refused, and the page made of them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { example, MIRRORS_PAGE, mirrorsPage } from '../../packaging/mirrors-page.js';
import { parseConfig } from '../../src/config/load.js';
import { prefixHolds } from '../../src/config/units.js';
import {
  type Field,
  mirrorCommands,
  mirrorInputSchema,
  PLATFORMS,
  type Platform,
  parseMirrorInput,
  plain,
  type Text,
} from '../../src/console/mirror-commands.js';
import { UsageError } from '../../src/model/errors.js';
import { parseAddress } from '../../src/wire/ip/addresses.js';

const V6 = { collector: '2001:db8::10', source: '2001:db8:0:1::11' };

/** Values that occur nowhere in the templates, so that one that is found was filled in. */
const GIVEN: Readonly<Record<string, string | number>> = {
  name: 'core-3',
  collector: '192.0.2.77',
  source: '10.9.8.7',
  session: 777,
  number: 29,
  vrf: 'mgmt-red',
  truncate: 1234,
  ttl: 93,
  bridge: 'br-lake9',
  epg: 'ten1/app2/grp3',
};

/** All inputs that a platform takes. */
function everything(platform: Platform): Record<string, unknown> {
  const taken = Object.keys(GIVEN).filter((field) => field in platform.takes);
  return {
    ...example(platform),
    ...Object.fromEntries(['name', 'collector', 'source', ...taken].map((field) => [field, GIVEN[field]])),
  };
}

function rendered(input: Record<string, unknown>) {
  return mirrorCommands(parseMirrorInput(input));
}

/** What was filled in from an input, in the order of the text. */
function filledIn(text: Text, from: Field): string[] {
  return text.filter((segment) => segment.from === from).map((segment) => segment.text);
}

/** The errors that an input causes, as `field: message`. */
function refused(input: Record<string, unknown>): string[] {
  try {
    parseMirrorInput(input);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).exitCode).toBe(2);
    return (error as UsageError).message.split('\n');
  }
  return [];
}

const each = PLATFORMS.map((platform) => ({ id: platform.id, platform }));

it('has every platform of the page Add a mirror', () => {
  expect(PLATFORMS.map((platform) => platform.id)).toEqual([
    ...['nxos', 'iosxe', 'iosxr', 'aci', 'eos', 'junos', 'sonic', 'sonic-spectrum', 'ovs', 'tc', 'mirror'],
  ]);
});

describe.each(each)('$id', ({ platform }) => {
  const types = platform.types.length === 0 ? [undefined] : platform.types;

  it.each(types)('fills in and marks everything that is given, type %s', (type) => {
    const input = type === undefined ? everything(platform) : { ...everything(platform), type };
    const { commands, show, undo, notes, ranBy } = rendered(input);
    const text = plain(commands);
    expect(text).not.toMatch(/undefined|null|\[object/);
    const marked = (field: Field) => filledIn(commands, field).join(' ');
    // The frame's length without its Ethernet header is what Linux takes; type I has no session id.
    const other = { tc: ['truncate'], mirror: type === 'I' ? ['session'] : [] };
    const odd = other[platform.id as keyof typeof other] ?? [];
    for (const [field, value] of Object.entries(GIVEN)) {
      if (!(field in input) || odd.includes(field)) continue;
      // The name is that of a monitor session only where it has one; Junos takes its address of the route.
      if (platform.id === 'mirror' && field === 'name') continue;
      if (platform.id === 'junos' && field === 'source') continue;
      const parts = field === 'epg' ? String(value).split('/') : [String(value)];
      for (const part of parts) expect(marked(field as Field), field).toContain(part);
    }
    for (const port of platform.examplePorts) {
      for (const part of platform.id === 'aci' ? port.split('/eth') : [port]) {
        expect(marked('ports')).toContain(part);
      }
    }
    expect(filledIn(commands, 'direction').length).toBeGreaterThan(0);
    // No value is in the text without its mark.
    const unmarked = commands.filter((segment) => segment.from === undefined).map((segment) => segment.text);
    for (const value of Object.values(GIVEN)) expect(unmarked.join('\n')).not.toContain(String(value));
    for (const other of [show, undo]) {
      expect(plain(other)).not.toBe('');
      expect(plain(other)).not.toMatch(/undefined|null|\[object/);
    }
    expect(notes.length).toBeGreaterThan(0);
    expect(ranBy.by).toBe(['ovs', 'tc', 'mirror'].includes(platform.id) ? 'us' : 'vendor');
  });

  it.each(['rx', 'tx', 'both'])('says the direction %s', (direction) => {
    const ports = platform.examplePorts.length === 0 ? ['eth0'] : platform.examplePorts;
    const words = filledIn(rendered({ ...everything(platform), direction, ports }).commands, 'direction');
    const other = filledIn(
      rendered({ ...everything(platform), direction: direction === 'rx' ? 'tx' : 'rx', ports }).commands,
      'direction',
    );
    expect(words).not.toEqual(other);
  });

  it('takes an IPv6 collector, or says that it cannot', () => {
    const input = { ...example(platform), ...V6 };
    if (platform.versions.includes(6)) {
      const { commands, yaml } = rendered(input);
      expect(filledIn(commands, 'collector')).toContain(V6.collector);
      expect(filledIn(commands, 'source')).toContain('2001:db8:0:1::11');
      expect(entries(yaml)).toEqual([expect.objectContaining({ source: V6.source })]);
    } else {
      expect(refused(input)).toEqual([
        `collector: ${platform.title} cannot mirror to IPv6, as far as is known: give an IPv4 address of ` +
          'this collector',
      ]);
    }
  });

  it('gives an entry of the configuration that matches its packets', () => {
    for (const type of types) {
      const input = { ...everything(platform), ...(type === undefined ? {} : { type }), site: 'ams-1' };
      const { yaml } = rendered(input);
      const [mirror] = parseConfig(plain(yaml), 'mirrorlake.yaml').mirrors;
      expect(mirror).toMatchObject({ name: 'core-3', site: 'ams-1' });
      const address = new Uint8Array(16);
      parseAddress(String(GIVEN.source), address, 0);
      expect(prefixHolds(mirror.source!, address)).toBe(true);
      expect(mirror.source?.bits).toBe(128);
      expect(mirror.session).toBe(platform.sendsSession(type) ? GIVEN.session : undefined);
    }
  });

  it('names each input that is missing', () => {
    for (const [field, need] of Object.entries(platform.takes)) {
      const { [field]: _, ...rest } = example(platform);
      if (need === 'needed') expect(refused(rest).join()).toContain(`${field}: is missing`);
    }
    for (const field of ['name', 'collector', 'source', 'direction']) {
      const { [field]: _, ...rest } = example(platform);
      expect(refused(rest).join()).toContain(`${field}: `);
    }
  });

  it('refuses inputs that would have no effect', () => {
    for (const [field, value] of Object.entries(GIVEN)) {
      if (field in platform.takes || ['name', 'collector', 'source'].includes(field)) continue;
      expect(refused({ ...example(platform), [field]: value })).toEqual([
        `${field}: ${platform.title} has none: leave it out`,
      ]);
    }
  });

  it('keeps to the bounds of the platform', () => {
    for (const [field, range] of Object.entries(platform.ranges)) {
      for (const value of [range.min, range.max]) {
        expect(refused({ ...everything(platform), [field]: value })).toEqual([]);
      }
      expect(refused({ ...everything(platform), [field]: range.max + 1 }).join()).toContain(
        `${field}: must be`,
      );
      if (range.min > 0) {
        expect(refused({ ...everything(platform), [field]: range.min - 1 }).join()).toContain(
          `${field}: must be`,
        );
      }
    }
  });

  it('refuses what a shell, a switch, YAML or JSON could take for more than one word', () => {
    const tails = [
      ...['\n', '\r', '\t', '\0', ';', '`', '$', '$(id)', '&', '|', '<', '>', '(', ')', '{', '}', '"', "'"],
      ...['\\', '#', '!', '?', '*', '%', ' x', ',', '=', '\u2028', '\u00e9', ' no shut', '\nexit'],
    ];
    for (const field of ['name', 'site', 'collector', 'source', 'vrf', 'bridge', 'epg']) {
      const input = everything(platform);
      if (!(field in input) && field !== 'site') continue;
      for (const tail of tails) {
        for (const value of [`${input[field] ?? 'ams'}${tail}`, `${tail}${input[field] ?? 'ams'}`]) {
          const errors = refused({ ...input, [field]: value });
          expect(errors.join(), JSON.stringify(value)).toContain(`${field}: `);
        }
      }
    }
    const port = platform.examplePorts[0] ?? 'eth0';
    for (const tail of tails) {
      const inside = `${port.slice(0, 1)}${tail}${port.slice(1)}`;
      for (const value of [`${port}${tail}`, `${tail}${port}`, inside]) {
        const errors = refused({ ...everything(platform), ports: [port, value] });
        expect(errors.join(), JSON.stringify(value)).toContain('ports: ');
      }
    }
    for (const option of ['-h', '--help']) {
      expect(refused({ ...everything(platform), ports: [option] }).join()).toContain('ports: ');
      expect(refused({ ...everything(platform), name: option }).join()).toContain('name: ');
    }
    for (const field of ['session', 'number', 'truncate', 'ttl']) {
      if (!(field in platform.takes)) continue;
      for (const value of ['1;id', '1\n2', '0x10', '-1', '1.5', '', ' ', 'Infinity', Number.NaN, {}, null]) {
        expect(refused({ ...everything(platform), [field]: value }).join()).toContain(`${field}: `);
      }
    }
  });
});

/** The entries of a configuration, as written. */
function entries(yaml: Text): unknown[] {
  return parseConfig(plain(yaml), 'mirrorlake.yaml').mirrors.map((mirror) => ({
    ...mirror,
    source: mirror.source?.text,
  }));
}

describe('inputs', () => {
  const nxos = example(PLATFORMS[0]);

  it.each([
    ['session', 0],
    ['session', 1024],
    ['session', '1024'],
  ])('refuses %s %s', (field, value) => {
    expect(refused({ ...nxos, [field]: value })).toEqual(['session: must be a whole number from 1 to 1023']);
  });

  it('takes numbers and ports as a URL has them', () => {
    const list = ['ethernet 1/1-24', 'port-channel 10'];
    const url = { ...nxos, session: '10', number: '1', ports: 'ethernet 1/1-24, port-channel 10' };
    expect(plain(rendered(url).commands)).toBe(plain(rendered({ ...nxos, ports: list }).commands));
  });

  it.each([
    ['0.0.0.0'],
    ['224.0.0.5'],
    ['255.255.255.255'],
    ['::'],
    ['ff02::1'],
    ['::ffff:192.0.2.1'],
    ['fe80::1%eth0'],
    ['192.0.2.010'],
    ['192.0.2'],
    ['192.0.2.1/33'],
    ['192.0.2.1/24/1'],
    ['collector.example.net'],
    [''],
    [`${'0:'.repeat(400)}1`],
  ])('refuses the address %j', (collector) => {
    const found = refused({ ...nxos, collector });
    expect(found).toEqual([expect.stringMatching(/^collector: is not .*: write 192\.0\.2\.10 or/)]);
  });

  it('refuses a prefix where one address is needed, and takes it for ACI', () => {
    const prefix = { source: '10.0.0.0/24' };
    expect(refused({ ...nxos, ...prefix })).toEqual(['source: must be one address, not a prefix']);
    const aci = example(PLATFORMS.find((platform) => platform.id === 'aci')!);
    expect(entries(rendered({ ...aci, ...prefix }).yaml)).toEqual([
      expect.objectContaining({ source: '10.0.0.0/24', session: 10 }),
    ]);
    expect(refused({ ...aci, collector: '10.0.0.0/24' })).toEqual([
      'collector: must be one address, not a prefix',
    ]);
  });

  it('refuses addresses of two IP versions', () => {
    const tc = example(PLATFORMS.find((platform) => platform.id === 'tc')!);
    expect(refused({ ...tc, collector: V6.collector })).toEqual([
      "source: must be IPv6, as the collector's address is",
    ]);
  });

  it('writes addresses in the form of RFC 5952', () => {
    const tc = example(PLATFORMS.find((platform) => platform.id === 'tc')!);
    const { commands } = rendered({ ...tc, collector: '2001:DB8:0:0:0:0:0:10', source: V6.source });
    expect(filledIn(commands, 'collector')).toEqual(['2001:db8::10']);
  });

  it('says that the session id cannot stand for the number of a monitor session', () => {
    const { number: _, ...rest } = nxos;
    expect(plain(rendered({ ...rest, session: 3 }).commands)).toContain('monitor session 3 type');
    expect(refused({ ...rest, session: 33 })).toEqual(['number: must be from 1 to 32 on Cisco NX-OS']);
  });

  it('bounds the number of ports', () => {
    const ports = Array.from({ length: 128 }, (_, i) => `ethernet 1/${i + 1}`);
    expect(refused({ ...nxos, ports })).toEqual([]);
    expect(refused({ ...nxos, ports: [...ports, 'ethernet 2/1'] })).toEqual([
      'ports: must be at most 128 ports',
    ]);
    expect(refused({ ...nxos, ports: ','.repeat(1_000_000) })).toEqual([
      'ports: is missing: Cisco NX-OS needs it',
    ]);
  });

  it('has one line for each mistake', () => {
    expect(refused({ ...nxos, name: '3', session: 0, colour: 'red', source: 'x' }).sort()).toEqual([
      'colour: there is no such input',
      expect.stringMatching(/^name: must be letters/),
      'session: must be a whole number from 1 to 1023',
      expect.stringMatching(/^source: is not an address/),
    ]);
    expect(refused({ ...nxos, platform: 'vax' })).toEqual([expect.stringMatching(/^platform: /)]);
    expect(mirrorInputSchema.safeParse({ ...nxos, ports: ['x'] }).error?.issues).toMatchObject([
      { path: ['ports'], message: '"x" is no port of Cisco NX-OS: write ethernet 1/1-24' },
    ]);
  });

  it('keeps to what a kind of host can do', () => {
    const of = (id: string) => example(PLATFORMS.find((platform) => platform.id === id)!);
    expect(refused({ ...of('ovs'), direction: 'rx' })).toEqual([
      expect.stringMatching(/^direction: a mirror of/),
    ]);
    expect(refused({ ...of('tc'), ...V6, type: 'I' })).toEqual([
      expect.stringMatching(/^type: the kernel has/),
    ]);
    expect(refused({ ...of('tc'), name: 'a-name-too-long-1' })).toEqual([
      'name: must have at most 15 characters on Linux tc',
    ]);
    expect(refused({ ...of('mirror'), ports: ['eth0', 'eth1'] })).toEqual([
      expect.stringMatching(/^ports: mirrorlake mirror takes one/),
    ]);
    expect(refused({ ...of('iosxe'), ...V6, ttl: 9 })).toEqual([
      expect.stringMatching(/^ttl: is known for IPv4/),
    ]);
    expect(refused({ ...of('eos'), type: 'II' })).toEqual(['type: Arista EOS has no choice: leave it out']);
    expect(refused({ ...of('ovs'), type: 'I' })).toEqual(['type: Open vSwitch has II, III']);
  });
});

describe('the entry of the configuration', () => {
  it.each(['true', 'Null', 'no', 'ON', 'y', 'e1', 'x.1', 'core-3'])('has the name %s as text', (name) => {
    const { yaml } = rendered({ ...example(PLATFORMS[0]), name, site: name });
    expect(entries(yaml)).toEqual([expect.objectContaining({ name, site: name })]);
  });

  it.each(['2001:db8::', '::1', '2001:db8::1', '1:2:3:4:5:6:7:8'])('has the IPv6 source %s', (source) => {
    const tc = example(PLATFORMS.find((platform) => platform.id === 'tc')!);
    const { yaml } = rendered({ ...tc, collector: V6.collector, source });
    expect(entries(yaml)).toEqual([expect.objectContaining({ source, session: 10 })]);
    expect(filledIn(yaml, 'source')).toEqual([source]);
  });
});

describe('ACI', () => {
  const aci = example(PLATFORMS.find((platform) => platform.id === 'aci')!);

  it('posts JSON, with a path for each port, and deletes the same groups', () => {
    const { commands, undo } = rendered({ ...aci, ports: ['101/eth1/1', '2/102/eth1/33'] });
    const body = (text: Text) => JSON.parse(plain(text).replace(/^POST .*\n/, '')) as unknown;
    const posted = JSON.stringify(body(commands));
    expect(posted).toContain('"tDn":"topology/pod-1/paths-101/pathep-[eth1/1]"');
    expect(posted).toContain('"tDn":"topology/pod-2/paths-102/pathep-[eth1/33]"');
    expect(posted).toContain('"tDn":"uni/tn-common/ap-lake/epg-collectors"');
    expect(JSON.stringify(body(undo)).match(/"name":"lake","status":"deleted"/g)).toHaveLength(2);
  });
});

it('knows by how much packets grow', () => {
  const tc = example(PLATFORMS.find((platform) => platform.id === 'tc')!);
  const of = (input: Record<string, unknown>) => rendered({ ...tc, ...input }).overhead;
  // Ethernet 14, IPv4 20, GRE 4; sequence number 4, type II 8.
  expect(of({ type: 'I' })).toBe(38);
  expect(of({ type: 'II' })).toBe(50);
  expect(of({ ...V6, type: 'II' })).toBe(70);
  expect(of({ type: 'III' })).toBe(62);
});

it('docs/how-to/configure-mirrors.md is up to date (npx tsx packaging/mirrors-page.ts writes it)', () => {
  expect(readFileSync(MIRRORS_PAGE, 'utf8')).toBe(mirrorsPage());
});
