import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/doctor/finding.js';
import {
  type FirewallQuestion,
  firewallFindings,
  firewallRulings,
} from '../../src/doctor/firewall/findings.js';
import { savedTables } from '../../src/doctor/firewall/iptables-save.js';
import { nftTables } from '../../src/doctor/firewall/nft-listing.js';
import { type Carrier, GRE } from '../../src/doctor/firewall/packet.js';
import type { Table } from '../../src/doctor/firewall/ruleset.js';
import { Network } from '../../src/doctor/network.js';

/** The findings on the firewall for raw sockets, with GRE that comes by eth0. */
function said(tables: readonly Table[], question: Partial<FirewallQuestion> = {}): Finding[] {
  const whole: FirewallQuestion = {
    path: { raw: true, carriers: [GRE] },
    network: undefined,
    interfaces: ['eth0'],
    named: true,
    sources: [],
    ...question,
  };
  return firewallFindings(whole, firewallRulings(whole, tables), []);
}

const states = (tables: readonly Table[], question: Partial<FirewallQuestion> = {}): string[] =>
  said(tables, question).map((f) => f.state);

/** A host with an IPv6 address on eth0, and no default route. */
const dualStack = Network.read((...words) => {
  const info = [
    { family: 'inet', local: '10.0.0.9', scope: 'global' },
    { family: 'inet6', local: '2001:db8::9', scope: 'global' },
  ];
  const out = words.includes('address') ? [{ ifname: 'eth0', flags: ['UP'], addr_info: info }] : [];
  return { there: true, ok: true, out: JSON.stringify(out), error: '' };
});

