/**
 * A second host with the Linux kernel's own GRE: a stock Debian kernel in QEMU (emulated, so that it runs
 * anywhere: it boots in some 3 s), wired to a TAP device, that runs shell commands for a test.
 *
 * The guest has busybox, ip and tc, and the modules of {@link MODULES}. Its eth0 has MAC {@link PEER_MAC} and
 * is down until a test sets it up. The kernel package is downloaded once through apt and kept in a cache.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outside } from './needs.js';

export const PEER_MAC = '52:54:00:6d:6c:01';

/** Loaded in the guest, with what they depend on. */
const MODULES = [
  'virtio_pci',
  'virtio_net',
  'ip_gre',
  'ip6_gre',
  'veth',
  'tun',
  'dummy',
  'sch_ingress',
  'cls_matchall',
  'cls_u32',
  'act_mirred',
];

/** The programs it takes, and the Debian packages that have them. */
const PROGRAMS = {
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
  cpio: 'cpio',
  ip: 'iproute2',
  tc: 'iproute2',
};

/**
 * Milliseconds after which a guest will not answer any more; one that is emulated on a busy machine takes
 * some.
 */
const PATIENCE = 600_000;

const CACHE = process.env.LINUX_PEER_CACHE ?? '/var/cache/mirrorlake-linux-peer';

/** The programs a peer needs, for describeWith. */
export const linuxPeerPrograms: readonly string[] = Object.keys(PROGRAMS);

/** What stands in the way of starting a peer here, as a line for people; null when nothing does. */
export function linuxPeerMissing(): string | null {
  if (process.getuid?.() !== 0) return 'a Linux peer needs root';
  const missing = Object.entries(PROGRAMS).filter(([program]) => which(program) === null);
  if (missing.length === 0) return null;
  return `a Linux peer needs: apt-get install -y ${[...new Set(missing.map(([, p]) => p))].join(' ')}`;
}

export interface PeerOptions {
  /** The TAP device the guest's eth0 is wired to; made when it is missing. */
  readonly tap: string;
  /** The network namespace the TAP device lives in. */
  readonly netns?: string;
  /** Node.js and the built project are in the guest: `node`, and /opt/mirrorlake. */
  readonly mirrorlake?: boolean;
}

export interface PeerResult {
  readonly status: number;
  readonly output: string;
}

export class LinuxPeer {
  private waiting: { resolve(r: PeerResult): void; reject(e: Error): void } | null = null;
  private received = '';
  /** Why it takes no more commands: answers that come late would be taken for those of the next. */
  private lost: Error | null = null;

  private constructor(
    private readonly qemu: ChildProcess,
    private readonly directory: string,
  ) {
    qemu.stdout!.setEncoding('latin1').on('data', (text: string) => this.data(text));
    qemu.on('exit', () => {
      this.lost ??= new Error(`the Linux peer stopped: ${this.console()}`);
      this.waiting?.reject(this.lost);
    });
  }

  /** Boots the guest and waits until it takes commands. */
  static async start(options: PeerOptions): Promise<LinuxPeer> {
    const kernel = prepare();
    const inside = options.netns === undefined ? [] : ['ip', 'netns', 'exec', options.netns];
    const ip = (...args: string[]) => {
      const [program, ...rest] = [...inside, 'ip', ...args];
      execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    };
    try {
      ip('link', 'show', options.tap);
    } catch {
      ip('tuntap', 'add', options.tap, 'mode', 'tap');
    }
    ip('link', 'set', options.tap, 'up');
    const directory = mkdtempSync(join(tmpdir(), 'linux-peer-'));
    const initrd = join(directory, 'initrd');
    const memory = options.mirrorlake === true ? 1024 : 320;
    // The kernel takes archives one behind the other
    // (Documentation/driver-api/early-userspace/buffer-format.rst).
    copyFileSync(kernel.initrd, initrd);
    if (options.mirrorlake === true) appendArchive(initrd, join(directory, 'root'), addMirrorlake);
    const [program, ...args] = [
      ...inside,
      'qemu-system-x86_64',
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-machine', 'q35'],
      // An older processor is emulated a sixth faster than the newest.
      // With room for a second processor memory barriers are kept; without, QEMU before 8.1 leaves them out
      // (commit c914d46d), and the guest's network card stands still for good when a notification is missed.
      ...['-cpu', 'Nehalem', '-m', String(memory), '-smp', '1,maxcpus=2'],
      ...['-kernel', kernel.vmlinuz, '-initrd', initrd],
      // What keeps programs of one machine from each other takes an emulated one a third of its time.
      ...['-append', 'console=ttyS0 quiet panic=-1 random.trust_cpu=on mitigations=off'],
      ...['-netdev', `tap,id=n0,ifname=${options.tap},script=no,downscript=no,vnet_hdr=off`],
      ...['-device', `virtio-net-pci,netdev=n0,mac=${PEER_MAC}`],
      ...['-serial', `file:${join(directory, 'console')}`, '-serial', 'stdio'],
    ];
    const qemu = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const peer = new LinuxPeer(qemu, directory);
    await peer.answer();
    return peer;
  }

