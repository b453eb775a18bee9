/**
 * What ICMP reported for packets that a raw socket sent: its error queue (IP_RECVERR of ip(7), IPV6_RECVERR
 * of ipv6(7)).
 */
import { u16 } from '../wire/bytes.js';
import { errnoName } from './errors.js';
import { Messages, MSG_DONTWAIT, MSG_ERRQUEUE } from './messages.js';
import { IP_RECVERR, IPPROTO_IP, IPPROTO_IPV6, IPV6_RECVERR, setIntOption } from './socket.js';

/** Errors read per system call, and the bytes of the quoted packet that are of interest. */
const BATCH = 8;
const QUOTED = 8;
/** struct cmsghdr, struct sock_extended_err and the address of who sent the ICMP message. */
const CMSG_HEADER = 16;
const CONTROL = 64;
/** Offsets in struct sock_extended_err: errno (4, host byte order), origin, type, code. */
const EE_TYPE = 5;
const EE_CODE = 6;

const ICMP_UNREACHABLE = 3;
const ICMP_FRAGMENTATION_NEEDED = 4;
const ICMP6_UNREACHABLE = 1;
const ICMP6_PARAMETER_PROBLEM = 4;
const ICMP6_UNKNOWN_HEADER = 1;

export class ErrorQueue {
  private readonly messages = new Messages(BATCH, QUOTED, CONTROL);

  /**
   * Makes the socket keep errors.
   *
   * @param v4 whether it is an IPv4 socket
   * @param port of UDP: the destination port of its packets. Another program's datagrams to the same host
   * have others, and their errors reach a raw socket too.
   */
  constructor(
    private readonly fd: number,
    private readonly v4: boolean,
    private readonly port: number | undefined,
  ) {
    if (v4) setIntOption(fd, IPPROTO_IP, IP_RECVERR, 1, 'the error queue');
    else setIntOption(fd, IPPROTO_IPV6, IPV6_RECVERR, 1, 'the error queue');
  }

  /**
   * Empties the queue.
   *
   * @param report gets the name of each error of the socket's own packets (ECONNREFUSED, …) and whether it
   * says that they do not arrive: the host, its protocol or its port is unreachable
   * @returns how many errors there were, of others' packets too
   */
  read(report: (error: string, unreachable: boolean) => void): number {
    const { messages } = this;
    let all = 0;
    for (;;) {
      const n = messages.receive(this.fd, BATCH, MSG_DONTWAIT | MSG_ERRQUEUE);
      all += n;
      for (let i = 0; i < n; i++) {
        if (messages.controlLength(i) < CMSG_HEADER + EE_CODE + 1 || !this.isOwn(i)) continue;
        const at = messages.controlOffset(i) + CMSG_HEADER;
        const { bytes } = messages;
        report(
          errnoName(messages.words[at >>> 2]),
          this.isUnreachable(bytes[at + EE_TYPE], bytes[at + EE_CODE]),
        );
      }
      if (n < BATCH) return all;
    }
  }

  /** The queue has what follows the IP header in the quoted packet. */
  private isOwn(i: number): boolean {
    const { messages, port } = this;
    if (port === undefined) return true;
    return messages.length(i) >= 4 && u16(messages.bytes, messages.offset(i) + 2) === port;
  }

  private isUnreachable(type: number, code: number): boolean {
    if (this.v4) return type === ICMP_UNREACHABLE && code !== ICMP_FRAGMENTATION_NEEDED;
    return type === ICMP6_UNREACHABLE || (type === ICMP6_PARAMETER_PROBLEM && code === ICMP6_UNKNOWN_HEADER);
  }

  close(): void {
    this.messages.close();
  }
}
