/** Raw sockets of protocol 47, opened by the raw-socket package, which keeps their descriptors to itself. */
import { AddressFamily, createSocket, type Socket } from 'raw-socket';
import { AF_INET6, sockaddrIn6 } from '../linux/address.js';
import { ACCEPT, attachFilter, BpfProgram } from '../linux/bpf.js';
import { LinuxError } from '../linux/errors.js';
import { dropAll } from '../linux/gre-filter.js';
import {
  bindSocket,
  closeOnExec,
  discardQueue,
  IPPROTO_GRE,
  SOCK_RAW,
  setReceiveBuffer,
  socketDrops,
  socketsOf,
} from '../linux/socket.js';
import { RunningCount } from './running-count.js';

/** The longest message there is: an IP packet. */
export const LONGEST = 65535;
/** ff0e::, which no group is ever given (RFC 4291 section 2.7.1): a socket bound to it is passed over by the kernel. */
const NOWHERE = Uint8Array.of(0xff, 0x0e, ...new Uint8Array(14));

/** A socket, its descriptor found. */
export class RawSocket {
  /** What it has dropped in its present use. */
  private readonly drops = new RunningCount();
  /** Whether it was ever bound to an address of one interface (link-local): to unbind it from that takes privileges. */
  scoped = false;

  private constructor(
    readonly socket: Socket,
    readonly fd: number,
    /** Its receive buffer, bytes as the kernel counts them. */
    readonly buffer: number,
  ) {}

  /**
   * @param family AF_INET or AF_INET6
   * @param receiveBuffer bytes; as much of it as the kernel allows is had
   * @throws LinuxError without the privilege for raw sockets
   */
  static open(family: number, receiveBuffer: number): RawSocket {
    const known = new Set(socketsOf(family, SOCK_RAW, IPPROTO_GRE));
    const socket = create(family);
    try {
      const fd = socketsOf(family, SOCK_RAW, IPPROTO_GRE).find((n) => !known.has(n));
      if (fd === undefined) throw new Error('the raw socket just opened is not among the open files');
      closeOnExec(fd);
      return new RawSocket(socket, fd, setReceiveBuffer(fd, receiveBuffer));
    } catch (e) {
      // To look among the open files takes a descriptor.
      socket.close();
      throw e;
    }
  }

  /**
   * Receives from now on only what comes to a local address, and nothing of what came before. This takes no privileges,
   * not even for a socket that is bound already.
   *
   * @param address 16 bytes
   * @param scope interface index of a link-local address, else 0
   * @param filter undefined: everything
   * @throws LinuxError EADDRNOTAVAIL for an address that is not there, or not yet
   */
  bind(address: Uint8Array, scope: number, filter: Uint8Array | undefined): void {
    attachFilter(this.fd, dropAll());
    bindSocket(this.fd, sockaddrIn6(address, 0, 0, scope), 'a local IPv6 address');
    if (scope !== 0) this.scoped = true;
    discardQueue(this.fd);
    this.drops.begin(socketDrops(this.fd));
    attachFilter(this.fd, filter ?? new BpfProgram().answer(ACCEPT).assemble());
  }

  /** Receives nothing any more, at no cost for the packets of others. */
  park(): void {
    attachFilter(this.fd, dropAll());
    this.socket.removeAllListeners();
    // Nobody is left to be told of it.
    this.socket.on('error', () => {});
    bindSocket(this.fd, sockaddrIn6(NOWHERE), 'no address');
  }

  /** Messages the kernel had no room for, since {@link bind}. */
  get dropped(): number {
    return this.drops.read(socketDrops(this.fd));
  }

  close(): void {
    this.socket.close();
  }
}

function create(family: number): Socket {
  const addressFamily = family === AF_INET6 ? AddressFamily.IPv6 : AddressFamily.IPv4;
  try {
    return createSocket({ addressFamily, protocol: IPPROTO_GRE, bufferSize: LONGEST });
  } catch (e) {
    throw LinuxError.fromMessage(
      `open a raw ${family === AF_INET6 ? 'IPv6' : 'IPv4'} socket (protocol 47)`,
      e,
    );
  }
}

/** IPv6 sockets opened while there are privileges, for addresses that appear when there are none any more. */
export class SpareSockets {
  private readonly sockets: RawSocket[] = [];

  /** @throws LinuxError; where the kernel has no IPv6, there are no addresses to open sockets for */
  constructor(count: number, receiveBuffer: number) {
    try {
      for (let i = 0; i < count; i++) this.put(RawSocket.open(AF_INET6, receiveBuffer));
    } catch (e) {
      if (!(e instanceof LinuxError) || e.code !== 'EAFNOSUPPORT') throw e;
    }
  }

  /** Takes one for an address: those that were a link-local address's are of use to other such ones only. */
  take(scope: number): RawSocket | undefined {
    const scoped = this.sockets.findIndex((s) => s.scoped);
    const fresh = this.sockets.findIndex((s) => !s.scoped);
    const at = scope !== 0 && scoped >= 0 ? scoped : fresh;
    return at < 0 ? undefined : this.sockets.splice(at, 1)[0];
  }

  put(s: RawSocket): void {
    s.park();
    this.sockets.push(s);
  }

  close(): void {
    for (const s of this.sockets.splice(0)) s.close();
  }
}
