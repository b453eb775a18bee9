/** A configured mirror that has sent nothing is listed, and becomes the mirror that sends. */
import { expect, it } from 'vitest';
import { MirrorAccounts } from '../../src/collector/mirrors/mirror-accounts.js';
import { PacketPath } from '../../src/collector/packet-path.js';
import type { MirrorRules } from '../../src/collector/policy.js';
import { mirrorSchema } from '../../src/config/schema.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';
import type { MirrorStatus } from '../../src/model/status.js';
import { batchOf } from '../demux/outer.js';
import { erspan2, ethernet, ipv4, udp } from '../support/frames.js';

const START = 1_700_000_040;
const FRAME = ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(9))));

function rules(...mirrors: object[]): MirrorRules {
  return {
    mirrors: mirrors.map((m) => mirrorSchema.parse(m)),
    unknown: 'observe',
    unknownPoints: 100,
    packets: { bytes: 0, packets: 0 },
    taps: {},
    tapAll: -1,
    separateBy: ['vni'],
    applications: KEEP_ALL,
    groups: new Map(),
    overlays: [],
    claims: [],
  };
}

class World {
  readonly accounts: MirrorAccounts;
  private readonly capture: PacketPath;
  private number = 0;
  private sec = START;

  constructor(r: MirrorRules) {
    this.accounts = new MirrorAccounts({ collector: 'here', rules: r, store: () => true, warn: () => {} });
    this.capture = new PacketPath(
      { collector: 'here', sessions: { capacity: 1024 }, reassembly: REASSEMBLY_DEFAULTS, rules: r },
      { segment: () => true, minute: (counts) => this.accounts.minute(counts) },
    );
  }

  send(source: string, session: number): void {
    const bytes = ipv4(source, '10.0.0.9', 47, erspan2(session, this.number++, FRAME));
    this.capture.process(batchOf([{ bytes, sec: this.sec, nsec: 0 }]));
    this.account();
  }

  /** Lets seconds pass without a packet. */
  pass(seconds: number): void {
    const end = this.sec + seconds;
    for (; this.sec < end; this.sec += 60) this.capture.tick(this.sec * 1000, true);
    this.account();
  }

  setRules(r: MirrorRules): void {
    this.accounts.setRules(r);
    this.capture.setRules(r);
  }

  get mirrors(): readonly MirrorStatus[] {
    return this.accounts.status([]).mirrors;
  }

  private account(): void {
    this.accounts.changes(0, this.capture.changes(), this.sec * 1000);
    this.accounts.kernelDrops(0, this.sec * 1000);
  }
}

const CORE = { name: 'core', site: 'ams', source: '10.0.0.1', type: 'erspan2', session: 5 };
const EDGE = { name: 'edge', source: '10.1.0.0/16', observe: false };
const brief = (m: MirrorStatus): unknown[] => [m.name, m.source, m.target, m.session, m.packets, m.policy];

it('a configured mirror is listed with 0 packets and what its entry says', () => {
  const world = new World(rules(CORE, EDGE, { name: 'any' }));
  expect(world.mirrors.map(brief)).toEqual([
    ['core', '10.0.0.1', '', 5, 0, 'observe'],
    ['edge', '10.1.0.0/16', '', null, 0, 'ignore'],
    ['any', '', '', null, 0, 'observe'],
  ]);
  for (const m of world.mirrors) for (const what of ['lost', 'last_seen']) expect(m).not.toHaveProperty(what);
  expect(world.accounts.size).toBe(0);
});

it('a configured mirror becomes the mirror that sends', () => {
  const world = new World(rules(CORE, EDGE));
  world.send('10.0.0.1', 5);
  expect(world.mirrors.map(brief)).toEqual([
    ['core', '10.0.0.1', '10.0.0.9', 5, 1, 'observe'],
    ['edge', '10.1.0.0/16', '', null, 0, 'ignore'],
  ]);
  expect(world.mirrors[0]).toMatchObject({ lost: 0, last_seen: START });
  // An entry for many mirrors becomes each one that sends.
  for (const source of ['10.1.0.1', '10.1.0.2']) world.send(source, 7);
  expect(world.mirrors.map(brief)).toEqual([
    ['core', '10.0.0.1', '10.0.0.9', 5, 1, 'observe'],
    ['edge', '10.1.0.1', '10.0.0.9', 7, 1, 'ignore'],
    ['edge', '10.1.0.2', '10.0.0.9', 7, 1, 'ignore'],
  ]);
  // Another session is another mirror.
  const other = new World(rules(CORE));
  other.send('10.0.0.1', 6);
  expect(other.mirrors.map(brief)).toEqual([
    ['', '10.0.0.1', '10.0.0.9', 6, 1, 'observe'],
    ['core', '10.0.0.1', '', 5, 0, 'observe'],
  ]);
});

it('a configured mirror is listed again when it is forgotten, with the time of its last packet', () => {
  const world = new World(rules(CORE, EDGE));
  world.send('10.0.0.1', 5);
  world.pass(90_000);
  expect(world.mirrors.map(brief)).toEqual([
    ['core', '10.0.0.1', '', 5, 0, 'observe'],
    ['edge', '10.1.0.0/16', '', null, 0, 'ignore'],
  ]);
  expect(world.mirrors[0].last_seen).toBe(START);
  world.setRules(rules(EDGE, CORE));
  expect(world.mirrors.map((m) => [m.name, m.last_seen])).toEqual([
    ['edge', undefined],
    ['core', START],
  ]);
  world.send('10.0.0.1', 5);
  expect(world.mirrors.map(brief)[0]).toEqual(['core', '10.0.0.1', '10.0.0.9', 5, 1, 'observe']);
});

it('configured mirrors come and go with the configuration', () => {
  const world = new World(rules());
  world.send('10.0.0.1', 5);
  expect(world.mirrors.map(brief)).toEqual([['', '10.0.0.1', '10.0.0.9', 5, 1, 'observe']]);
  world.setRules(rules(EDGE, CORE));
  expect(world.mirrors.map(brief)).toEqual([
    ['core', '10.0.0.1', '10.0.0.9', 5, 1, 'observe'],
    ['edge', '10.1.0.0/16', '', null, 0, 'ignore'],
  ]);
  world.setRules(rules(CORE));
  expect(world.mirrors).toHaveLength(1);
});
