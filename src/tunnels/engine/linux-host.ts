/** Linux as the host of tunnels: TUN and TAP devices, raw sockets, routes. */
import { AF_INET, AF_INET6 } from '../../linux/address.js';
import type { Gather } from '../../linux/gather.js';
import { interfaceIndex, interfaceMtu } from '../../linux/interface.js';
import { usleep } from '../../linux/libc.js';
import type { Messages } from '../../linux/messages.js';
import { POLLOUT, PollSet } from '../../linux/poll.js';
import { askRoute } from '../../linux/route.js';
import {
  bindToDevice,
  closeSocket,
  IPPROTO_RAW,
  openSocket,
  SO_MARK,
  SO_SNDBUFFORCE,
  SOCK_RAW,
  SOL_SOCKET,
  setIntOption,
} from '../../linux/socket.js';
import { TunDevice } from '../../linux/tun.js';
import type { Tunnel } from '../kernel/tunnel.js';
import { setupDevice } from './device.js';
import type { GreReceiver, Host, Receiver, Sender } from './host.js';
import { filterRemotes, membership, openGre, openIcmp } from './receiver-sockets.js';

const SEND_BUFFER = 4 << 20;

export const linuxHost: Host = {
  now: () => Date.now(),
  pause: (us) => void usleep(us),
  openPoll: (capacity) => new PollSet(capacity),
  interfaceIndex,
  interfaceMtu,
  openDevice: (t) =>
    TunDevice.open(t.config.name, {
      ethernet: t.ethernet,
      persist: t.config.persist,
      // A mirror's frames are sent as they are, so they must come as they are.
      offload: !t.erspan,
    }),
  configureDevice: setupDevice,
  openSender: (t) => new RawSender(t),
  openGre: (ipv6) => new RawGreReceiver(ipv6),
  openIcmp: (ipv6) => new RawReceiver(openIcmp(ipv6)),
};

class RawReceiver implements Receiver {
  constructor(readonly fd: number) {}

  receive(into: Messages): number {
    return into.receive(this.fd);
  }
  close(): void {
    closeSocket(this.fd);
  }
}

class RawGreReceiver extends RawReceiver implements GreReceiver {
  constructor(private readonly ipv6: boolean) {
    super(openGre(ipv6));
  }

  filter(tunnels: Iterable<Tunnel>): void {
    filterRemotes(this.fd, this.ipv6, tunnels);
  }
  setMembership(t: Tunnel, joined: boolean): void {
    membership(this.fd, t, joined);
  }
}

/** A socket that sends what we write, outer IP header included, and receives nothing. */
class RawSender implements Sender {
  private readonly fd: number;
  private readonly writable = new PollSet(1);

  constructor(private readonly tunnel: Tunnel) {
    const { dev, fwmark } = tunnel.config;
    this.fd = openSocket(tunnel.ipv6 ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_RAW, true);
    try {
      setIntOption(this.fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER, 'the send buffer');
      if (dev !== null) bindToDevice(this.fd, dev);
      if (fwmark !== 0) setIntOption(this.fd, SOL_SOCKET, SO_MARK, fwmark, 'the mark');
    } catch (e) {
      closeSocket(this.fd);
      throw e;
    }
    this.writable.add(this.fd, POLLOUT);
  }

  send(messages: Gather, first: number, end: number): number {
    return messages.send(this.fd, first, end);
  }
  waitForRoom(ms: number): boolean {
    return this.writable.wait(ms) > 0;
  }
  route(source: Uint8Array): number {
    return askRoute(this.tunnel.config, source);
  }
  close(): void {
    closeSocket(this.fd);
  }
}
