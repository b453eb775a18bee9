/**
 * A Docker engine of the tests' own, with images made from this machine. Where docker-compose.yml pulls or
 * builds an image, the tests use a skeleton into which this machine's /usr and this checkout are mounted. So
 * they need no registry and start in seconds. They do not test the Dockerfile: lab/check-compose.sh does,
 * where images can be pulled.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { libchdb, serverArguments } from './clickhouse-server.js';

const ROOT = join(import.meta.dirname, '../..');
const HOME = '/opt/mirrorlake';
/** The parts of the checkout that are mounted into the images. */
const MOUNTED = ['dist', 'node_modules', 'schemas', 'package.json', 'lab'];
const USER = 999;
/** Replaces ClickHouse's own image, of any version. */
const STORE = 'mirrorlake-test/clickhouse:stand-in';

export const ENGINE_NEEDS = [
  'root',
  '/dev/net/tun',
  'dockerd',
  'docker',
  'docker-compose',
  'iptables',
] as const;

export class DockerEngine {
  readonly directory = mkdtempSync(join(tmpdir(), 'mirrorlake-docker-'));
  /** The environment that lets docker and docker-compose find it. */
  readonly env: NodeJS.ProcessEnv;
  private readonly forward = forwardPolicy();
  private readonly daemon: ChildProcess;
  private said = '';

  private constructor() {
    const socket = `unix://${join(this.directory, 'docker.sock')}`;
    this.env = { ...process.env, DOCKER_HOST: socket, COMPOSE_PROJECT_NAME: 'mirrorlake-test' };
    const at = (name: string): string => join(this.directory, name);
    this.daemon = spawn(
      'dockerd',
      [
        `--data-root=${at('data')}`,
        `--exec-root=${at('exec')}`,
        `--pidfile=${at('pid')}`,
        `--host=${socket}`,
        '--bridge=none',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.daemon.stderr!.on('data', (d: Buffer) => {
      this.said = (this.said + d.toString()).slice(-4000);
    });
  }

  static async start(): Promise<DockerEngine> {
    const engine = new DockerEngine();
    for (let i = 0; i < 120; i++) {
      try {
        engine.docker('info');
        return engine;
      } catch {
        await new Promise((done) => setTimeout(done, 500));
      }
    }
    await engine.stop();
    throw new Error(`the Docker engine did not start: ${engine.said}`);
  }

  docker(...args: string[]): string {
    return execFileSync('docker', args, {
      encoding: 'utf8',
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /**
   * Makes the images of docker-compose.yml.
   *
   * @returns a file for Compose, to use with docker-compose.yml: it has the mounts that the images need, and
   * the replacement for ClickHouse
   */
  makeImages(services: readonly string[]): string {
    const skeleton = this.makeSkeleton();
    const image = (name: string, ...changes: string[]): void => {
      const args = ['import', ...changes.flatMap((c) => ['-c', c]), '-', name];
      execFileSync('sh', ['-c', `tar -C ${skeleton} -c . | docker "$@"`, 'sh', ...args], {
        env: this.env,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    };
    const path = `ENV PATH=${HOME}/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
    const library = join(HOME, relative(ROOT, libchdb()));
    const options = ['--http_port=8123', '--listen_host=0.0.0.0', '--path=/tmp/clickhouse'];
    const server = serverArguments(library, options, 'CREATE DATABASE IF NOT EXISTS mirrorlake; ');
    image('mirrorlake:lab', path);
    image('mirrorlake:collector', path, 'ENTRYPOINT ["mirrorlake"]');
    image(STORE, path, `CMD ${JSON.stringify(['/usr/bin/python3', ...server])}`);
    const volumes = ['/usr:/usr:ro', ...MOUNTED.map((name) => `${join(ROOT, name)}:${join(HOME, name)}:ro`)];
    const changes = (name: string) => ({
      volumes,
      init: true,
      ...(name === 'clickhouse' && { image: STORE }),
    });
    const mounts = { services: Object.fromEntries(services.map((name) => [name, changes(name)])) };
    const file = join(this.directory, 'mounts.yml');
    writeFileSync(file, stringify(mounts));
    return file;
  }

  private makeSkeleton(): string {
    const root = join(this.directory, 'skeleton');
    for (const name of [
      'etc',
      'sbin',
      'tmp',
      'run/mirrorlake',
      'var/lib/mirrorlake',
      'usr',
      `${HOME.slice(1)}/bin`,
    ]) {
      mkdirSync(join(root, name), { recursive: true });
    }
    // sbin stays a directory of its own: Docker puts its init there.
    for (const name of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
    for (const name of ['alternatives', 'ld.so.cache', 'nsswitch.conf', 'protocols', 'services']) {
      if (existsSync(`/etc/${name}`)) {
        cpSync(`/etc/${name}`, join(root, 'etc', name), { recursive: true, verbatimSymlinks: true });
      }
    }
    const ids = `${USER}:${USER}`;
    writeFileSync(
      join(root, 'etc/passwd'),
      `root:x:0:0:root:/root:/bin/sh\nmirrorlake:x:${ids}::/nonexistent:/bin/false\n`,
    );
    writeFileSync(join(root, 'etc/group'), `root:x:0:\nmirrorlake:x:${USER}:\n`);
    for (const name of ['run/mirrorlake', 'var/lib/mirrorlake']) chownSync(join(root, name), USER, USER);
    chmodSync(join(root, 'tmp'), 0o1777);
    const bin = join(root, HOME, 'bin');
    copyFileSync(process.execPath, join(bin, 'node'));
    const program = join(bin, 'mirrorlake');
    writeFileSync(program, `#!/bin/sh\nexec node ${HOME}/dist/cli/main.js "$@"\n`, { mode: 0o755 });
    return root;
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.daemon.once('exit', done));
    if (this.daemon.exitCode === null && this.daemon.kill()) await ended;
    // Docker sets the policy to DROP; restore this machine's.
    if (this.forward === 'ACCEPT') execFileSync('iptables', ['-P', 'FORWARD', 'ACCEPT']);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The policy of the firewall's FORWARD chain. */
function forwardPolicy(): string | undefined {
  const rules = execFileSync('iptables', ['-S', 'FORWARD'], { encoding: 'utf8' });
  return /^-P FORWARD (\w+)$/m.exec(rules)?.[1];
}
