/** Who holds a UDP port of this network namespace. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface PortHolder {
  readonly kind: 'device' | 'process' | 'unknown';
  /** The device's name, `fou`, or the process' id. */
  readonly name: string;
  /** Whom it names in a sentence: `the kernel's vxlan device vxlan0`, `zeek (process 812)`. */
  readonly words: string;
  /** The command that gives the port free; undefined if there is none to tell. */
  readonly release: string | undefined;
}

/** Kinds of devices that receive on a UDP port. */
const DEVICE_KINDS = ['vxlan', 'geneve', 'bareudp'] as const;

interface LinkShown {
  readonly ifname?: string;
  readonly linkinfo?: { readonly info_data?: { readonly port?: number } };
}

export function udpPortHolder(port: number): PortHolder {
  return deviceWith(port) ?? fouWith(port) ?? processWith(port) ?? NOBODY_KNOWN;
}

const NOBODY_KNOWN: PortHolder = {
  kind: 'unknown',
  name: '',
  words: 'the kernel or another program',
  release: undefined,
};

function deviceWith(port: number): PortHolder | undefined {
  for (const kind of DEVICE_KINDS) {
    const device = shown(ipOut('-details', '-json', 'link', 'show', 'type', kind)).find(
      (link) => link.linkinfo?.info_data?.port === port,
    );
    if (device?.ifname === undefined) continue;
    return {
      kind: 'device',
      name: device.ifname,
      words: `the kernel's ${kind} device ${device.ifname}`,
      release: `ip link del ${device.ifname}`,
    };
  }
  return undefined;
}

/** Foo over UDP (ip-fou(8)) has ports without devices. */
function fouWith(port: number): PortHolder | undefined {
  if (!new RegExp(`\\bport ${port}\\b`).test(ipOut('fou', 'show'))) return undefined;
  const release = `ip fou del port ${port}`;
  return { kind: 'device', name: 'fou', words: "the kernel's fou", release };
}

function ipOut(...args: string[]): string {
  const { status, stdout } = spawnSync('ip', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' },
  });
  return status === 0 ? stdout : '';
}

function shown(json: string): LinkShown[] {
  try {
    return json.trim() === '' ? [] : (JSON.parse(json) as LinkShown[]);
  } catch {
    // An `ip` without JSON.
    return [];
  }
}

/** @returns undefined where the processes of others cannot be seen, too */
function processWith(port: number): PortHolder | undefined {
  const inodes = new Set(['udp', 'udp6'].flatMap((table) => inodesOf(table, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!holds(pid, inodes)) continue;
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    return { kind: 'process', name: pid, words: `${name} (process ${pid})`, release: `kill ${pid}` };
  }
  return undefined;
}

/** The inodes of the sockets that have the port (proc_pid_net(5)). */
function inodesOf(table: string, port: number): string[] {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let text = '';
  try {
    text = readFileSync(`/proc/self/net/${table}`, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/);
    return words[1]?.endsWith(local) === true && words[9] !== undefined ? [words[9]] : [];
  });
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        return inode !== undefined && inodes.has(inode);
      } catch {
        return false;
      }
    });
  } catch {
    // It has ended, or is another user's.
    return false;
  }
}
