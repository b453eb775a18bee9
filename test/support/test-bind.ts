/** A tunnel's sockets in memory, as in wireguard-go's bindtest: they send to a {@link TestWire}. */
import type { Gather } from '../../src/linux/gather.js';
import { ERRNO } from '../../src/linux/libc.js';
import type { Messages } from '../../src/linux/messages.js';
import type { GreReceiver, Receiver, Sender } from '../../src/tunnels/engine/host.js';
import type { Tunnel } from '../../src/tunnels/kernel/tunnel.js';
import { formatAddress, parseAddress } from '../../src/tunnels/spec/address.js';
import { setU16, u16 } from '../../src/wire/bytes.js';
import { checksum } from '../../src/wire/checksum.js';
import { bytes } from './frames.js';
import { isIpv6, type TestWire } from './test-wire.js';

/**
 * Words of a struct mmsghdr: the length of the ancillary data, and that of the message (linux/messages.ts).
 */
const MMSGHDR_WORDS = 16;
const CONTROLLEN = 10;
const MSG_LEN = 14;
const [IP, IP_PKTINFO, IPV6, IPV6_PKTINFO, IPV6_TCLASS] = [0, 8, 41, 50, 67];

/** What a raw socket receives: bytes, for IPv6 without its header, with source address and ancillary data. */
interface Datagram {
  readonly bytes: Uint8Array;
  readonly source: Uint8Array;
  readonly control: Uint8Array;
}

export class TestReceiver implements Receiver {
  isClosed = false;
  private readonly queue: Datagram[] = [];

  constructor(readonly fd: number) {}

  get readable(): boolean {
    return !this.isClosed && this.queue.length > 0;
  }

  /** Receives a packet for this socket: a whole one, including the outer IP header. */
  arrive(packet: Uint8Array, link: number): void {
    if (!isIpv6(packet)) {
      const info = bytes(int(link), packet.subarray(16, 20), packet.subarray(16, 20));
      this.queue.push({
        bytes: packet,
        source: packet.subarray(12, 16),
        control: cmsg(IP, IP_PKTINFO, info),
      });
      return;
    }
    const control = bytes(
      cmsg(IPV6, IPV6_PKTINFO, bytes(packet.subarray(24, 40), int(link))),
      cmsg(IPV6, IPV6_TCLASS, int((u16(packet, 0) >>> 4) & 0xff)),
    );
    const payload = packet.subarray(payloadOf(packet).at);
    this.queue.push({ bytes: payload, source: packet.subarray(8, 24), control });
  }

  receive(into: Messages): number {
    const taken = this.queue.splice(0, into.capacity);
    for (const [i, { bytes, source, control }] of taken.entries()) {
      into.bytes.set(bytes.subarray(0, into.size), into.offset(i));
      into.bytes.set(source, into.nameOffset(i) + (source.length === 16 ? 8 : 4));
      into.bytes.set(control.subarray(0, into.control), into.controlOffset(i));
      into.words[i * MMSGHDR_WORDS + MSG_LEN] = bytes.length;
      into.words[i * MMSGHDR_WORDS + CONTROLLEN] = Math.min(control.length, into.control);
    }
    return taken.length;
  }

  close(): void {
    this.isClosed = true;
  }
}

export class TestGreReceiver extends TestReceiver implements GreReceiver {
  /** The groups it has joined. */
  readonly groups = new Set<string>();

  /** Linux' filter is a hint: the table refuses what it lets through. */
  filter(): void {}

  setMembership(t: Tunnel, joined: boolean): void {
    const group = formatAddress(t.config.remote);
    if (joined) this.groups.add(group);
    else this.groups.delete(group);
  }
}

/** The routes of a host. */
export interface Routes {
  /** The path MTU to an address, or -errno. */
  mtuTo(address: string): number;
  /** Our address in this family. */
  address(ipv6: boolean): string;
}

export class TestSender implements Sender {
  isClosed = false;
  /** Errors that the next calls return, by name, in order. After that, it sends again. */
  readonly errors: string[] = [];
  /** Whether there is room after waiting. */
  drains = true;
  waits = 0;

  constructor(
    readonly tunnel: Tunnel,
    private readonly wire: TestWire,
    private readonly routes: Routes,
  ) {}

  send(messages: Gather, first: number, end: number): number {
    const error = this.errors.shift();
    if (error !== undefined) return -ERRNO[error];
    for (let i = first; i < end; i++) this.wire.send(asSent(messages, i));
    return end - first;
  }

  waitForRoom(): boolean {
    this.waits++;
    return this.drains;
  }

  route(source: Uint8Array): number {
    const { remote, local } = this.tunnel.config;
    const mtu = this.routes.mtuTo(formatAddress(remote));
    if (mtu <= 0) return mtu;
    source.set(this.tunnel.localAny ? parseAddress(this.routes.address(this.tunnel.ipv6))! : local);
    return mtu;
  }

  close(): void {
    this.isClosed = true;
  }
}

/** A message as sent: the kernel fills in IPv4's checksum, and an identification of 0 (raw(7)). */
function asSent(messages: Gather, i: number): Uint8Array {
  const head = messages.headOffset(i);
  const body = messages.bodyAt(i);
  const packet = bytes(
    messages.bytes.subarray(head, head + messages.headLength(i)),
    messages.bytes.subarray(body, body + messages.bodyLength(i)),
  );
  const six = isIpv6(packet);
  const name = messages.nameOffset(i);
  const to = messages.bytes.subarray(name + (six ? 8 : 4), name + (six ? 24 : 8));
  const written = packet.subarray(six ? 24 : 16, six ? 40 : 20);
  if (Buffer.compare(to, written) !== 0) throw new Error('sent to another address than the packet is for');
  if (u16(packet, six ? 4 : 2) !== packet.length - (six ? 40 : 0)) throw new Error('a wrong length was sent');
  if (six) return packet;
  if (u16(packet, 4) === 0) setU16(packet, 4, 0x4d4c);
  setU16(packet, 10, 0);
  setU16(packet, 10, checksum(packet, 0, 20));
  return packet;
}

/** The offset of an IP packet's payload, after IPv6's extension headers, and its protocol. */
export function payloadOf(packet: Uint8Array): { at: number; protocol: number } {
  if (!isIpv6(packet)) return { at: (packet[0] & 15) * 4, protocol: packet[9] };
  let [at, protocol] = [40, packet[6]];
  for (; protocol === 60; at += 8 * (packet[at + 1] + 1)) protocol = packet[at];
  return { at, protocol };
}

/** struct cmsghdr and its data, padded to 8 bytes. */
function cmsg(level: number, type: number, data: Uint8Array): Uint8Array {
  const length = 16 + data.length;
  return bytes(int(length), int(0), int(level), int(type), data, new Uint8Array(-length & 7));
}

function int(v: number): Uint8Array {
  return new Uint8Array(new Int32Array([v]).buffer);
}
