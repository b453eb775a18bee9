/** A single-node ZooKeeper, from Debian's package, for replicated tables. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './clickhouse-server.js';

/** The path of ZooKeeper in Debian's package `zookeeper`. */
export const ZOOKEEPER = '/usr/share/java/zookeeper.jar';

export class ZooKeeper {
  private constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(): Promise<ZooKeeper> {
    const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-zookeeper-'));
    const port = await freePort();
    const config = join(directory, 'zoo.cfg');
    writeFileSync(
      config,
      `tickTime=2000\ndataDir=${directory}\nclientPort=${port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n`,
    );
    const child = spawn(
      'java',
      [
        '-Xmx128m',
        '-cp',
        `/etc/zookeeper/conf:/usr/share/java/*`,
        'org.apache.zookeeper.server.ZooKeeperServerMain',
        config,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], cwd: directory },
    );
    let said = '';
    child.stderr?.on('data', (d: Buffer) => {
      said = (said + d.toString()).slice(-4000);
    });
    const until = Date.now() + 60_000;
    while (!(await listens(port))) {
      if (child.exitCode !== null || Date.now() > until) throw new Error(`ZooKeeper did not start: ${said}`);
      await new Promise((done) => setTimeout(done, 100));
    }
    return new ZooKeeper(port, directory, child);
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.process.once('exit', done));
    this.process.kill('SIGKILL');
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
