/** Raw sockets through the raw-socket package, an addon compiled at installation. */
import { AddressFamily, createSocket, type Socket } from 'raw-socket';
import { AF_INET6 } from '../linux/address.js';
import { LinuxError } from '../linux/errors.js';
import { closeOnExec, IPPROTO_GRE, ReceiveTime, SOCK_RAW, socketsOf } from '../linux/socket.js';
import { parseIpv6Text } from './raw-ipv6.js';
import { LONGEST, type MessageTaker, type RawDescriptor, type RawLibrary } from './raw-sockets.js';

const NOBODY = new Uint8Array(16);

class AddonDescriptor implements RawDescriptor {
  private readonly time = new ReceiveTime();

  constructor(
    private readonly socket: Socket,
    readonly fd: number,
    private readonly ipv6: boolean,
  ) {}

  watch(take: MessageTaker, failed: (error: Error) => void): void {
    this.time.read(this.fd);
    this.socket.on('message', (message: Buffer, source: string) => {
      if (!this.time.read(this.fd)) return;
      const from = this.ipv6 ? parseIpv6Text(source) : NOBODY;
      take(message, 0, message.length, from, 0, this.time.sec, this.time.nsec);
    });
    this.socket.on('error', failed);
  }

  unwatch(): void {
    this.socket.removeAllListeners();
    // The socket is closed; ignore its errors.
    this.socket.on('error', () => {});
  }

  close(): void {
    this.socket.close();
  }
}

/** The package does not expose descriptors: they are found among the open files. */
export const rawAddon: RawLibrary = {
  open(family: number): RawDescriptor {
    const known = new Set(socketsOf(family, SOCK_RAW, IPPROTO_GRE));
    const socket = create(family);
    try {
      const fd = socketsOf(family, SOCK_RAW, IPPROTO_GRE).find((n) => !known.has(n));
      if (fd === undefined) throw new Error('the raw socket just opened is not among the open files');
      closeOnExec(fd);
      return new AddonDescriptor(socket, fd, family === AF_INET6);
    } catch (e) {
      // Searching the open files takes a descriptor.
      socket.close();
      throw e;
    }
  },
};

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