  /**
   * Runs a script with the guest's shell.
   *
   * @returns what it printed (both outputs), and its exit status.
   */
  run(script: string): Promise<PeerResult> {
    if (this.lost !== null) return Promise.reject(this.lost);
    const answer = this.answer();
    this.qemu.stdin!.write(`${Buffer.from(script).toString('base64')}\n`);
    return answer;
  }

  /** As {@link run}, for a script that must succeed; what it printed. */
  async sh(script: string): Promise<string> {
    const { status, output } = await this.run(script);
    if (status !== 0) throw new Error(`in the Linux peer: ${script}\n${output}`);
    return output;
  }

  /** Turns the guest off. Its TAP device stays. */
  async stop(): Promise<void> {
    if (this.qemu.exitCode === null) {
      const gone = new Promise((resolve) => this.qemu.once('exit', resolve));
      this.qemu.kill('SIGKILL');
      await gone;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  private answer(): Promise<PeerResult> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting = null;
        this.lost = new Error(
          `the Linux peer did not answer within ${PATIENCE} ms: ${this.received}${this.console()}`,
        );
        reject(this.lost);
      }, PATIENCE);
      this.waiting = {
        resolve: (result) => {
          clearTimeout(timer);
          resolve(result);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
    });
  }

  private data(text: string): void {
    this.received += text.replaceAll('\r', '');
    const end = /^=peer= (\d+)\n/m.exec(this.received);
    if (end === null) return;
    const output = this.received.slice(0, end.index);
    this.received = this.received.slice(end.index + end[0].length);
    const waiting = this.waiting;
    this.waiting = null;
    waiting?.resolve({ status: Number(end[1]), output });
  }

  private console(): string {
    const file = join(this.directory, 'console');
    return existsSync(file) ? readFileSync(file, 'latin1').slice(-2000) : '';
  }
}

