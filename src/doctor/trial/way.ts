/**
 * A way into this host as if from outside: a veth pair whose other end is in an unnamed network namespace.
 * The kernel removes both when this process exits, however it does.
 */
import { writeFileSync } from 'node:fs';
import { AF_PACKET, sockaddrLl } from '../../linux/address.js';
import { check } from '../../linux/errors.js';
import * as libc from '../../linux/libc.js';
import { NetworkNamespace } from '../../linux/network-namespace.js';
import { bindSocket, closeSocket, openSocket, SOCK_RAW } from '../../linux/socket.js';
import { CommandError } from '../../model/errors.js';
import { run } from '../run.js';
import { trialFrame } from './frame.js';

/** Senders from the benchmark networks (RFC 2544, RFC 5180), which nobody else uses. */
export const TRIAL_SENDERS = { 4: '198.18.47.1', 6: '2001:2::47' } as const;
/** Another host's address: IP ignores such a frame, but a packet socket sees it. */
const OTHER_MAC = '02:00:00:00:00:2f';

export class TrialWay {
  /** The interface by which this host sees the packets arrive. */
  readonly name = `mld${process.pid}`;
  private readonly other = `mle${process.pid}`;
  private socket = -1;
  private readonly macs = { near: '', far: '' };

  private constructor(private readonly namespace: NetworkNamespace) {}

  /**
   * @param vrf the VRF of the packets' target
   * @throws LinuxError without CAP_SYS_ADMIN, CommandError with the error of `ip`
   */
  static open(vrf: string | undefined): TrialWay {
    const way = new TrialWay(NetworkNamespace.make());
    try {
      way.set(vrf);
      return way;
    } catch (e) {
      way.close();
      throw e;
    }
  }

  private set(vrf: string | undefined): void {
    const { name, other, namespace } = this;
    const inside = `/proc/${process.pid}/fd/${namespace.fd}`;
    words('link', 'add', name, 'type', 'veth', 'peer', 'name', other, 'netns', inside);
    // No link-local address: services would announce an interface that disappears at once.
    run('ip', 'link', 'set', name, 'addrgenmode', 'none');
    if (vrf !== undefined) words('link', 'set', name, 'master', vrf);
    namespace.within(() => words('link', 'set', other, 'up'));
    words('link', 'set', name, 'up');
    withIpv6(name);
    // The route back to the senders leads through the pair, so that reverse path filters accept them.
    const table = vrf === undefined ? [] : ['vrf', vrf];
    words('-4', 'route', 'add', `${TRIAL_SENDERS[4]}/32`, 'dev', name, ...table);
    run('ip', '-6', 'route', 'add', `${TRIAL_SENDERS[6]}/128`, 'dev', name, ...table);
    this.macs.near = macOf(words('-json', 'link', 'show', name));
    namespace.within(() => {
      const found = words('-json', 'link', 'show', other);
      this.macs.far = macOf(found);
      this.socket = openSocket(AF_PACKET, SOCK_RAW, 0);
      bindSocket(this.socket, sockaddrLl(0, indexOf(found)), `interface ${other}`);
    });
  }

  /** Sends a packet with a token to one of this host's addresses. @param port of UDP; 0: GRE */
  send(target: string, port: number, token: Uint8Array): void {
    this.sendTo(this.macs.near, target, port, token);
  }

  /** Sends a packet that only a packet socket sees. @param port of UDP; 0: GRE */
  sendPast(port: number, token: Uint8Array): void {
    this.sendTo(OTHER_MAC, TRIAL_SENDERS[4], port, token);
  }

  private sendTo(toMac: string, target: string, port: number, token: Uint8Array): void {
    const source = TRIAL_SENDERS[target.includes(':') ? 6 : 4];
    const frame = trialFrame({ fromMac: this.macs.far, toMac, source, target, port }, token);
    check(libc.send(this.socket, frame, frame.length, 0), 'send a packet to this host');
  }

  close(): void {
    if (this.socket >= 0) closeSocket(this.socket);
    run('ip', 'link', 'del', this.name);
    this.namespace.close();
  }
}

/** @throws CommandError with the error of `ip` */
function words(...args: string[]): string {
  const { ok, out, error } = run('ip', ...args);
  if (!ok) throw new CommandError(`ip ${args.join(' ')}: ${error}`);
  return out;
}

/** Enables IPv6 on the interface, even if it is disabled by default. */
function withIpv6(name: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '0');
  } catch (e) {
    // A kernel without IPv6, or a container with a read-only /proc/sys.
    const { code } = e as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EROFS' && code !== 'EACCES') throw e;
  }
}

interface LinkShown {
  readonly ifindex: number;
  readonly address: string;
}

function macOf(json: string): string {
  return (JSON.parse(json) as LinkShown[])[0].address;
}

function indexOf(json: string): number {
  return (JSON.parse(json) as LinkShown[])[0].ifindex;
}
