/** The doctor on the most common causes of "nothing arrives", with real rules and real packets. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAIN, TestCollector } from '../support/collector.js';
import { ethernet, ipv4, udp } from '../support/frames.js';
import { udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { captureOf } from '../support/pcap.js';
import { IN_UDP } from '../support/udp-mirrors.js';

const NETNS = 'f-doctor2';
const NEEDS = [
  'root',
  'ip',
  'nft',
  'iptables-nft',
  'iptables-legacy',
  'ip6tables-legacy',
  'setpriv',
  'tcpreplay',
  'unshare',
];

/** As firewalld does it: policy accept, zones by goto, and a reject at the end. */
const FIREWALLD = `table inet firewalld {
  chain filter_PREROUTING {
    type filter hook prerouting priority filter + 10; policy accept;
    icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
    meta nfproto ipv6 fib saddr . mark . iif oif missing drop
  }
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_INPUT_ZONES
    reject with icmpx admin-prohibited
  }
  chain filter_INPUT_ZONES {
    iifname "e0" goto filter_IN_public
    goto filter_IN_public
  }
  chain filter_IN_public {
    jump filter_IN_public_allow
    meta l4proto { icmp, ipv6-icmp } accept
  }
  chain filter_IN_public_allow {
    tcp dport 22 ct state { new, untracked } accept
  }
}
`;

/** As ufw does it: policy drop, and everything else in chains that it jumps to. */
const ufw = (user: string): string => `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:ufw-before-input - [0:0]
:ufw-after-input - [0:0]
:ufw-not-local - [0:0]
:ufw-skip-to-policy-input - [0:0]
:ufw-user-input - [0:0]
-A INPUT -j ufw-before-input
-A INPUT -j ufw-after-input
-A ufw-after-input -p udp -m udp --dport 137 -j ufw-skip-to-policy-input
-A ufw-after-input -m addrtype --dst-type BROADCAST -j ufw-skip-to-policy-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A ufw-before-input -j ufw-not-local
-A ufw-before-input -j ufw-user-input
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j LOG
-A ufw-not-local -j DROP
-A ufw-skip-to-policy-input -j DROP
${user}COMMIT
`;

interface Said {
  readonly status: number | null;
  readonly lines: string[];
}

