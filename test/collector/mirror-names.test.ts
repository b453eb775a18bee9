/** Stored rows have the name and site of their mirror's entry. */
import { describe, expect, it } from 'vitest';
import { MirrorAccounts } from '../../src/collector/mirrors/mirror-accounts.js';
import { PacketPath } from '../../src/collector/packet-path.js';
import { type MirrorRules, mirrorRules } from '../../src/collector/policy.js';
import { parseConfig } from '../../src/config/load.js';
import type { TableName } from '../../src/model/columns/tables.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import { readSegment } from '../../src/store/segment/read-segment.js';
import { batchOf } from '../demux/outer.js';
import { erspan2, ethernet, ipv4, udp } from '../support/frames.js';

const START = 1_700_000_040;

function rules(yaml: string): MirrorRules {
  return mirrorRules(parseConfig(`packets: all\n${yaml}`, 'test.yaml'), {}, -1, []);
}

const NAMED = rules(`
mirrors:
  - {name: leaf-1, site: Basel, source: 10.0.0.1}
  - {name: leaf-2, source: 10.0.0.2}
`);
const RENAMED = rules('mirrors: [{name: spine, site: Bern, source: 10.0.0.0/30}]');

/** A question for the address of `a.`. */
const QUESTION = new Uint8Array([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1]);

/** Name and site of every row, by table, in the order they were stored. */
class World {
  readonly rows: Partial<Record<TableName, string[]>> = {};
  private readonly accounts: MirrorAccounts;
  private readonly path: PacketPath;
  private sent = 0;

  constructor() {
    this.accounts = new MirrorAccounts({
      collector: 'here',
      rules: NAMED,
      store: (bytes) => this.take('mirrors', bytes),
      warn: () => {},
    });
    this.path = new PacketPath(
      { collector: 'here', sessions: { capacity: 100 }, reassembly: REASSEMBLY_DEFAULTS, rules: NAMED },
      {
        segment: (table, bytes) => this.take(table, bytes),
        minute: (counts) => this.accounts.minute(counts),
      },
    );
  }

  /** Sends a frame of a new conversation from the mirror at 10.0.0.`mirror`. */
  send(mirror: number, sec: number): void {
    const n = ++this.sent;
    const inner = ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(n, 53, QUESTION)));
    const bytes = ipv4(`10.0.0.${mirror}`, '10.0.0.9', 47, erspan2(5, n, inner));
    this.path.process(batchOf([{ bytes, sec, nsec: 0 }]));
  }

  setRules(to: MirrorRules): void {
    this.path.setRules(to);
    this.accounts.setRules(to);
  }

  finish(): void {
    this.path.finish();
    this.accounts.changes(0, this.path.changes(), (START + 60) * 1000);
    this.accounts.finish();
  }

  private take(table: TableName, bytes: Uint8Array): boolean {
    for (const { record } of readSegment(table, bytes)) {
      if (!('point' in record)) throw new Error(`there are no ${table}`);
      this.rows[table] ??= [];
      this.rows[table].push(`${record.point.name}/${record.point.site}`);
    }
    return true;
  }
}

describe('rows', () => {
  it('have the name and site of their entry, or neither without one', () => {
    const world = new World();
    for (const mirror of [1, 2, 3]) world.send(mirror, START);
    world.finish();
    const named = ['leaf-1/Basel', 'leaf-2/', '/'];
    expect(world.rows).toEqual({ sessions: named, transactions: named, packets: named, mirrors: named });
  });

  it('have the name and site that the configuration gives when they are written', () => {
    const world = new World();
    for (const mirror of [1, 2, 3]) world.send(mirror, START);
    world.setRules(RENAMED);
    world.send(2, START + 1);
    world.finish();
    const renamed = 'spine/Bern';
    expect(world.rows).toEqual({
      sessions: [renamed, renamed, renamed, renamed],
      transactions: [renamed, renamed, renamed, renamed],
      packets: ['leaf-1/Basel', 'leaf-2/', '/', renamed],
      mirrors: [renamed, renamed, renamed],
    });
  });
});
