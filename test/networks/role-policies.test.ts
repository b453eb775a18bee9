import { describe, expect, it } from 'vitest';
import { MOST_POLICIES } from '../../src/config/bounds.js';
import { parseConfig } from '../../src/config/load.js';
import { SessionRecord } from '../../src/model/session-record.js';
import { RolePolicies } from '../../src/networks/role-policies.js';

function policies(text: string): RolePolicies {
  return new RolePolicies(parseConfig(`policies:\n${text}`, 'p.yaml').policies);
}

/** A conversation over TCP whose SYN was seen, unless said otherwise. */
function row(clientRole: string, serverRole: string, more: Partial<SessionRecord> = {}): SessionRecord {
  return Object.assign(new SessionRecord(), {
    clientRole,
    serverRole,
    ipVersion: 4,
    transport: 'tcp',
    clientPort: 50_000,
    serverPort: 443,
    clientIsSure: true,
    ...more,
  });
}

describe('policies', () => {
  it('the first entry whose roles match decides', () => {
    const judge = policies(`
  - { from: guests, to: dns, allow: all }
  - { from: guests, to: "*", allow: none }
  - { from: "*", to: accounting, allow: [tcp/443] }
  - { from: "*", to: "*", allow: all }
`);
    const said = (from: string, to: string, more?: Partial<SessionRecord>): string =>
      judge.judge(row(from, to, more));
    expect(said('guests', 'dns')).toBe('');
    expect(said('guests', 'accounting')).toBe('guests > *');
    // No role is any role.
    expect(said('guests', '')).toBe('guests > *');
    expect(said('', 'accounting')).toBe('');
    expect(said('', 'accounting', { serverPort: 22 })).toBe('* > accounting');
    expect(said('iot', 'dns', { serverPort: 22 })).toBe('');
    expect(said('', '')).toBe('');
  });

  it('is about nothing that no entry names, and nothing without IP', () => {
    const judge = policies('  - { from: guests, to: accounting, allow: none }\n');
    expect(judge.judge(row('guests', 'accounting'))).toBe('guests > accounting');
    expect(judge.judge(row('accounting', 'guests'))).toBe('');
    expect(judge.judge(row('guests', 'printers'))).toBe('');
    const any = policies('  - { from: "*", to: "*", allow: none }\n');
    expect(any.judge(row('', ''))).toBe('* > *');
    expect(any.judge(row('', '', { ipVersion: 0, transport: 'arp' }))).toBe('');
  });

  it.each([
    ['tcp/443', { serverPort: 443 }, true],
    ['tcp/443', { serverPort: 444 }, false],
    ['tcp/443', { transport: 'udp', serverPort: 443 }, false],
    ['tcp/443', { clientPort: 443, serverPort: 50_000 }, false],
    ['tcp/8000-8100', { serverPort: 8000 }, true],
    ['tcp/8000-8100', { serverPort: 8100 }, true],
    ['tcp/8000-8100', { serverPort: 8101 }, false],
    ['udp', { transport: 'udp', serverPort: 5 }, true],
    ['icmp', { transport: 'icmp', serverPort: 0 }, true],
    ['icmp', { transport: 'icmp6', serverPort: 0 }, true],
    ['icmp6', { transport: 'icmp', serverPort: 0 }, false],
    ['ip-proto-99', { transport: 'ip-proto-99', serverPort: 0 }, true],
    ['dns', { appProtocol: 'dns', transport: 'udp', serverPort: 5353 }, true],
    ['dns', { appProtocol: '', transport: 'udp', serverPort: 53 }, false],
  ] as const)('allow: [%s] with %o: %s', (words, more, allowed) => {
    const judge = policies(`  - { from: a, to: b, allow: [gre, ${words}] }\n`);
    expect(judge.judge(row('a', 'b', more))).toBe(allowed ? '' : 'a > b');
  });

  it('without a SYN, what is allowed the other way round is allowed', () => {
    const judge = policies(`
  - { from: guests, to: accounting, allow: none }
  - { from: accounting, to: guests, allow: [tcp/9100] }
`);
    // A printer's packet came first, so that it was taken for the client.
    const turned = { clientPort: 9100, serverPort: 50_000 };
    expect(judge.judge(row('guests', 'accounting', { ...turned, clientIsSure: false }))).toBe('');
    expect(judge.judge(row('guests', 'accounting', turned))).toBe('guests > accounting');
    expect(judge.judge(row('guests', 'accounting', { clientIsSure: false }))).toBe('guests > accounting');
    // The first packet of UDP is the client's.
    const udp = { ...turned, transport: 'udp', clientIsSure: false };
    expect(judge.judge(row('guests', 'accounting', udp))).toBe('guests > accounting');
  });
});

describe('mistakes in policies', () => {
  it.each([
    ['{ from: a, to: b }', '2:5: policies.0.allow: is missing'],
    ['{ from: a, to: b, allow: some }', '2:23: policies.0.allow: "some" is not `none`, `all`, or a list'],
    ['{ from: a, to: b, allow: [] }', '2:23: policies.0.allow: [] is not `none`'],
    ['{ from: a, to: b, allow: [https] }', 'policies.0.allow: "https" is no transport, port or application'],
    ['{ from: a, to: b, allow: [""] }', 'policies.0.allow: "" is no transport'],
    ['{ from: a, to: b, allow: [tcp/0] }', 'policies.0.allow: "tcp/0": ports are from 1 to 65535'],
    ['{ from: a, to: b, allow: [tcp/90-80] }', 'policies.0.allow: "tcp/90-80": ports are from 1 to 65535'],
    ['{ from: a, to: b, allow: [tcp/65536] }', 'policies.0.allow: "tcp/65536": ports are from 1 to 65535'],
    ['{ from: a, to: b, allow: [icmp/8] }', 'policies.0.allow: "icmp/8": ports are those of tcp, udp'],
    ['{ from: a, to: b, allow: [ip-proto-256] }', '"ip-proto-256" is no transport'],
    ['{ from: "", to: b, allow: all }', '2:7: policies.0.from: write a role of `networks`, or "*"'],
    ['{ from: a, to: b, allow: all, log: yes }', 'policies.0.log: there is no such key'],
  ])('%s', (entry, said) => {
    expect(() => policies(`  - ${entry}\n`)).toThrow(said);
    expect(() => policies(`  - ${entry}\n`)).toThrow('p.yaml:2:');
  });

  it('takes so many entries, and no more', () => {
    const entries = (count: number): string =>
      Array.from({ length: count }, (_, i) => `  - { from: r${i}, to: a, allow: none }\n`).join('');
    expect(policies(entries(MOST_POLICIES)).judge(row(`r${MOST_POLICIES - 1}`, 'a'))).not.toBe('');
    expect(() => policies(entries(MOST_POLICIES + 1))).toThrow(
      `p.yaml:1:1: policies: must be at most ${MOST_POLICIES}`,
    );
  });

  it('names an entry that never decides', () => {
    const text = '  - { from: "*", to: b, allow: all }\n  - { from: a, to: b, allow: none }\n';
    expect(() => policies(text)).toThrow(
      'p.yaml:3:5: policies.1: never decides: the entry from * to b above is about all of it',
    );
  });
});