describe('a ruleset of iptables-save', () => {
  const filter = (policy: string, ...rules: string[]): Table[] =>
    savedTables('iptables', ['*filter', `:INPUT ${policy} [0:0]`, ...rules, 'COMMIT', ''].join('\n'));

  it('accepts GRE if no rule matches, or if a rule accepts it before another drops it', () => {
    for (const tables of [
      filter('ACCEPT'),
      filter('DROP', '-A INPUT -p gre -j ACCEPT'),
      filter('DROP', '-A INPUT -p 47 -j ACCEPT', '-A INPUT -j DROP'),
      filter('DROP', '-A INPUT -j ACCEPT'),
      filter(
        'ACCEPT',
        '-A INPUT -p tcp -m tcp --dport 25 -j DROP',
        '-A INPUT -p tcp -m multiport --dports 1,2 -j DROP',
      ),
      filter('ACCEPT', '-A INPUT -m conntrack --ctstate INVALID -j DROP'),
      filter('ACCEPT', '-A INPUT ! -i eth0 -j DROP', '-A INPUT ! -p gre -j DROP', '-A INPUT -f -j DROP'),
      filter('DROP', '-A INPUT -i eth+ -m comment --comment "let \\"it\\" -j DROP in" -j ACCEPT'),
      filter('DROP', '-A INPUT -m conntrack ! --ctstate ESTABLISHED -j ACCEPT'),
      filter('ACCEPT', '-A INPUT -m addrtype ! --dst-type LOCAL -j DROP'),
    ])
      expect(said(tables)).toMatchObject([
        { state: 'good', text: 'nothing drops GRE on the way in; judged by the rules' },
      ]);
  });

  it('drops GRE by a rule for it, by one for everything, or by the policy', () => {
    for (const tables of [
      filter('ACCEPT', '-A INPUT -p gre -j DROP'),
      filter('ACCEPT', '-A INPUT -p tcp -j ACCEPT', '-A INPUT -j REJECT --reject-with icmp-host-prohibited'),
      filter('DROP', '-A INPUT -i lo -j ACCEPT', '-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT'),
      filter('ACCEPT', '-A INPUT -m conntrack --ctstate NEW -j DROP'),
      savedTables('iptables', '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p gre -j DROP\nCOMMIT\n'),
    ])
      expect(states(tables)).toEqual(['bad']);
    const [found] = said(filter('ACCEPT', '-A INPUT -p gre -j DROP'));
    expect(found.text).toContain('iptables has "-A INPUT -p gre -j DROP"');
    expect(found.fix).toBe('iptables -I INPUT -p gre -j ACCEPT');
  });

  it('is followed through chains: a jump returns, a goto does not', () => {
    const chains = [':a - [0:0]', ':b - [0:0]'];
    const jumps = (policy: string, ...rules: string[]): Table[] => filter(policy, ...chains, ...rules);
    expect(states(jumps('DROP', '-A INPUT -j a', '-A a -j b', '-A b -p gre -j ACCEPT'))).toEqual(['good']);
    expect(states(jumps('ACCEPT', '-A INPUT -j a', '-A a -p gre -j RETURN', '-A a -j DROP'))).toEqual([
      'good',
    ]);
    expect(states(jumps('DROP', '-A INPUT -j a', '-A a -p tcp -j ACCEPT'))).toEqual(['bad']);
    expect(
      states(jumps('DROP', '-A INPUT -g a', '-A INPUT -p gre -j ACCEPT', '-A a -p tcp -j ACCEPT')),
    ).toEqual(['bad']);
    expect(states(jumps('ACCEPT', '-A INPUT -j LOG', '-A INPUT -p udp -j a', '-A a -j DROP'))).toEqual([
      'good',
    ]);
    // A listing may have a loop that the kernel would refuse.
    expect(states(jumps('ACCEPT', '-A INPUT -j a', '-A a -j b', '-A b -j a'))).toEqual(['good']);
  });

  it('may depend on the sender, and is judged by it if it is known', () => {
    const some = filter('DROP', '-A INPUT -s 10.0.0.0/8 -p gre -j ACCEPT');
    expect(said(some)).toMatchObject(
      [{ state: 'good', text: /depends on senders 10\.0\.0\.0\/8/ }].map((f) => ({
        ...f,
        text: expect.stringMatching(f.text),
      })),
    );
    expect(states(some, { sources: ['10.1.2.3'] })).toEqual(['good']);
    expect(said(some, { sources: ['10.1.2.3', '192.0.2.1'] })).toMatchObject([
      { state: 'bad', text: expect.stringContaining('from 192.0.2.1') },
    ]);
  });

  it('is doubtful if a condition cannot be judged', () => {
    for (const match of [
      '-m limit --limit 5/sec',
      '-m hashlimit --hashlimit-upto 1/sec --hashlimit-name x',
      '-m bpf',
    ])
      expect(said(filter('DROP', `-A INPUT ${match} -j ACCEPT`))).toMatchObject([
        { state: 'poor', text: expect.stringMatching(/may keep GRE out; -m \w+ cannot be judged/) },
      ]);
  });

  it('has a remedy for the manager of the rules, too', () => {
    const [ufw] = said(filter('DROP', ':ufw-user-input - [0:0]', '-A INPUT -j ufw-user-input'));
    expect(ufw.fix).toBe('iptables -I INPUT -p gre -j ACCEPT (to keep it: ufw allow proto gre from any)');
  });

  it('has separate rules for IPv6, which matter only with IPv6', () => {
    const tables = savedTables('ip6tables-legacy', '*filter\n:INPUT DROP [0:0]\nCOMMIT\n');
    expect(states(tables)).toEqual(['good']);
    expect(said(tables, { network: dualStack })).toMatchObject([
      { state: 'bad', text: expect.stringMatching(/^ip6tables-legacy's INPUT drops .* over IPv6:/) },
    ]);
  });
});

/** Mirrors in UDP to these ports, with GRE. */
const toPorts = (...ports: number[]): Partial<FirewallQuestion> => ({
  path: { raw: true, carriers: [GRE, ...ports.map((port): Carrier => ({ protocol: 'udp', port }))] },
});
const udpOnly: Partial<FirewallQuestion> = {
  path: { raw: true, carriers: [{ protocol: 'udp', port: 4789 }] },
};

describe('a ruleset of iptables-save, for UDP', () => {
  const filter = (policy: string, ...rules: string[]): Table[] =>
    savedTables('iptables', ['*filter', `:INPUT ${policy} [0:0]`, ...rules, 'COMMIT', ''].join('\n'));

  it('accepts it by protocol and port', () => {
    for (const tables of [
      filter('ACCEPT'),
      filter('ACCEPT', '-A INPUT -p gre -j DROP', '-A INPUT -p udp -m udp --dport 53 -j DROP'),
      filter('DROP', '-A INPUT -p udp -j ACCEPT'),
      filter('DROP', '-A INPUT -p 17 -m udp --dport 4789 -j ACCEPT'),
      filter('DROP', '-A INPUT -p udp -m udp --dport 4000:5000 -j ACCEPT'),
      filter('DROP', '-A INPUT -p udp -m multiport --dports 53,4780:4790 -j ACCEPT'),
      filter('ACCEPT', '-A INPUT -p udp -m multiport ! --dports 4789,6081 -j DROP'),
    ])
      expect(said(tables, udpOnly)).toMatchObject([
        { state: 'good', text: 'nothing drops UDP to 4789 on the way in; judged by the rules' },
      ]);
  });

  it('drops it by protocol and port, and says what lets it in', () => {
    for (const rule of [
      '-p udp -j DROP',
      '-p udp -m udp ! --dport 53 -j DROP',
      '-p udp -m udp --dport 4789 -j DROP',
    ])
      expect(states(filter('ACCEPT', `-A INPUT ${rule}`), udpOnly)).toEqual(['bad']);
    const closed = filter('DROP', '-A INPUT -p gre -j ACCEPT');
    expect(said(closed, toPorts(4789, 6081))).toMatchObject([
      {
        state: 'bad',
        text:
          "iptables's INPUT drops what it does not accept, and accepts no UDP to 4789, 6081: sockets will " +
          'not see UDP to 4789, 6081 (judged by the rules)',
        fix: 'iptables -I INPUT -p udp -m multiport --dports 4789,6081 -j ACCEPT',
      },
    ]);
    expect(said(filter('DROP', ':ufw-user-input - [0:0]'), toPorts(4789))[0].fix).toBe(
      'iptables -I INPUT -p gre -j ACCEPT; iptables -I INPUT -p udp --dport 4789 -j ACCEPT ' +
        '(to keep it: ufw allow proto gre from any; ufw allow 4789/udp)',
    );
  });

  it('depends on the sender if it looks at the source port', () => {
    expect(said(filter('DROP', '-A INPUT -p udp -m udp --sport 9 -j ACCEPT'), udpOnly)).toMatchObject([
      { state: 'good', text: expect.stringContaining('depends on its source port') },
    ]);
  });
});

/** A table as `nft` lists it: the rules' statements and their text. */
function nft(
  policy: string,
  rules: readonly [string, object[]][],
  more: object[] = [],
  hook = 'input',
): Table[] {
  const table = { family: 'inet', table: 't' };
  const json = {
    nftables: [
      { metainfo: {} },
      { table: { family: 'inet', name: 't', handle: 1 } },
      ...more,
      { chain: { ...table, name: 'in', handle: 1, type: 'filter', hook, prio: 0, policy } },
      ...rules.map(([, expr], i) => ({ rule: { ...table, chain: 'in', handle: i + 2, expr } })),
    ],
  };
  const lines = rules.map(([words], i) => `\t\t${words} # handle ${i + 2}`);
  const head =
    `\t\ttype filter hook ${hook}${hook === 'ingress' ? ' device "eth0"' : ''} priority ` +
    `filter; policy ${policy};`;
  const text = ['table inet t { # handle 1', '\tchain in { # handle 1', head, ...lines, '\t}', '}'].join(
    '\n',
  );
  return nftTables(JSON.stringify(json), text);
}

const match = (left: object, right: unknown, op = '=='): object => ({ match: { op, left, right } });
const l4proto = { meta: { key: 'l4proto' } };
const payload = (protocol: string, field: string): object => ({ payload: { protocol, field } });
const state = { ct: { key: 'state' } };
const accept = { accept: null };
const drop = { drop: null };

describe('a ruleset of nft', () => {
  it('accepts GRE by a rule, or if the chain accepts the rest', () => {
    for (const tables of [
      nftTables('{"nftables":[]}', ''),
      nft('accept', [['tcp dport 25 drop', [match(payload('tcp', 'dport'), 25), drop]]]),
      nft('accept', [['tcp dport != 25 drop', [match(payload('tcp', 'dport'), 25, '!='), drop]]]),
      nft('drop', [['meta l4proto gre accept', [match(l4proto, 'gre'), accept]]]),
      nft('drop', [['', [match(payload('ip', 'protocol'), { set: ['icmp', 'gre'] }), accept]]]),
      nft('drop', [['', [match(state, ['established', 'new'], 'in'), { counter: { packets: 1 } }, accept]]]),
      nft('drop', [['', [match({ meta: { key: 'iifname' } }, 'eth*'), accept]]]),
      nft('drop', [
        [
          '',
          [
            {
              vmap: {
                key: l4proto,
                data: {
                  set: [
                    ['tcp', drop],
                    [47, accept],
                  ],
                },
              },
            },
          ],
        ],
      ]),
      nft(
        'drop',
        [['', [{ vmap: { key: l4proto, data: '@m' } }]]],
        [
          {
            map: {
              family: 'inet',
              table: 't',
              name: 'm',
              type: 'inet_proto',
              map: 'verdict',
              elem: [['*', accept]],
            },
          },
        ],
      ),
      nft('accept', [['', [match(payload('ip6', 'saddr'), 'fe80::1'), drop]]]),
      nft('accept', [['', [match({ fib: { result: 'type', flags: ['daddr'] } }, 'broadcast'), drop]]]),
      nft('drop', [], [], 'forward'),
    ])
      expect(said(tables), JSON.stringify(tables)).toMatchObject([
        { state: 'good', text: 'nothing drops GRE on the way in; judged by the rules' },
      ]);
  });

  it('drops GRE by a rule for it, by a final reject, or by the policy', () => {
    const [policy] = said(
      nft('drop', [['tcp dport 22 accept', [match(payload('tcp', 'dport'), 22), accept]]]),
    );
    expect(policy.text).toContain("nft's inet t in drops what it does not accept, and accepts no GRE");
    expect(policy.fix).toBe('nft insert rule inet t in meta l4proto gre accept');
    const [end] = said(
      nft('accept', [['reject with icmpx admin-prohibited', [{ reject: { type: 'icmpx' } }]]]),
    );
    expect(end).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('"reject with icmpx admin-prohibited"'),
    });
    const early = nft('accept', [['meta l4proto gre drop', [match(l4proto, 'gre'), drop]]], [], 'prerouting');
    expect(said(early)[0].text).toContain('nft\'s inet t in has "meta l4proto gre drop"');
    expect(
      states(
        nft('accept', [
          ['', [match(state, 'established', 'in'), accept]],
          ['drop', [drop]],
        ]),
      ),
    ).toEqual(['bad']);
  });

  it('is judged by the elements of named sets, and by the hook of a device first', () => {
    const set = (...elem: unknown[]): object[] => [
      { set: { family: 'inet', table: 't', name: 's', type: 'ipv4_addr', elem } },
    ];
    const rule: [string, object[]] = ['', [match(payload('ip', 'saddr'), '@s'), accept]];
    const known = { sources: ['10.0.0.7'] };
    expect(states(nft('drop', [rule], set({ prefix: { addr: '10.0.0.0', len: 24 } })), known)).toEqual([
      'good',
    ]);
    expect(states(nft('drop', [rule], set({ range: ['10.0.0.8', '10.0.0.9'] })), known)).toEqual(['bad']);
    expect(states(nft('drop', [rule], set({ elem: { val: '10.0.0.7', comment: 'x' } })), known)).toEqual([
      'good',
    ]);
    expect(states(nft('drop', [rule], set()))).toEqual(['bad']);
    const device = nft('accept', [['drop', [drop]]], [], 'ingress');
    expect(states(device)).toEqual(['bad']);
    expect(states(device, { interfaces: ['eth1'] })).toEqual(['good']);
    expect(states(device, { interfaces: ['eth0', 'eth1'], named: false })).toEqual(['poor']);
  });

  it('is good despite rules for some senders and for one IP version', () => {
    const senders = match(payload('ip', 'saddr'), { set: ['10.0.0.11', '10.0.0.12'] }, '!=');
    const tables = nft('accept', [
      ['meta l4proto gre ip saddr != { 10.0.0.11, 10.0.0.12 } drop', [match(l4proto, 'gre'), senders, drop]],
      [
        'meta l4proto gre meta nfproto ipv6 drop',
        [match(l4proto, 'gre'), match({ meta: { key: 'nfproto' } }, 'ipv6'), drop],
      ],
    ]);
    expect(states(tables)).toEqual(['good']);
    expect(states(tables, { network: dualStack })).toEqual(['good', 'good']);
  });

  it('is doubtful if a condition cannot be judged', () => {
    for (const condition of [
      { limit: { rate: 1, per: 'second' } },
      match({ meta: { key: 'mark' } }, 1),
      { xt: null },
    ])
      expect(states(nft('drop', [['', [condition, accept]]]))).toEqual(['poor']);
  });

  it('judges UDP by its port', () => {
    const dport = payload('udp', 'dport');
    const port = (right: unknown, op = '=='): [string, object[]] => ['', [match(dport, right, op), accept]];
    for (const right of [4789, { range: [4000, 5000] }, { set: [53, { range: [4780, 4790] }] }]) {
      expect(states(nft('drop', [port(right)]), udpOnly)).toEqual(['good']);
      // GRE has no ports, not even others.
      expect(states(nft('drop', [port(right)]))).toEqual(['bad']);
      expect(states(nft('drop', [port(right, '!=')]))).toEqual(['bad']);
    }
    expect(states(nft('drop', [port(53)]), udpOnly)).toEqual(['bad']);
    expect(states(nft('drop', [['', [match(payload('th', 'dport'), 4789), accept]]]), udpOnly)).toEqual([
      'good',
    ]);
    expect(states(nft('drop', [['', [match(l4proto, 'udp'), accept]]]), udpOnly)).toEqual(['good']);
    expect(states(nft('drop', [['', [match(payload('gre', 'protocol'), 1), accept]]]), udpOnly)).toEqual([
      'bad',
    ]);
    const [found] = said(nft('drop', [['', [match(l4proto, 'gre'), accept]]]), toPorts(4789, 6081));
    expect(found.fix).toBe("nft insert rule inet t in udp dport '{ 4789, 6081 }' accept");
  });

  it('does not affect a ring, which receives before it', () => {
    const [found] = said(nft('drop', []), { path: { raw: false, carriers: [GRE] } });
    expect(found).toMatchObject({
      state: 'good',
      text: expect.stringMatching(/; the ring receives before it$/),
    });
  });
});
