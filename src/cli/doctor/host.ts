/** The doctor's look at the host: privileges, kernel, buffers, clock, firewall, competing devices. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { bad, type Finding, good, poor } from './finding.js';

/** Bit numbers of linux/capability.h. */
const CAP_NET_ADMIN = 12;
const CAP_NET_RAW = 13;

/** Receive buffers below this lose packets in the bursts a mirror makes. */
const GOOD_RMEM = 16 << 20;
/** A clock this far off makes sessions of different collectors hard to put side by side, microseconds. */
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
  const mend = `setcap cap_net_raw,cap_net_admin+ep ${process.execPath}`;
  const text2 = `${lacks.join(' and ')} missing`;
  return has(CAP_NET_RAW)
    ? poor('privileges', `${text2}: no tunnels, no TAP devices, receive buffers up to rmem_max only`, mend)
    : bad('privileges', `${text2}: nothing can be received`, mend);
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

/** What holds the embedded engine to the store's own files. */
export async function landlock(): Promise<Finding> {
  const { landlockVersion } = await import('../../linux/landlock.js');
  const version = landlockVersion();
  if (version > 0)
    return good('Landlock', `version ${version}: it holds the embedded engine to the store's files`);
  return poor(
    'Landlock',
    'this kernel has none, or a seccomp filter forbids it: one of three walls around questions to an embedded store is missing',
    'a kernel of 5.13 or newer with lsm=landlock,… among its parameters; in a container a newer runtime',
  );
}

export function receiveBuffer(): Finding {
  const max = sysctl('net.core.rmem_max') ?? 0;
  const text = `net.core.rmem_max is ${Math.round(max / 1024)} KiB`;
  return max >= GOOD_RMEM
    ? good('receive buffer', text)
    : poor(
        'receive buffer',
        `${text}: without CAP_NET_ADMIN raw sockets get no more, and lose packets in bursts`,
        `sysctl -w net.core.rmem_max=${4 * GOOD_RMEM}`,
      );
}

export async function clock(): Promise<Finding> {
  const { readClock } = await import('../../linux/clock.js');
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

/** Kernel GRE devices take what matches them before raw sockets' applications act on it, and answer it. */
export function kernelGre(): Finding {
  let links: Link[];
  try {
    links = JSON.parse(run('ip', '-details', '-json', 'link')) as Link[];
  } catch {
    return poor('kernel GRE', 'could not be looked at: there is no ip command', 'apt-get install iproute2');
  }
  const up = links.filter((l) => GRE_KINDS.includes(l.linkinfo?.info_kind ?? '') && l.flags.includes('UP'));
  if (up.length === 0) return good('kernel GRE', 'no GRE device of the kernel competes');
  const names = up.map((l) => l.ifname);
  return poor(
    'kernel GRE',
    `the kernel's own ${names.join(', ')} takes GRE as well: what matches it is decapsulated twice`,
    names.map((n) => `ip link del ${n}`).join('; '),
  );
}

/**
 * A firewall that drops GRE hides it from raw sockets; packet rings see packets before it.
 *
 * @param raw whether raw sockets or tunnels are to receive
 */
export function firewall(raw: boolean): Finding {
  const subject = 'firewall';
  const rules = ruleset();
  if (rules === undefined) return good(subject, 'neither nft nor iptables is installed');
  const dropped = rules.find((r) => r.drops);
  if (dropped === undefined) return good(subject, 'nothing drops protocol 47 on its way in');
  if (!raw) return good(subject, `${dropped.text}; the ring receives before it`);
  return bad(subject, `${dropped.text}: raw sockets and tunnels will not see GRE`, dropped.mend);
}

interface Verdict {
  readonly drops: boolean;
  readonly text: string;
  readonly mend: string;
}

function ruleset(): Verdict[] | undefined {
  const out: Verdict[] = [];
  let any = false;
  for (const tool of ['iptables', 'ip6tables']) {
    try {
      out.push(iptablesVerdict(tool, run(tool, '-S', 'INPUT')));
      any = true;
    } catch {
      // The other tools tell.
    }
  }
  try {
    out.push(...nftVerdicts(run('nft', 'list', 'ruleset')));
    any = true;
  } catch {
    // iptables tells, or nobody.
  }
  return any ? out : undefined;
}

/** @param text what `iptables -S INPUT` prints */
export function iptablesVerdict(tool: string, text: string): Verdict {
  const lines = text.split('\n');
  const mend = `${tool} -I INPUT -p gre -j ACCEPT`;
  for (const line of lines) {
    const protocol = /-p (\S+)/.exec(line)?.[1];
    const narrowed = / -(s|d|i|m) /.test(line.replace(/-m (comment|gre)\b.*?(?= -|$)/, ''));
    if (protocol === 'gre' || protocol === '47') {
      if (/-j ACCEPT/.test(line) && !narrowed) return { drops: false, text: '', mend };
      if (/-j (DROP|REJECT)/.test(line)) return { drops: true, text: `${tool} has "${line}"`, mend };
    }
    if (protocol === undefined && !narrowed && line.startsWith('-A')) {
      if (/-j ACCEPT/.test(line)) return { drops: false, text: '', mend };
      if (/-j (DROP|REJECT)/.test(line)) return { drops: true, text: `${tool} has "${line}"`, mend };
    }
  }
  const policy = lines.some((l) => /^-P INPUT (DROP|REJECT)/.test(l));
  return { drops: policy, text: `${tool}'s INPUT drops what it does not accept, and accepts no GRE`, mend };
}

/** @param text what `nft list ruleset` prints */
export function nftVerdicts(text: string): Verdict[] {
  const out: Verdict[] = [];
  let table = '';
  let chain: { name: string; input: boolean; drop: boolean; accepts: boolean; drops: string } | undefined;
  const GRE = /\b(?:ip protocol|ip6 nexthdr|meta l4proto)\s+(?:\{[^}]*\b(?:gre|47)\b[^}]*\}|gre\b|47\b)/;
  // A rule for some senders or interfaces is somebody's choice, as in docs/how-to/secure-it.md.
  const NARROWED = /\b(?:saddr|daddr|iif|iifname|mark|nfproto)\b/;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const t = /^table (\S+ \S+) \{/.exec(line)?.[1];
    if (t !== undefined) table = t;
    const name = /^chain (\S+) \{/.exec(line)?.[1];
    if (name !== undefined) chain = { name, input: false, drop: false, accepts: false, drops: '' };
    if (chain === undefined) continue;
    if (/hook (ingress|input|prerouting)/.test(line)) {
      chain.input = true;
      chain.drop = /policy drop/.test(line);
    }
    if (GRE.test(line) && !NARROWED.test(line) && /\b(drop|reject)\b/.test(line) && !chain.accepts) {
      chain.drops ||= line;
    }
    if (GRE.test(line) && /\baccept\b/.test(line)) chain.accepts = true;
    if (line === 'accept') chain.accepts = true;
    if (line !== '}') continue;
    if (chain.input && (chain.drops !== '' || (chain.drop && !chain.accepts))) {
      out.push({
        drops: true,
        text:
          chain.drops === ''
            ? `nft's ${table} ${chain.name} drops what it does not accept, and accepts no GRE`
            : `nft's ${table} ${chain.name} has "${chain.drops}"`,
        mend: `nft insert rule ${table} ${chain.name} meta l4proto gre accept`,
      });
    }
    chain = undefined;
  }
  return out;
}

/** A numeric sysctl, undefined where this kernel has no such. */
export function sysctl(name: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8'));
  } catch {
    return undefined;
  }
}

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
