/**
 * A real switch that mirrors real traffic: Open vSwitch's userspace datapath connects two hosts, and sends a
 * copy of everything between them to a collector's network namespace over ERSPAN.
 *
 *     f-h1 203.0.113.1, 2001:db8:7::1 ─┐
 *                                     [ f-int ] ── ERSPAN ──▶ f-col eth0 198.51.100.2, 2001:db8:100::2
 *     f-h2 203.0.113.2, 2001:db8:7::2 ─┘
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type MirrorCommands,
  mirrorCommands,
  parseMirrorInput,
  plain,
  type Text,
} from '../../src/console/mirror-commands.js';
import { ip, run, tryIp } from './needs.js';

export const OVS_NEEDS = [
  'root',
  'ip',
  'ethtool',
  'ovs-vswitchd',
  'ovsdb-server',
  'ovs-vsctl',
  'ovsdb-tool',
] as const;
const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';

export interface OvsMirrorOptions {
  /** ERSPAN's, or what carries the frames in UDP. */
  readonly type: 'II' | 'III' | 'vxlan' | 'geneve';
  readonly ipv6: boolean;
  /** Of all ports, or of the hosts' in one direction or both. */
  readonly ports: 'all' | 'hosts';
  readonly direction: 'both' | 'rx' | 'tx';
  readonly session: number;
  /** The MTU of the underlay between switch and collector. */
  readonly mtu: number;
}

export class OvsMirror {
  static readonly hosts = ['f-h1', 'f-h2'] as const;
  static readonly collector = 'f-col';
  /** What the commands say: type II's index, type III's hardware id. */
  static readonly index = 1;
  static readonly hardware = 4;
  /** As the console and docs/how-to/configure-mirrors.md print them. */
  private readonly printed: MirrorCommands;
  /** The first of them, of another kind of port where it is one in UDP. */
  private readonly commands: string;
  private readonly directory = mkdtempSync(join(tmpdir(), 'mirrorlake-ovs-'));

  constructor(readonly options: OvsMirrorOptions) {
    this.printed = mirrorCommands(
      parseMirrorInput({
        platform: 'ovs',
        name: 'f-ers',
        bridge: 'f-int',
        ...(options.ipv6
          ? { collector: '2001:db8:100::2', source: '2001:db8:100::1' }
          : { collector: '198.51.100.2', source: '198.51.100.1' }),
        session: options.session,
        type: options.type === 'III' ? 'III' : 'II',
        direction: options.direction,
        ports: options.ports === 'all' ? [] : OvsMirror.hosts.map((name) => `${name}-p`),
      }),
    );
    const commands = plain(this.printed.commands);
    const { type } = options;
    this.commands =
      type === 'II' || type === 'III'
        ? commands
        : commands.replace('type=erspan', `type=${type}`).replace(/ options:erspan_\w+=\w+/g, '');
    try {
      this.startSwitch();
      this.joinHosts();
      this.joinCollector();
      this.mirror();
    } catch (e) {
      this.close();
      throw e;
    }
  }

  private startSwitch(): void {
    const d = this.directory;
    // ovs-vsctl and both daemons find each other through this directory.
    process.env.OVS_RUNDIR = d;
    run('ovsdb-tool', 'create', join(d, 'conf.db'), SCHEMA);
    const detach = (name: string): string[] => [
      `--pidfile=${join(d, `${name}.pid`)}`,
      '--detach',
      '--no-chdir',
      `--log-file=${join(d, `${name}.log`)}`,
    ];
    run('ovsdb-server', join(d, 'conf.db'), `--remote=punix:${this.socket}`, ...detach('ovsdb-server'));
    this.vsctl('--no-wait', 'init');
    run('ovs-vswitchd', `unix:${this.socket}`, ...detach('ovs-vswitchd'));
    for (const bridge of ['f-phy', 'f-int']) {
      this.vsctl('add-br', bridge, '--', 'set', 'bridge', bridge, 'datapath_type=netdev');
      ip(`link set ${bridge} up`);
    }
  }

  private get socket(): string {
    return join(this.directory, 'db.sock');
  }

