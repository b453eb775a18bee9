/**
 * A second host with the Linux kernel's own GRE: a stock Debian kernel in QEMU (emulated, so that it runs
 * anywhere), connected to a TAP device. It runs shell commands for a test.
 *
 * The guest has busybox, ip and tc, and the modules of {@link MODULES}. Its eth0 has MAC {@link PEER_MAC} and
 * is down until a test sets it up. The kernel package is downloaded once through apt and kept in a cache. So
 * is the state of the guest after booting: it boots once, and every peer resumes from there, in half a
 * second.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
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
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { outside } from './needs.js';
import { QemuMonitor } from './qemu-monitor.js';

export const PEER_MAC = '52:54:00:6d:6c:01';

/** Loaded in the guest, with their dependencies. */
const MODULES = [
  'virtio_pci',
  'virtio_net',
  'virtio_blk',
  'ip_gre',
  'ip6_gre',
  'vxlan',
  'geneve',
  'fou',
  'fou6',
  'veth',
  'tun',
  'dummy',
  'sch_ingress',
  'cls_matchall',
  'cls_u32',
  'act_mirred',
];

const QEMU = 'qemu-system-x86_64';

/** The programs that a peer needs, and the Debian packages that contain them. */
const PROGRAMS = {
  [QEMU]: 'qemu-system-x86',
  busybox: 'busybox-static',
  cpio: 'cpio',
  ip: 'iproute2',
  tc: 'iproute2',
};

const MACHINE = [
  ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-machine', 'q35'],
  // An older processor is emulated a sixth faster than the newest. Room for a second processor keeps memory
  // barriers: without, QEMU before 8.1 omits them (commit c914d46d), and the guest's network card hangs for
  // good when it misses a notification.
  ...['-cpu', 'Nehalem', '-m', '1024', '-smp', '1,maxcpus=2'],
  // Mitigations isolate the programs of one machine from each other, and cost an emulated one a third of its
  // time.
  ...['-append', 'console=ttyS0 quiet panic=-1 random.trust_cpu=on mitigations=off'],
];

/** The disk has this size in every guest, although in most it is empty. */
const DISK_BYTES = 512 * 1024 * 1024;
const NO_DISK = `driver=null-co,node-name=d0,size=${DISK_BYTES},read-only=on,read-zeroes=on`;

/** Milliseconds before a guest counts as dead. On a busy machine, an emulated one is slow. */
const PATIENCE = 600_000;

const CACHE = process.env.LINUX_PEER_CACHE ?? '/var/cache/mirrorlake-linux-peer';

/** The programs a peer needs, for describeWith. */
export const linuxPeerPrograms: readonly string[] = Object.keys(PROGRAMS);

/** What prevents a peer from starting here, as a line for people; null if nothing does. */
export function linuxPeerMissing(): string | null {
  if (process.getuid?.() !== 0) return 'a Linux peer needs root';
  const missing = Object.entries(PROGRAMS).filter(([program]) => which(program) === null);
  if (missing.length === 0) return null;
  return `a Linux peer needs: apt-get install -y ${[...new Set(missing.map(([, p]) => p))].join(' ')}`;
}

export interface PeerOptions {
  /** The TAP device that the guest's eth0 is connected to; created if missing. */
  readonly tap: string;
  /** The network namespace of the TAP device. */
  readonly netns?: string;
  /** Whether the guest has Node.js and the built project: `node`, and /opt/mirrorlake. */
  readonly mirrorlake?: boolean;
}

export interface PeerResult {
  readonly status: number;
  readonly output: string;
}

export class LinuxPeer {
  private waiting: { resolve(r: PeerResult): void; reject(e: Error): void } | null = null;
  private received = '';
  /** Why it takes no more commands. A late response would be taken for that of the next command. */
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

  /** Resumes the guest from the state after booting. */
  static async start(options: PeerOptions): Promise<LinuxPeer> {
    const guest = await prepare();
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
    let disk = NO_DISK;
    if (options.mirrorlake === true) {
      const file = join(directory, 'disk');
      appendArchive(file, join(directory, 'root'), addMirrorlake);
      truncateSync(file, DISK_BYTES);
      disk = `driver=raw,node-name=d0,read-only=on,file.driver=file,file.filename=${file}`;
    }
    const { peer, monitor } = await LinuxPeer.launch(directory, inside, [
      ...machine(guest),
      ...['-netdev', `tap,id=n0,ifname=${options.tap},script=no,downscript=no,vnet_hdr=off`],
      ...['-blockdev', disk],
      // No host on the wire has known it, so it need not announce itself.
      ...['-global', 'migration.announce-rounds=0', '-incoming', `exec:cat '${guest.booted}'`],
    ]);
    // What its serial port receives before that is lost.
    await monitor.status('query-status', ['running']);
    // Its clock stood still, and each guest needs random numbers of its own.
    const seed = randomBytes(64).toString('base64');
    await peer.sh(`date -s @${Math.ceil(Date.now() / 1000)} && echo ${seed} >/dev/urandom`);
    if (options.mirrorlake === true) await peer.sh('cd / && cpio -i -d -u </dev/vda 2>/dev/null');
    return peer;
  }

