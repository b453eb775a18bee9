import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAIN } from '../support/collector.js';
import { describeWith, ip, tryIp } from '../support/needs.js';

const NETNS = 'f-doctor';

describeWith(['root', 'ip', 'ethtool', 'iptables', 'setpriv'], 'mirrorlake doctor', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-doctor-'));

  beforeAll(() => {
    tryIp(`netns del ${NETNS}`);
    ip(`netns add ${NETNS}`);
    ip(`-n ${NETNS} link add e0 type veth peer name e1`);
    for (const words of ['link set e1 up', 'link set e0 mtu 2000 up']) ip(`-n ${NETNS} ${words}`);
    inside('ethtool', '-K', 'e0', 'gro', 'off');
    inside('sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.e0.rp_filter=0');
  });
  afterAll(() => {
    tryIp(`netns del ${NETNS}`);
    rmSync(directory, { recursive: true, force: true });
  });

  function inside(...command: string[]): { status: number | null; lines: string[] } {
    const run = spawnSync('ip', ['netns', 'exec', NETNS, ...command], { encoding: 'utf8' });
    return { status: run.status, lines: (run.stdout + run.stderr).trim().split('\n') };
  }
  function doctor(...args: string[]): { status: number | null; lines: string[] } {
    return inside(process.execPath, MAIN, 'doctor', '--store', join(directory, 'data'), ...args);
  }
  const line = (lines: string[], subject: string): string =>
    lines.find((l) => l.includes(` ${subject}:`)) ?? lines.join('\n');

  it('finds nothing wrong with a host that is in order, in one line per subject', () => {
    const { status, lines } = doctor('--receiver', 'raw', '--interface', 'e0');
    expect(status).toBe(0);
    for (const subject of [
      'privileges',
      'kernel',
      'koffi',
      'raw-socket',
      'kernel GRE',
      'firewall',
      'e0',
      'e0 MTU',
      'e0 offloads',
      'e0 VLAN',
      'e0 rp_filter',
      'store',
    ]) {
      expect(line(lines, subject)).toMatch(/^ok {4}/);
    }
    for (const l of lines) expect(l).toMatch(/^(ok {4}|warn {2}|FAIL {2})[^:]+: ./);
  });

  it('says the same as JSON', () => {
    const args = ['--receiver', 'raw', '--interface', 'e0'];
    const { status, lines } = doctor(...args, '--json');
    expect(status).toBe(0);
    const { findings } = JSON.parse(lines.join('\n')) as {
      findings: { state: string; subject: string; text: string; fix?: string }[];
    };
    const marks: Record<string, string> = { good: 'ok', poor: 'warn', bad: 'FAIL' };
    const subjects = (all: string[]) => all.filter((l) => !/ (growth|disk): /.test(l));
    expect(
      subjects(
        findings.map(({ state, subject, text, fix }) => {
          const mark = marks[state].padEnd(4);
          return `${mark}  ${subject}: ${text}${fix === undefined ? '' : `; fix it with: ${fix}`}`;
        }),
      ),
    ).toEqual(subjects(doctor(...args).lines));
  });

  it('names each problem with a command that fixes it', () => {
    ip(`-n ${NETNS} link set e0 mtu 1500`);
    inside('ethtool', '-K', 'e0', 'gro', 'on');
    inside('sysctl', '-qw', 'net.ipv4.conf.e0.rp_filter=1');
    inside('iptables', '-A', 'INPUT', '-p', 'gre', '-j', 'DROP');
    const { status, lines } = doctor('--receiver', 'raw', '--interface', 'e0', '--interface', 'e7');
    expect(status).toBe(1);
    expect(line(lines, 'e0 MTU')).toMatch(/^warn .*1500: .*fix it with: ip link set e0 mtu 1586/);
    expect(line(lines, 'e0 offloads')).toMatch(/^warn .*gro on.*fix it with: ethtool -K e0 gro off$/);
    expect(line(lines, 'e0 rp_filter')).toMatch(/^FAIL .*strict.*fix it with: sysctl -w /);
    expect(line(lines, 'firewall')).toMatch(
      /^FAIL .*-p gre -j DROP.*fix it with: iptables -I INPUT -p gre -j ACCEPT$/,
    );
    expect(line(lines, 'e7')).toMatch(/^FAIL .*there is no such interface/);
    for (const l of lines.filter((l) => / (e0 \w+|firewall):/.test(l) && l.includes('fix it with: '))) {
      inside('sh', '-c', l.split('fix it with: ')[1].replace(/ \(.*\)$/, ''));
    }
    const after = doctor('--receiver', 'raw', '--interface', 'e0');
    expect(after.status).toBe(0);
    for (const subject of ['e0 MTU', 'e0 offloads', 'e0 rp_filter', 'firewall'])
      expect(line(after.lines, subject)).toMatch(/^ok/);
  });

  it('reports missing privileges, an interface that is down, and a store that does not answer', () => {
    ip(`-n ${NETNS} link set e0 down`);
    const words = [
      process.execPath,
      MAIN,
      'doctor',
      '--interface',
      'e0',
      '--store',
      'http://127.0.0.1:9/lake',
    ];
    const { status, lines } = inside('setpriv', '--reuid', 'nobody', '--clear-groups', ...words);
    expect(status).toBe(1);
    expect(line(lines, 'privileges')).toMatch(
      /^FAIL .*CAP_NET_RAW and CAP_NET_ADMIN missing.*fix it with: setcap /,
    );
    expect(line(lines, 'e0')).toMatch(/^FAIL .*is down; fix it with: ip link set e0 up$/);
    expect(line(lines, 'store')).toMatch(/^FAIL .*127\.0\.0\.1:9\/lake cannot be reached/);
    ip(`-n ${NETNS} link set e0 up`);
  });

  it('checks what the configuration says, and reports mistakes in it', () => {
    const file = join(directory, 'm.yaml');
    writeFileSync(file, 'interfaces: [e0]\nspool: { limit: 900TB }\n');
    const { lines } = doctor('--config', file);
    expect(line(lines, 'e0')).toMatch(/^ok/);
    expect(line(lines, 'disk')).toMatch(/^warn .*set spool\.limit below/);
    inside('iptables', '-F', 'INPUT');
    inside('iptables', '-A', 'INPUT', '-p', 'gre', '-j', 'DROP');
    expect(line(doctor('--config', file).lines, 'firewall')).toMatch(
      /^ok .*-p gre -j DROP"; the ring receives before it$/,
    );
    writeFileSync(file, 'receiver: raw\n');
    expect(line(doctor('--config', file).lines, 'firewall')).toMatch(/^FAIL .*-p gre -j DROP/);
    writeFileSync(file, 'interfaces: [e0]\nreceiver: raw\n');
    expect(line(doctor('--config', file).lines, 'receiver')).toMatch(/^FAIL .*leave out --interface/);
    writeFileSync(file, 'interfaces: [e0]\ntunnels: [t1 mode gre remote 10.0.0.1]\n');
    expect(line(doctor('--config', file).lines, 'firewall')).toMatch(/^FAIL .*-p gre -j DROP/);
    inside('iptables', '-F', 'INPUT');
    writeFileSync(file, 'store: none\ntunnels: [t1 mode gre remote 10.0.0.1]\n');
    const { lines: storeless } = inside(process.execPath, MAIN, 'doctor', '--config', file);
    expect(line(storeless, 'store')).toMatch(/^ok .*none: tunnels only/);
    expect(storeless.filter((l) => /disk|Landlock/.test(l))).toEqual([]);
    writeFileSync(file, 'interface: e0\n');
    expect(doctor('--config', file)).toEqual({
      status: 2,
      lines: [`mirrorlake: ${file}:1:1: interface: there is no such key`],
    });
  });
});