/**
 * Init of the guest: takes one base64 line a script from its second serial port, answers with output and
 * status.
 */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/sbin:/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in /modules/*.ko; do insmod $m; done
ip link set lo up
exec </dev/ttyS1 >/dev/ttyS1 2>&1
stty raw -echo
echo "=peer= 0"
while read -r line; do
  echo "$line" | base64 -d >/script
  ( ip() { /sbin/ip "$@"; }; tc() { /sbin/tc "$@"; }; . /script ) </dev/null; status=$?
  echo; echo "=peer= $status"
done
poweroff -f
`;

/** Downloads the kernel and builds the guest's file system, once for all that use the cache. */
function prepare(): { vmlinuz: string; initrd: string } {
  const missing = linuxPeerMissing();
  if (missing !== null) throw new Error(missing);
  mkdirSync(CACHE, { recursive: true });
  const contents = createHash('sha256')
    .update([...MODULES, INIT].join('\n'))
    .digest('hex')
    .slice(0, 8);
  const vmlinuz = join(CACHE, `vmlinuz-${contents}`);
  const initrd = join(CACHE, `initrd-${contents}`);
  if (existsSync(vmlinuz) && existsSync(initrd)) return { vmlinuz, initrd };
  const work = mkdtempSync(join(CACHE, 'work-'));
  try {
    const packages = execFileSync('apt-cache', ['depends', 'linux-image-cloud-amd64'], { encoding: 'utf8' });
    const name = /Depends: (linux-image-\S+)/.exec(packages)?.[1];
    if (name === undefined) throw new Error('apt knows no linux-image-cloud-amd64: run apt-get update');
    outside('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', name], {
      cwd: work,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const deb = readdirSync(work).find((file) => file.endsWith('.deb'))!;
    execFileSync('dpkg', ['-x', deb, 'kernel'], { cwd: work });
    appendArchive(join(work, 'initrd'), join(work, 'root'), (root) =>
      buildRoot(root, join(work, 'kernel/lib/modules')),
    );
    const boot = join(work, 'kernel/boot');
    renameSync(join(boot, readdirSync(boot).find((file) => file.startsWith('vmlinuz'))!), vmlinuz);
    renameSync(join(work, 'initrd'), initrd);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return { vmlinuz, initrd };
}

/** Adds what `fill` puts into a directory to an initrd. */
function appendArchive(initrd: string, root: string, fill: (root: string) => void): void {
  mkdirSync(root, { recursive: true });
  fill(root);
  const cpio = openSync(initrd, 'a');
  execFileSync('sh', ['-c', 'find . | cpio -o -H newc --quiet'], {
    cwd: root,
    stdio: ['ignore', cpio, 'inherit'],
  });
  closeSync(cpio);
}

function addProgram(root: string, path: string, at: string): void {
  addFile(root, path, at);
  for (const [library] of execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(/\/lib\S*/g))
    addFile(root, library, library);
}

function addFile(root: string, path: string, at: string): void {
  const to = join(root, at);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(path, to);
}

/** Node.js, the built project, and the packages that it uses at run time, but for the embedded store. */
function addMirrorlake(root: string): void {
  addProgram(root, process.execPath, 'bin/node');
  const project = fileURLToPath(new URL('../..', import.meta.url));
  const home = join(root, 'opt/mirrorlake');
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const packages = Object.keys(lock.packages).filter(
    (path) => path !== '' && lock.packages[path].dev !== true && !path.includes('chdb'),
  );
  for (const path of ['package.json', 'dist', 'schemas', ...packages]) {
    // Packages for other platforms are not there.
    if (existsSync(join(project, path)))
      cpSync(join(project, path), join(home, path), { recursive: true, dereference: true });
  }
  cpSync(join(project, 'test/support'), join(root, 'support'), {
    recursive: true,
    filter: (file) => !file.endsWith('.ts'),
  });
}

function buildRoot(root: string, modules: string): void {
  for (const d of ['bin', 'sbin', 'proc', 'sys', 'dev', 'tmp', 'modules'])
    mkdirSync(join(root, d), { recursive: true });
  copyFileSync(which('busybox')!, join(root, 'bin/busybox'));
  for (const program of ['ip', 'tc']) addProgram(root, which(program)!, `sbin/${program}`);
  const files = new Map<string, string>();
  for (const file of readdirSync(modules, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.ko')) files.set(basename(file, '.ko'), join(modules, file));
  }
  const loaded = new Set<string>();
  const add = (name: string) => {
    const file = files.get(name);
    if (file === undefined || loaded.has(name)) return;
    loaded.add(name);
    const bytes = readFileSync(file);
    const at = bytes.indexOf('\0depends=') + '\0depends='.length;
    const depends = bytes.toString('latin1', at, bytes.indexOf(0, at));
    for (const other of depends.split(',')) add(other);
    const order = String(readdirSync(join(root, 'modules')).length).padStart(3, '0');
    copyFileSync(file, join(root, 'modules', `${order}-${name}.ko`));
  };
  for (const module of MODULES) add(module);
  writeFileSync(join(root, 'init'), INIT, { mode: 0o755 });
}

function which(program: string): string | null {
  for (const directory of [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']) {
    const path = join(directory, program);
    if (existsSync(path)) return path;
  }
  return null;
}
