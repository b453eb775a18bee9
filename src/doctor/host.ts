/** The doctor's findings about the host: privileges, kernel, buffers, clock, competing devices. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { sizeWords } from '../model/words.js';
import { bad, type Finding, good, poor } from './finding.js';
import { run } from './run.js';

/** Capability numbers of linux/capability.h. */
const CAP_NET_ADMIN = 12;
const CAP_NET_RAW = 13;

/** Smaller receive buffers lose packets in a mirror's bursts. */
const GOOD_RMEM = 16 << 20;
/** With a clock off by more than this, sessions of different collectors are hard to compare; microseconds. */
const POOR_CLOCK_US = 1_000_000;

export function privileges(): Finding {
  const text = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const effective = BigInt(`0x${text}`);
  const has = (bit: number): boolean => ((effective >> BigInt(bit)) & 1n) === 1n;
  if (has(CAP_NET_RAW) && has(CAP_NET_ADMIN))
    return good('privileges', 'CAP_NET_RAW and CAP_NET_ADMIN are there');
  const lacks = [has(CAP_NET_RAW) ? '' : 'CAP_NET_RAW', has(CAP_NET_ADMIN) ? '' : 'CAP_NET_ADMIN'].filter(
    Boolean,
  );
  const fix =
    process.getuid?.() === 0
      ? 'give this container the capabilities: --cap-add NET_RAW --cap-add NET_ADMIN'
      : `setcap cap_net_raw,cap_net_admin+ep ${process.execPath}`;
  const text2 = `${lacks.join(' and ')} missing`;
  return has(CAP_NET_RAW)
    ? poor('privileges', `${text2}: no tunnels, no TAP devices, receive buffers up to rmem_max only`, fix)
    : bad('privileges', `${text2}: nothing can be received`, fix);
}

export function kernel(): Finding {
  const [major, minor] = release().split('.').map(Number);
  if (major > 4 || (major === 4 && minor >= 20)) return good('kernel', `Linux ${release()}`);
  return bad(
    'kernel',
    `Linux ${release()} is too old for the ring receiver: 4.20 is needed`,
    'apt-get install linux-image-amd64',
  );
}

/** What confines the embedded engine to the store's own files. */
export async function landlock(): Promise<Finding> {
  const { landlockVersion } = await import('../linux/landlock.js');
  const version = landlockVersion();
  if (version > 0)
    return good('Landlock', `version ${version}: it holds the embedded engine to the store's files`);
  return poor(
    'Landlock',
    'this kernel has none, or a seccomp filter forbids it: one of three walls around ' +
      'questions to an embedded store is missing',
    'a kernel of 5.13 or newer with lsm=landlock,… among its parameters; in a container a newer runtime',
  );
}

/**
 * The buffer that the kernel grants a raw socket: with CAP_NET_ADMIN, even beyond net.core.rmem_max.
 *
 * @param wanted bytes
 */
export async function receiveBuffer(wanted: number): Promise<Finding> {
  const { AF_INET } = await import('../linux/address.js');
  const { closeSocket, openSocket, setReceiveBuffer, SOCK_DGRAM } = await import('../linux/socket.js');
  const subject = 'receive buffer';
  const fd = openSocket(AF_INET, SOCK_DGRAM, 0);
  let granted: number;
  try {
    // The kernel includes its own overhead: it returns twice what was asked for.
    granted = setReceiveBuffer(fd, wanted) / 2;
  } finally {
    closeSocket(fd);
  }
  const text = `${sizeWords(granted)} of ${sizeWords(wanted)} are granted to a raw socket`;
  if (granted >= Math.min(wanted, GOOD_RMEM)) return good(subject, text);
  const max = sizeWords(sysctl('net.core.rmem_max') ?? 0);
  return poor(
    subject,
    `${text}: net.core.rmem_max is ${max}, which only CAP_NET_ADMIN goes past, and bursts lose packets`,
    `sysctl -w net.core.rmem_max=${wanted}`,
  );
}

export async function clock(): Promise<Finding> {
  const { readClock } = await import('../linux/clock.js');
  const c = readClock();
  if (!c.synchronized) {
    return poor(
      'clock',
      'not synchronized: times in the store drift from those of others',
      'timedatectl set-ntp true',
    );
  }
  const text = `synchronized, off by ${(c.maxErrorUs / 1000).toFixed(1)} ms at most`;
  return c.maxErrorUs > POOR_CLOCK_US ? poor('clock', text, 'chronyc makestep') : good('clock', text);
}

interface Link {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string };
}

const GRE_KINDS = ['gre', 'gretap', 'erspan', 'ip6gre', 'ip6gretap', 'ip6erspan'];

/** A GRE device of the kernel processes and answers packets that match it, beside raw sockets. */
export function kernelGre(): Finding {
  const { ok, out } = run('ip', '-details', '-json', 'link');
  if (!ok)
    return poor('kernel GRE', 'could not be looked at: there is no ip command', 'apt-get install iproute2');
  const links = JSON.parse(out) as Link[];
  const up = links.filter((l) => GRE_KINDS.includes(l.linkinfo?.info_kind ?? '') && l.flags.includes('UP'));
  if (up.length === 0) return good('kernel GRE', 'no GRE device of the kernel competes');
  const names = up.map((l) => l.ifname);
  return poor(
    'kernel GRE',
    `the kernel's own ${names.join(', ')} takes GRE as well: what matches it is decapsulated twice`,
    names.map((n) => `ip link del ${n}`).join('; '),
  );
}

/** A numeric sysctl, undefined if this kernel does not have it. */
export function sysctl(name: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8'));
  } catch {
    return undefined;
  }
}