  /** Boots the guest and saves its state, once it takes commands, to a file. */
  static async boot(guest: Guest): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), 'linux-peer-'));
    const { peer, monitor } = await LinuxPeer.launch(
      directory,
      [],
      [
        ...machine(guest),
        // Not connected yet: a card that is down sends nothing there.
        ...['-netdev', 'socket,id=n0,udp=127.0.0.1:9,localaddr=127.0.0.1:0'],
        ...['-blockdev', NO_DISK],
      ],
    );
    try {
      await peer.answer();
      const file = join(directory, 'booted');
      // No limit: as fast as the disk.
      await monitor.ask('migrate-set-parameters', { 'max-bandwidth': Number.MAX_SAFE_INTEGER });
      await monitor.ask('migrate', { uri: `exec:cat >'${file}'` });
      const status = await monitor.status('query-migrate', ['completed', 'failed', 'cancelled']);
      if (status !== 'completed') throw new Error(`the Linux peer could not be saved: ${status}`);
      copyFileSync(file, `${guest.booted}.new`);
      renameSync(`${guest.booted}.new`, guest.booted);
    } finally {
      await peer.stop();
    }
  }

  private static async launch(directory: string, inside: readonly string[], args: readonly string[]) {
    const [program, ...rest] = [
      ...inside,
      QEMU,
      ...args,
      ...['-serial', `file:${join(directory, 'console')}`, '-serial', 'stdio'],
      ...['-chardev', 'socket,id=m0,fd=3', '-mon', 'chardev=m0,mode=control'],
    ];
    const qemu = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
    const peer = new LinuxPeer(qemu, directory);
    return { peer, monitor: await QemuMonitor.open(qemu.stdio[3] as Duplex) };
  }

  /**
   * Runs a script with the guest's shell.
   *
   * @returns its output (stdout and stderr) and its exit status.
   */
  run(script: string): Promise<PeerResult> {
    if (this.lost !== null) return Promise.reject(this.lost);
    const answer = this.answer();
    this.qemu.stdin!.write(`${Buffer.from(script).toString('base64')}\n`);
    return answer;
  }

  /** Like {@link run}, but throws if the script fails. @returns the output */
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
 * The guest's init: it reads one base64 line per script from its second serial port, and writes output and
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

/** The files that a guest starts from. */
interface Guest {
  readonly vmlinuz: string;
  readonly initrd: string;
  /** The state that QEMU saved after booting. */
  readonly booted: string;
}

/**
 * The machine. Except for what it is connected to, it must be the same when the guest boots and when it
 * resumes.
 */
function machine(guest: Guest): string[] {
  return [
    ...MACHINE,
    ...['-kernel', guest.vmlinuz, '-initrd', guest.initrd],
    ...['-device', `virtio-net-pci,netdev=n0,mac=${PEER_MAC}`],
    ...['-device', 'virtio-blk-pci,drive=d0'],
  ];
}

/**
 * Downloads the kernel, builds the guest's file system and boots it, once for all users of the cache: the
 * first one does it while the others wait.
 */
async function prepare(): Promise<Guest> {
  const missing = linuxPeerMissing();
  if (missing !== null) throw new Error(missing);
  mkdirSync(CACHE, { recursive: true });
  const contents = digest(MODULES.join('\n'), INIT);
  const emulator = digest(execFileSync(QEMU, ['--version'], { encoding: 'utf8' }), MACHINE.join(' '));
  const guest = {
    vmlinuz: join(CACHE, `vmlinuz-${contents}`),
    initrd: join(CACHE, `initrd-${contents}`),
    booted: join(CACHE, `booted-${contents}-${emulator}`),
  };
  const release = await lock(join(CACHE, 'lock'));
  try {
    if (!existsSync(guest.vmlinuz) || !existsSync(guest.initrd)) makeFiles(guest);
    if (!existsSync(guest.booted)) await LinuxPeer.boot(guest);
  } finally {
    release();
  }
  return guest;
}

function digest(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 8);
}

/** Locks a file against other processes. @returns releases it, as the end of this process does */
async function lock(file: string): Promise<() => void> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  return () => holder.stdin.end();
}

/** Downloads the kernel and builds the guest's file system. */
function makeFiles(guest: Guest): void {
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
    renameSync(join(boot, readdirSync(boot).find((file) => file.startsWith('vmlinuz'))!), guest.vmlinuz);
    renameSync(join(work, 'initrd'), guest.initrd);
    // The saved state belongs to the former files.
    rmSync(guest.booted, { force: true });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Adds a directory that `fill` has filled to an archive. */
function appendArchive(archive: string, root: string, fill: (root: string) => void): void {
  mkdirSync(root, { recursive: true });
  fill(root);
  const cpio = openSync(archive, 'a');
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

/** Node.js, the built project, and the packages that it uses at run time, except the embedded store. */
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
    // Packages for other platforms are missing.
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