describeWith(NEEDS, 'mirrorlake doctor, where nothing arrives', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-doctor-'));
  const store = join(directory, 'data');

  beforeAll(() => {
    tryIp(`netns del ${NETNS}`);
  });
  beforeEach(() => {
    ip(`netns add ${NETNS}`);
    inside('sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0');
    for (const pair of ['e', 'm']) ip(`-n ${NETNS} link add ${pair}0 type veth peer name ${pair}1`);
    for (const name of ['lo', 'e0', 'e1', 'm0', 'm1']) ip(`-n ${NETNS} link set ${name} up`);
    ip(`-n ${NETNS} address add 10.7.0.1/24 dev e0`);
    ip(`-n ${NETNS} address add fd00:7::1/64 dev e0 nodad`);
    ip(`-n ${NETNS} address add 10.8.0.1/24 dev m0`);
  });
  afterEach(() => ip(`netns del ${NETNS}`));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function inside(...command: string[]): Said {
    const run = spawnSync('ip', ['netns', 'exec', NETNS, ...command], { encoding: 'utf8' });
    return { status: run.status, lines: (run.stdout + run.stderr).trim().split('\n') };
  }
  function feed(program: string[], input: string): void {
    const run = spawnSync('ip', ['netns', 'exec', NETNS, ...program], { input, encoding: 'utf8' });
    expect(run.stderr).toBe('');
  }
  const words = (...args: string[]): string[] => [
    process.execPath,
    MAIN,
    'doctor',
    '--store',
    store,
    ...args,
  ];
  const doctor = (...args: string[]): Said => inside(...words(...args));
  const about = ({ lines }: Said, subject: string): string[] =>
    lines.filter((l) => l.includes(`  ${subject}: `));
  const mendOf = (line: string): string => line.split('fix it with: ')[1].replace(/ \(.*\)$/, '');

  /** Nothing comes over IPv4, or over either version. The command that the doctor gives fixes it. */
  function keptOut(what: RegExp, both: boolean): void {
    const said = doctor();
    expect(said.status, said.lines.join('\n')).toBe(1);
    const bad = about(said, 'firewall').filter((l) => l.startsWith('FAIL'));
    expect(bad, said.lines.join('\n')).toHaveLength(1);
    expect(bad[0]).toMatch(what);
    expect(about(said, 'trial IPv4')[0]).toMatch(/^FAIL .*did not arrive: /);
    expect(about(said, 'trial IPv6')[0]).toMatch(both ? /^FAIL .*did not arrive: / : /^ok .* arrived/);
    inside('sh', '-c', mendOf(bad[0]));
    letIn();
  }

  function letIn(): void {
    const said = doctor();
    expect(said.status, said.lines.join('\n')).toBe(0);
    for (const l of about(said, 'firewall')) expect(l).toMatch(/^ok/);
    for (const version of [4, 6]) expect(about(said, `trial IPv${version}`)[0]).toMatch(/^ok .* arrived/);
  }

  it('sees a packet arrive if nothing is in the way', letIn);

  it('finds the reject at the end of a chain, as in firewalld', () => {
    feed(['nft', '-f', '-'], FIREWALLD);
    keptOut(
      /inet firewalld filter_INPUT has "reject with icmpx admin-prohibited".*--add-protocol=gre\)$/,
      true,
    );
  });

  it.each(['iptables-nft', 'iptables-legacy'])('goes through the chains that ufw jumps to: %s', (tool) => {
    feed([`${tool}-restore`], ufw('-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT\n'));
    keptOut(/INPUT drops what it does not accept.*ufw allow proto gre from any\)$/, false);
    feed([`${tool}-restore`], ufw('-A ufw-user-input -p gre -j ACCEPT\n'));
    letIn();
  });

  it('finds rules of iptables-legacy, which nft does not list, also for IPv6', () => {
    inside('iptables-legacy', '-t', 'raw', '-A', 'PREROUTING', '-p', 'gre', '-j', 'DROP');
    keptOut(/iptables-legacy -t raw has "-A PREROUTING -p gre -j DROP"/, false);
    inside('ip6tables-legacy', '-A', 'INPUT', '-p', 'gre', '-j', 'DROP');
    const said = doctor();
    expect(said.status).toBe(1);
    expect(about(said, 'firewall')[0]).toMatch(/^FAIL .*ip6tables-legacy has .* over IPv6/);
    expect(about(said, 'trial IPv4')[0]).toMatch(/^ok/);
    expect(about(said, 'trial IPv6')[0]).toMatch(/^FAIL/);
  });

  it('follows verdict maps, goto and return of nft', () => {
    feed(
      ['nft', '-f', '-'],
      `table ip t {
        chain in {
          type filter hook input priority 0; policy accept;
          ct state vmap { established : accept, related : accept, new : jump fresh }
        }
        chain fresh {
          meta l4proto { tcp, udp } return
          goto last
        }
        chain last {
          meta l4proto icmp accept
          drop
        }
      }\n`,
    );
    keptOut(/nft's ip t last has "drop".*nft insert rule ip t in meta l4proto gre accept$/, false);
  });

  it('judges by the rules what the packet cannot show: other interfaces, and senders', () => {
    feed(
      ['nft', '-f', '-'],
      `table netdev n {
        chain c { type filter hook ingress device "e0" priority 0; policy accept; meta l4proto gre drop; }
      }\n`,
    );
    const device = doctor();
    expect(about(device, 'firewall')[0]).toMatch(
      /^warn .*"meta l4proto gre drop" on e0.*judged by the rules/,
    );
    expect(about(device, 'trial IPv4')[0]).toMatch(
      /^ok .* arrived; rules for other interfaces .* are judged, not tried/,
    );
    const named = doctor('--receiver', 'raw', '--interface', 'e0');
    expect(about(named, 'firewall')[0]).toMatch(/^FAIL/);
    inside('nft', 'flush', 'ruleset');
    inside('iptables-nft', '-A', 'INPUT', '!', '-s', '10.0.0.0/8', '-p', 'gre', '-j', 'DROP');
    const sender = doctor();
    expect(sender.status).toBe(0);
    expect(about(sender, 'firewall')[0]).toMatch(
      /^ok .*depends on senders 10\.0\.0\.0\/8; judged by the rules$/,
    );
    expect(about(sender, 'trial IPv4')[0]).toMatch(/^ok .*did not arrive, for which there is a rule/);
    const file = join(directory, 'm.yaml');
    writeFileSync(file, 'mirrors:\n  - { name: a, source: 192.0.2.5 }\n');
    expect(about(doctor('--config', file), 'firewall')[0]).toMatch(/^FAIL/);
  });

  it('says if it cannot judge a condition', () => {
    inside('iptables-legacy', '-A', 'INPUT', '-p', 'gre', '-m', 'limit', '--limit', '5/sec', '-j', 'ACCEPT');
    inside('iptables-legacy', '-A', 'INPUT', '-p', 'gre', '-j', 'DROP');
    const said = doctor();
    expect(said.status).toBe(0);
    expect(about(said, 'firewall')[0]).toMatch(/^warn .*it may keep GRE out; -m limit cannot be judged here/);
  });

  it('judges a ring without rules and reverse paths, which do not affect it, and tries one', () => {
    inside('iptables-legacy', '-A', 'INPUT', '-p', 'gre', '-j', 'DROP');
    inside('sysctl', '-qw', 'net.ipv4.conf.e0.rp_filter=1');
    const said = doctor('--interface', 'e0');
    expect(said.status, said.lines.join('\n')).toBe(0);
    expect(about(said, 'receiver')[0]).toMatch(/^ok .*a ring on e0/);
    expect(about(said, 'firewall')[0]).toMatch(/^ok .*-p gre -j DROP"; the ring receives before it$/);
    expect(about(said, 'e0 rp_filter')[0]).toMatch(/^ok .*strict.*; the ring receives before it$/);
    expect(about(said, 'trial')[0]).toMatch(/^ok .*a ring on a veth pair has seen GRE;.*e0 is not tried$/);
  });

  describe('reverse path filtering, as the kernel applies it', () => {
    const rp = (...args: string[]): string => about(doctor(...args), 'e0 rp_filter')[0];
    const set = (all: number, own: number): Said =>
      inside('sysctl', '-qw', `net.ipv4.conf.all.rp_filter=${all}`, `net.ipv4.conf.e0.rp_filter=${own}`);

    it('is loose, and there is no way back: the remedy works', () => {
      set(0, 2);
      const line = rp();
      expect(line).toMatch(/^FAIL .*2 \(loose\): packets of mirrors that this host has no route back to/);
      expect(line).toMatch(/all\.rp_filter=0 net\.ipv4\.conf\.e0\.rp_filter=0 .*ip route add SENDER/);
      ip(`-n ${NETNS} route add default via 10.8.0.2`);
      expect(rp()).toMatch(/^ok .*2 \(loose\): lets senders/);
      ip(`-n ${NETNS} route del default`);
      inside('sh', '-c', mendOf(line));
      expect(rp()).toMatch(/^ok .* 0: /);
    });

    it('is loose on an interface without an address: the remedy gives it a way back', () => {
      ip(`-n ${NETNS} route add default via 10.8.0.2`);
      ip(`-n ${NETNS} address del 10.7.0.1/24 dev e0`);
      set(0, 2);
      const line = rp('--receiver', 'raw', '--interface', 'e0');
      expect(line).toMatch(/^FAIL .*e0 has no IPv4 address/);
      inside('sh', '-c', mendOf(line));
      expect(rp('--receiver', 'raw', '--interface', 'e0')).toMatch(/^ok/);
    });

    it('is strict, by the larger of both values, and the way back is elsewhere: the remedy works', () => {
      ip(`-n ${NETNS} route add default via 10.8.0.2`);
      set(1, 0);
      const line = rp();
      expect(line).toMatch(
        /^FAIL .*1 \(strict\): .*fix it with: sysctl -w net\.ipv4\.conf\.e0\.rp_filter=2$/,
      );
      inside('sh', '-c', mendOf(line));
      expect(rp()).toMatch(/^ok .*2 \(loose\)/);
    });

    it('is judged by the senders in the configuration', () => {
      set(1, 1);
      inside('sysctl', '-qw', 'net.ipv4.conf.m0.rp_filter=1');
      const file = join(directory, 'm.yaml');
      writeFileSync(file, 'mirrors:\n  - { name: a, source: 10.7.0.5 }\n  - { name: b, source: 10.8.0.5 }\n');
      expect(rp('--config', file)).toMatch(/^ok .*lets 10\.7\.0\.5, 10\.8\.0\.5 in/);
      writeFileSync(file, 'mirrors:\n  - { name: a, source: 10.9.0.5 }\n');
      expect(rp('--config', file)).toMatch(/^FAIL .*packets of 10\.9\.0\.5 /);
    });
  });

  it('checks the interfaces that are up if none is named, and says so', () => {
    const said = doctor();
    expect(about(said, 'interfaces')[0]).toMatch(
      /^ok .*none is named; looked at: e0, m0 \(up, with an address\)$/,
    );
    for (const subject of ['e0 MTU', 'm0 MTU', 'e0 rp_filter', 'm0 rp_filter'])
      expect(about(said, subject), subject).toHaveLength(1);
  });

  it('does not fail for an unnamed interface without a carrier, such as the bridge of a Docker host', () => {
    inside('ip', 'link', 'add', 'docker9', 'type', 'veth', 'peer', 'name', 'container9');
    inside('ip', 'address', 'add', '172.17.9.1/24', 'dev', 'docker9');
    inside('ip', 'link', 'set', 'docker9', 'up');
    try {
      const found = doctor();
      expect(about(found, 'docker9')).toEqual([
        expect.stringMatching(/^warn .*has no carrier: nothing comes by it now/),
      ]);
      expect(about(found, 'docker9 MTU')).toEqual([]);
      expect(about(doctor('--interface', 'docker9'), 'docker9')[0]).toMatch(/^FAIL .*has no carrier/);
    } finally {
      inside('ip', 'link', 'del', 'docker9');
    }
  });

  describe('with fewer privileges', () => {
    const as = (...capabilities: string[]): Said =>
      inside('setpriv', '--bounding-set', ['-all', ...capabilities].join(), '--inh-caps', '-all', ...words());

    it('does not report existing tools and rules as missing', () => {
      const root = doctor();
      expect(about(root, 'privileges')[0]).toMatch(/^ok/);
      expect(root.lines.join('\n')).not.toMatch(/without CAP_NET_ADMIN|CAP_NET_ADMIN missing/);
      expect(about(root, 'receive buffer')[0]).toMatch(/^ok .*64\.0 MiB of 64\.0 MiB are granted/);
      const less = as('+net_raw');
      expect(about(less, 'privileges')[0]).toMatch(/^warn .*CAP_NET_ADMIN missing/);
      expect(about(less, 'firewall')[0]).toMatch(
        /^warn .*cannot be judged: reading rules takes CAP_NET_ADMIN/,
      );
    });

    it('judges by the rules if it may not try, as under the unit without CAP_SYS_ADMIN', () => {
      inside('iptables-nft', '-P', 'INPUT', 'DROP');
      const said = as('+net_raw', '+net_admin');
      expect(about(said, 'firewall')[0]).toMatch(/^FAIL .*judged by the rules/);
      expect(about(said, 'trial')[0]).toMatch(
        /^warn .*judged by the rules, not tried; it takes CAP_SYS_ADMIN/,
      );
    });
  });

  describe('of inputs over UDP', () => {
    const inputs = ['--input', 'gre', '--input', 'vxlan', '--input', 'geneve:6082'];
    const trials = (said: Said): string[] =>
      [4789, 6082].flatMap((port) =>
        [4, 6].map((version) => about(said, `trial UDP to ${port} over IPv${version}`)[0]),
      );

    it('judges and tries each by its port', () => {
      feed(
        ['nft', '-f', '-'],
        `table inet t {
          chain in {
            type filter hook input priority 0; policy drop;
            icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
            meta l4proto gre accept
            udp dport 4000-5000 accept
          }
        }\n`,
      );
      const said = doctor(...inputs);
      expect(said.status).toBe(1);
      expect(about(said, 'receiver')[0]).toContain(
        'raw sockets of protocol 47 and UDP sockets on 4789, 6082',
      );
      const [firewall, ...more] = about(said, 'firewall');
      expect(more).toEqual([]);
      expect(firewall).toMatch(/^FAIL .*accepts no UDP to 6082: sockets will not see UDP to 6082/);
      expect(trials(said)).toEqual([
        ...[4, 6].map(() => expect.stringMatching(/^ok .*UDP to 4789 sent to .* arrived/)),
        ...[4, 6].map(() => expect.stringMatching(/^FAIL .*UDP to 6082 sent to .* did not arrive: nft's/)),
      ]);
      inside('sh', '-c', mendOf(firewall));
      const mended = doctor(...inputs);
      expect(mended.status, mended.lines.join('\n')).toBe(0);
      expect(trials(mended)).toEqual(trials(mended).map(() => expect.stringMatching(/^ok .* arrived/)));
    });

    it('names who has a port, and tries a ring all the same', () => {
      ip(`-n ${NETNS} link add vx type vxlan id 7 dev e0 dstport 4789`);
      ip(`-n ${NETNS} link set vx up`);
      const raw = doctor(...inputs);
      expect(raw.status).toBe(1);
      expect(about(raw, 'UDP port 4789')[0]).toMatch(
        /^FAIL .*vxlan device vx: collect cannot receive vxlan there; fix it with: ip link del vx$/,
      );
      expect(about(raw, 'UDP port 6082')[0]).toMatch(/^ok .*is free, for geneve$/);
      const ring = doctor('--interface', 'e0', ...inputs);
      expect(ring.status, ring.lines.join('\n')).toBe(0);
      expect(about(ring, 'UDP port 4789')[0]).toMatch(/^warn .*vxlan device vx, which gets what arrives/);
      expect(about(ring, 'trial')[0]).toMatch(
        /^ok .*a ring on a veth pair has seen GRE and UDP to 4789, 6082; /,
      );
    });

    it('hears what arrives and is not listed', async () => {
      const file = join(directory, 'vxlan.pcap');
      const mirrored = udpFrame('10.0.0.1', '10.0.0.2', 7);
      const datagram = udp(9, 4789, IN_UDP.vxlan(mirrored));
      writeFileSync(file, captureOf([ethernet(0x0800, ipv4('10.7.0.2', '10.7.0.1', 17, datagram))]));
      const replay = ['netns', 'exec', NETNS, 'tcpreplay', '--loop', '0', '--pps', '50', '-i', 'e1', file];
      const sender = spawn('ip', replay, { stdio: 'ignore' });
      try {
        await expect
          .poll(() => about(doctor('--interface', 'e0'), 'e0 unlisted')[0] ?? '')
          .toMatch(/^warn .*UDP to 4789 \(vxlan\) arrives, .*mirrorlake collect --input gre --input vxlan$/);
      } finally {
        sender.kill();
      }
    });

    it('learns from a running collector that it has the ports, and what arrived', async () => {
      const c = await TestCollector.start(inputs, { netns: NETNS });
      try {
        const file = join(directory, 'u.yaml');
        writeFileSync(file, `control: ${c.control}\ninputs: [gre, vxlan, geneve:6082]\n`);
        const said = doctor('--config', file);
        expect(said.status, said.lines.join('\n')).toBe(0);
        for (const port of [4789, 6082]) {
          expect(about(said, `UDP port ${port}`)[0]).toMatch(/^ok .*is the running collector's/);
          for (const version of [4, 6])
            expect(about(said, `trial UDP to ${port} over IPv${version}`)[1]).toMatch(
              /^ok .*the running collector has received it$/,
            );
        }
        const s = await c.status();
        expect(s.inputs?.every(({ packets }) => packets === 0)).toBe(true);
        expect(Object.values(s.dropped).every((n) => n === 0)).toBe(true);
      } finally {
        await c.stop();
        c.remove();
      }
    });
  });

  it('reports rules that it cannot read, and nothing if there are none', () => {
    const empty = join(directory, 'empty');
    const bare = join(directory, 'bin');
    // As in a container that has ip, but neither nft nor iptables.
    const copy = `mkdir -p ${empty} ${bare} && cp "$(readlink -f "$(command -v ip)")" ${bare}/ip`;
    const script = `${copy} && mount --bind ${empty} /usr/sbin && PATH=${bare} exec "$@"`;
    const contained = (): Said => inside('unshare', '-m', 'sh', '-c', script, 'sh', ...words());
    expect(about(contained(), 'firewall')).toEqual([
      expect.stringMatching(/^ok .*nothing drops GRE on the way in; judged by the rules$/),
    ]);
    feed(
      ['nft', '-f', '-'],
      'table inet t { chain in { type filter hook input priority 0; policy drop; }; }\n',
    );
    inside('iptables-legacy', '-A', 'INPUT', '-p', 'gre', '-j', 'DROP');
    const said = contained();
    expect(about(said, 'firewall')).toEqual([
      expect.stringMatching(/^warn .*cannot be judged: the kernel has rules of nftables \(inet t\)/),
      expect.stringMatching(/^warn .*cannot be judged: the kernel has rules of iptables-legacy \(filter\)/),
    ]);
    expect(about(said, 'trial IPv4')[0]).toMatch(
      /^FAIL .*did not arrive, and no rule that can be read explains it/,
    );
  });

  describe('beside a running collector', () => {
    it('learns from it that the trial arrived, which it counts nowhere', async () => {
      const c = await TestCollector.start(['--tunnel', 't9 mode gre remote any local 10.7.0.1'], {
        netns: NETNS,
        config: 'unknown_mirrors: observe\n',
      });
      try {
        const file = join(directory, 'c.yaml');
        writeFileSync(file, `control: ${c.control}\n`);
        const said = doctor('--config', file);
        for (const version of [4, 6]) {
          const lines = about(said, `trial IPv${version}`);
          expect(lines[0], said.lines.join('\n')).toMatch(/^ok .* arrived/);
          expect(lines[1]).toMatch(/^ok .*the running collector has received it$/);
        }
        const s = await c.status();
        expect(s.receivers).toMatchObject([{ kind: 'raw', packets: 0, dropped: 0 }]);
        expect(s.mirrors).toEqual([]);
        expect(Object.values(s.dropped).every((n) => n === 0)).toBe(true);
        expect(s.tunnels_refused).toEqual({ header: 0, checksum: 0, no_tunnel: 0 });
        expect(s.tunnels[0].counters.rx_packets).toBe(0);
      } finally {
        await c.stop();
        c.remove();
      }
    });

    it('says so if that is in another network namespace', async () => {
      const c = await TestCollector.start([]);
      try {
        const file = join(directory, 'c.yaml');
        writeFileSync(file, `control: ${c.control}\n`);
        const lines = about(doctor('--config', file), 'trial IPv4');
        expect(lines[1]).toMatch(
          /^warn .*not at the running collector: that is in another network namespace/,
        );
      } finally {
        await c.stop();
        c.remove();
      }
    });
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('leaves nothing behind, not even after %s', async (signal) => {
    // The doctor then waits for a packet that does not come, long enough to be interrupted.
    inside('iptables-legacy', '-A', 'INPUT', '-p', 'gre', '-j', 'DROP');
    const veths = (): number =>
      inside('ip', '-brief', 'link').lines.filter((l) => /^ml[de]\d/.test(l)).length;
    const process: ChildProcess = spawn('ip', ['netns', 'exec', NETNS, ...words()], { stdio: 'ignore' });
    const exited = once(process, 'exit');
    await expect.poll(veths, { interval: 20 }).toBeGreaterThan(0);
    process.kill(signal);
    await exited;
    await expect.poll(veths).toBe(0);
    expect(inside('ip', 'route', 'show', '198.18.47.1').lines).toEqual(['']);
    doctor();
    expect(veths()).toBe(0);
  });
});
