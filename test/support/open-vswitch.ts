/**
 * Open vSwitch with its userspace datapath (no kernel module) in a network namespace, with its state in a
 * directory of its own.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './needs.js';

const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';
const DAEMONS = ['ovs-vswitchd', 'ovsdb-server'];

export class OpenVswitch {
  private constructor(
    private readonly netns: string,
    private readonly directory: string,
  ) {}

  static async start(netns: string): Promise<OpenVswitch> {
    const ovs = new OpenVswitch(netns, mkdtempSync(join(tmpdir(), 'mirrorlake-ovs-')));
    const file = (name: string) => join(ovs.directory, name);
    const daemon = (name: string, ...args: string[]) =>
      ovs.inside(
        name,
        ...args,
        `--pidfile=${file(`${name}.pid`)}`,
        '--detach',
        '--no-chdir',
        `--log-file=${file(`${name}.log`)}`,
      );
    ovs.inside('ovsdb-tool', 'create', file('conf.db'), SCHEMA);
    daemon('ovsdb-server', file('conf.db'), `--remote=punix:${file('db.sock')}`);
    ovs.vsctl('--no-wait init');
    daemon('ovs-vswitchd', `unix:${file('db.sock')}`);
    return ovs;
  }

  /** Runs ovs-vsctl with these arguments. */
  vsctl(words: string): string {
    return this.inside(
      'ovs-vsctl',
      '--timeout=20',
      `--db=unix:${join(this.directory, 'db.sock')}`,
      ...words.split(' '),
    );
  }

  /** Runs ovs-ofctl with these arguments. */
  ofctl(words: string): string {
    return this.inside('ovs-ofctl', ...words.split(' '));
  }

  async stop(): Promise<void> {
    for (const name of DAEMONS) {
      const pid = Number(readFileSync(join(this.directory, `${name}.pid`), 'utf8'));
      process.kill(pid);
      while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  private inside(program: string, ...args: string[]): string {
    return run('ip', 'netns', 'exec', this.netns, 'env', `OVS_RUNDIR=${this.directory}`, program, ...args);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
