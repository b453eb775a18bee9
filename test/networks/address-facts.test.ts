import { describe, expect, it } from 'vitest';
import { SessionRecord } from '../../src/model/session-record.js';
import { TransactionRecord } from '../../src/model/transaction-record.js';
import { AddressFacts } from '../../src/networks/address-facts.js';
import { type KnownNetworks, NOTHING_KNOWN } from '../../src/networks/known-networks.js';
import { networkTable } from '../../src/networks/network-table.js';
import { parseAddress } from '../../src/wire/ip/addresses.js';
import { testNetwork } from '../support/networks.js';

const NO_VLANS = new Uint16Array(8);

function knows(...networks: Parameters<typeof testNetwork>[]): KnownNetworks {
  return { ...NOTHING_KNOWN, networks: networkTable(networks.map((network) => testNetwork(...network))) };
}

interface Conversation {
  readonly vlans?: readonly number[];
  readonly vni?: number | null;
}

function session(
  client: string,
  server: string,
  { vlans = [], vni = null }: Conversation = {},
): SessionRecord {
  const r = new SessionRecord();
  r.ipVersion = parseAddress(client, r.clientIp, 0);
  parseAddress(server, r.serverIp, 0);
  r.vlanIds.set(vlans);
  r.vlanIdsCount = vlans.length;
  r.vni = vni;
  return r;
}

/** The networks of both ends of a session. */
function ends(facts: AddressFacts, r: SessionRecord): [client: string, server: string] {
  facts.session(r);
  return [r.clientNetwork, r.serverNetwork];
}

const OFFICE: Parameters<typeof testNetwork> = [
  '10.1.0.0/16',
  { name: 'office', site: 'Bern', role: 'clients' },
];
const BACKUP: Parameters<typeof testNetwork> = [
  '10.2.0.0/16',
  { name: 'backup', site: 'Genf', role: 'servers' },
];

describe('what is known of the ends of a row', () => {
  it('is filled in, of sessions and of transactions', () => {
    const facts = new AddressFacts(knows(OFFICE, BACKUP));
    const r = session('10.1.0.5', '10.2.0.9');
    facts.session(r);
    const both = {
      clientNetwork: 'office',
      clientSite: 'Bern',
      clientRole: 'clients',
      clientAsn: 0,
      clientAsOrg: '',
      clientCountry: '',
      serverNetwork: 'backup',
      serverSite: 'Genf',
      serverRole: 'servers',
      serverAsn: 0,
      serverAsOrg: '',
      serverCountry: '',
    };
    expect(r).toMatchObject(both);
    const t = new TransactionRecord();
    t.clientIp.set(r.clientIp);
    t.serverIp.set(r.serverIp);
    facts.transaction(t, NO_VLANS, 0);
    expect(t).toMatchObject(both);
    expect(facts.counters).toEqual({ lookups: 4, cold: 2, damaged: 0 });
  });

  it('is nothing where nothing is known, whatever the record held before', () => {
    const r = session('10.1.0.5', '10.2.0.9');
    new AddressFacts(knows(OFFICE, BACKUP)).session(r);
    const nothing = new AddressFacts(NOTHING_KNOWN);
    expect(ends(nothing, r)).toEqual(['', '']);
    expect(r).toMatchObject({ clientSite: '', clientRole: '', serverSite: '', serverRole: '' });
    expect(nothing.counters).toEqual({ lookups: 0, cold: 0, damaged: 0 });
    expect(ends(new AddressFacts(knows(OFFICE)), session('10.9.0.5', '10.1.0.1'))).toEqual(['', 'office']);
  });

  it('is nothing of what is not IP, even in ::/0', () => {
    const facts = new AddressFacts(knows(['::/0', { name: 'all' }]));
    expect(ends(facts, session('::', '::1'))).toEqual(['all', 'all']);
    const other = session('::', '::');
    other.ipVersion = 0;
    expect(ends(facts, other)).toEqual(['', '']);
  });

  it('depends on VLAN and VNI where networks have them, and is remembered apart', () => {
    const facts = new AddressFacts(
      knows(
        ['10.0.0.0/8', { name: 'all' }],
        ['10.0.0.0/8', { name: 'red', vlan: 5 }],
        ['10.0.0.0/8', { name: 'blue', vni: 5 }],
      ),
    );
    for (let round = 0; round < 2; round++) {
      expect(ends(facts, session('10.0.0.1', '10.0.0.1'))).toEqual(['all', 'all']);
      expect(ends(facts, session('10.0.0.1', '10.0.0.1', { vlans: [5] }))).toEqual(['red', 'red']);
      expect(ends(facts, session('10.0.0.1', '10.0.0.1', { vni: 5 }))).toEqual(['blue', 'blue']);
      expect(ends(facts, session('10.0.0.1', '10.0.0.1', { vni: 0 }))).toEqual(['all', 'all']);
      expect(ends(facts, session('10.0.0.1', '10.0.0.1', { vlans: [4, 0, 0, 0, 0, 0, 0, 5] }))[0]).toBe(
        'red',
      );
      expect(ends(facts, session('10.0.0.1', '10.0.0.1', { vlans: [0] }))[0]).toBe('all');
    }
    expect(facts.counters).toMatchObject({ lookups: 24, cold: 6 });
  });

  it('makes no difference by VLAN where no network has one', () => {
    const facts = new AddressFacts(knows(OFFICE, ['10.3.0.0/16', { name: 'blue', vni: 5 }]));
    facts.session(session('10.1.0.1', '10.1.0.1', { vlans: [1] }));
    facts.session(session('10.1.0.1', '10.1.0.1', { vlans: [2, 3] }));
    expect(facts.counters).toMatchObject({ lookups: 4, cold: 1 });
    facts.session(session('10.1.0.1', '10.1.0.1', { vni: 1 }));
    expect(facts.counters).toMatchObject({ lookups: 6, cold: 2 });
  });
});

describe('what is remembered', () => {
  const address = (n: number): string => `10.${1 + (n & 1)}.${(n >> 8) & 0xff}.${n & 0xff}`;

  it('is bounded, and right when it is full', () => {
    const facts = new AddressFacts(knows(OFFICE, BACKUP), 64);
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 5000; n++) {
        const expected = (n & 1) === 0 ? 'office' : 'backup';
        expect(ends(facts, session(address(n), address(n)))).toEqual([expected, expected]);
      }
    }
    const { lookups, cold } = facts.counters;
    expect(lookups).toBe(30_000);
    // The second end of each row is remembered; hardly any first one.
    expect(cold).toBeLessThanOrEqual(15_000);
    expect(cold).toBeGreaterThan(14_000);
  });

  it('survives a scan of many addresses if it is asked for again and again', () => {
    const facts = new AddressFacts(knows(OFFICE, BACKUP), 64);
    const busy = session('10.1.200.1', '10.2.200.2');
    facts.session(busy);
    const before = facts.counters.cold;
    for (let n = 0; n < 5000; n++) {
      const t = session(address(n), '10.2.200.2');
      facts.session(t);
      facts.session(busy);
    }
    // The scanned ones are cold, and the two busy ones hardly ever.
    expect(facts.counters.cold - before - 5000).toBeLessThan(100);
  });
});