  private vsctl(...words: string[]): string {
    return run('ovs-vsctl', `--db=unix:${this.socket}`, '--timeout=20', ...words);
  }

  private joinHosts(): void {
    for (const [i, name] of OvsMirror.hosts.entries()) {
      tryIp(`netns del ${name}`);
      ip(`netns add ${name}`);
      ip(`link add ${name}-p type veth peer name eth0 netns ${name}`);
      ip(`link set ${name}-p up`);
      for (const words of [
        `addr add 203.0.113.${i + 1}/24 dev eth0`,
        `addr add 2001:db8:7::${i + 1}/64 dev eth0 nodad`,
        'link set lo up',
        'link set eth0 up',
      ]) {
        ip(`-n ${name} ${words}`);
      }
      // Offloads would leave frames unfinished in the switch's copies.
      run(
        'ip',
        'netns',
        'exec',
        name,
        'ethtool',
        '-K',
        'eth0',
        'tx',
        'off',
        'tso',
        'off',
        'gso',
        'off',
        'gro',
        'off',
      );
      this.vsctl('add-port', 'f-int', `${name}-p`);
    }
  }

  private joinCollector(): void {
    const name = OvsMirror.collector;
    const { mtu } = this.options;
    tryIp(`netns del ${name}`);
    ip(`netns add ${name}`);
    ip(`link add ${name}-p type veth peer name eth0 netns ${name}`);
    ip(`link set ${name}-p mtu ${mtu} up`);
    for (const words of [
      `link set eth0 mtu ${mtu}`,
      'addr add 198.51.100.2/24 dev eth0',
      'addr add 2001:db8:100::2/64 dev eth0 nodad',
      'link set lo up',
      'link set eth0 up',
    ]) {
      ip(`-n ${name} ${words}`);
    }
    this.vsctl('add-port', 'f-phy', `${name}-p`);
    ip('addr add 198.51.100.1/24 dev f-phy');
    ip('addr add 2001:db8:100::1/64 dev f-phy nodad');
    ip(`link set f-phy mtu ${mtu}`);
  }

  private mirror(): void {
    // Somebody else's mirror of the same bridge, which has to stay.
    const other = '-- --id=@m create mirror name=other select-vlan=4000 output-vlan=4001';
    this.vsctl(...`${other} -- set bridge f-int mirrors=@m`.split(' '));
    run('sh', '-ec', this.commands);
    // The switch learns the collector's address.
    for (const a of ['198.51.100.2', '2001:db8:100::2']) {
      execFileSync('sh', ['-c', `ping -c1 -W1 ${a} >/dev/null || true`]);
    }
  }

  /** What the printed commands say of the mirror. */
  show(): string {
    return this.sh(this.printed.show);
  }

  /** Takes the mirror away as printed. @returns the mirrors and the ports that the bridge still has */
  undo(): { mirrors: string[]; ports: string[] } {
    this.sh(this.printed.undo);
    const mirrors = this.vsctl('--bare', '--columns=name', 'list', 'mirror');
    return {
      mirrors: mirrors.trim().split(/\s+/),
      ports: this.vsctl('list-ports', 'f-int').trim().split('\n'),
    };
  }

  /** Runs commands as printed. ovs-vsctl finds its database through OVS_RUNDIR. */
  private sh(text: Text): string {
    return run('sh', '-ec', plain(text));
  }

  /** Runs a command on one of the hosts, and waits for its end. */
  on(host: number, ...command: string[]): string {
    return run('ip', 'netns', 'exec', OvsMirror.hosts[host], ...command);
  }

  close(): void {
    for (const daemon of ['ovs-vswitchd', 'ovsdb-server']) {
      const file = join(this.directory, `${daemon}.pid`);
      if (existsSync(file)) process.kill(Number(readFileSync(file, 'utf8')));
    }
    for (const name of [...OvsMirror.hosts, OvsMirror.collector]) {
      tryIp(`netns del ${name}`);
      tryIp(`link del ${name}-p`);
    }
    for (const name of ['f-phy', 'f-int', 'ovs-netdev']) tryIp(`link del ${name}`);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
