/** Raw sockets of protocol 47, each bound to its own address. */
import { AF_INET6, sockaddrIn6 } from '../linux/address.js';
import { ACCEPT, attachFilter, BpfProgram } from '../linux/bpf.js';
import { LinuxError } from '../linux/errors.js';
import { dropAll } from '../linux/input-filter.js';
import { bindSocket, discardQueue, setReceiveBuffer, socketDrops } from '../linux/socket.js';
import { RunningCount } from './running-count.js';

/** The longest message: an IP packet. */
export const LONGEST = 65535;
/**
 * ff0e::, which is never assigned to a group (RFC 4291 section 2.7.1): the kernel skips a socket bound to it.
 */
const NOWHERE = Uint8Array.of(0xff, 0x0e, ...new Uint8Array(14));

/**
 * Takes a message: `length` bytes at `o`, the 16 bytes of its sender's IPv6 address at `sender` of `from`
 * (unused for IPv4, whose message begins with its IP header), and its arrival time. The bytes are reused
 * afterwards.
 */
export type MessageTaker = (
  bytes: Uint8Array,
  o: number,
  length: number,
  from: Uint8Array,
  sender: number,
  sec: number,
  nsec: number,
) => void;

/** An open raw socket, and its reader. */
export interface RawDescriptor {
  readonly fd: number;
  /** Passes on everything that arrives from now on. */
  watch(take: MessageTaker, failed: (error: Error) => void): void;
  unwatch(): void;
  close(): void;
}

/** Opens raw sockets of protocol 47, and reads them in this thread's event loop. */
export interface RawLibrary {
  /** @param family AF_INET or AF_INET6. Throws LinuxError without the privilege for raw sockets. */
  open(family: number): RawDescriptor;
}

export class RawSocket {
  /** What it has dropped since it was last bound. */
  private readonly drops = new RunningCount();
  /** Whether it was ever bound to a link-local address: unbinding it from the interface takes privileges. */
  scoped = false;

  private constructor(
    private readonly descriptor: RawDescriptor,
    /** Its receive buffer, bytes as the kernel counts them. */
    readonly buffer: number,
  ) {}

  get fd(): number {
    return this.descriptor.fd;
  }

  /**
   * @param family AF_INET or AF_INET6
   * @param receiveBuffer bytes; the kernel may grant less
   * @throws LinuxError without the privilege for raw sockets
   */
  static open(library: RawLibrary, family: number, receiveBuffer: number): RawSocket {
    const descriptor = library.open(family);
    try {
      return new RawSocket(descriptor, setReceiveBuffer(descriptor.fd, receiveBuffer));
    } catch (e) {
      descriptor.close();
      throw e;
    }
  }

  watch(take: MessageTaker, failed: (error: Error) => void): void {
    this.descriptor.watch(take, failed);
  }

  /**
   * From now on receives only what arrives at a local address, and nothing that arrived before. This takes no
   * privileges, even for a bound socket.
   *
   * @param address 16 bytes
   * @param scope interface index of a link-local address, else 0
   * @param filter undefined: everything
   * @throws LinuxError EADDRNOTAVAIL for an address that does not exist, or not yet
   */
  bind(address: Uint8Array, scope: number, filter: Uint8Array | undefined): void {
    attachFilter(this.fd, dropAll());
    bindSocket(this.fd, sockaddrIn6(address, 0, 0, scope), 'a local IPv6 address');
    if (scope !== 0) this.scoped = true;
    discardQueue(this.fd);
    this.drops.begin(socketDrops(this.fd));
    attachFilter(this.fd, filter ?? new BpfProgram().answer(ACCEPT).assemble());
  }

  /** Receives nothing any more, at no cost for other sockets' packets. */
  park(): void {
    attachFilter(this.fd, dropAll());
    this.descriptor.unwatch();
    bindSocket(this.fd, sockaddrIn6(NOWHERE), 'no address');
  }

  /** Messages dropped for lack of room since {@link bind}. */
  get dropped(): number {
    return this.drops.read(socketDrops(this.fd));
  }

  close(): void {
    this.descriptor.close();
  }
}

/** IPv6 sockets opened while there are privileges, for addresses that appear later. */
export class SpareSockets {
  private readonly sockets: RawSocket[] = [];

  /** @throws LinuxError; if the kernel has no IPv6, no sockets are needed */
  constructor(library: RawLibrary, count: number, receiveBuffer: number) {
    try {
      for (let i = 0; i < count; i++) this.put(RawSocket.open(library, AF_INET6, receiveBuffer));
    } catch (e) {
      if (!(e instanceof LinuxError) || e.code !== 'EAFNOSUPPORT') throw e;
    }
  }

  /** Takes one for an address: a socket of a link-local address can only be reused for another one. */
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
