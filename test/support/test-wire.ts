/**
 * The network between hosts, in memory: it delivers by address, can have a small MTU, and can damage packets
 * as networks do.
 */
import { formatAddress } from '../../src/tunnels/spec/address.js';
import { setU16, setU32, u16, u32 } from '../../src/wire/bytes.js';
import { checksum, foldChecksum, sumWords } from '../../src/wire/checksum.js';
import { bytes, ipv4, ipv6 } from './frames.js';

const [ICMP, ICMPV6, FRAGMENT] = [1, 58, 44];
const DONT_FRAGMENT = 0x4000;
/** The routers that send ICMP errors. */
const ROUTER = { 4: '198.18.0.1', 6: 'fd00:18::1' } as const;

/** What the wire makes of packet `n`, counted from 0: the packets that come out now. */
export type Fault = (packet: Uint8Array, n: number) => readonly Uint8Array[];

/** Loses the packets with these numbers. */
export function losing(...numbers: number[]): Fault {
  return (packet, n) => (numbers.includes(n) ? [] : [packet]);
}
/** Duplicates them. */
export function doubling(...numbers: number[]): Fault {
  return (packet, n) => (numbers.includes(n) ? [packet, packet] : [packet]);
}
/** Delivers each of them after the packet that follows it. */
export function delaying(...numbers: number[]): Fault {
  const held: Uint8Array[] = [];
  return (packet, n) => {
    if (!numbers.includes(n)) return [packet, ...held.splice(0)];
    held.push(packet);
    return [];
  };
}
/** Changes them. */
export function changing(change: (packet: Uint8Array) => void, ...numbers: number[]): Fault {
  return (packet, n) => {
    const other = packet.slice();
    if (numbers.includes(n)) change(other);
    return [other];
  };
}

/** A host as the wire sees it. */
export interface Station {
  has(address: string): boolean;
  arrive(packet: Uint8Array): void;
}

export class TestWire {
  /** Every packet sent, as it entered the wire. */
  readonly sent: Uint8Array[] = [];
  /** The smallest link MTU, in bytes: a router sends an error about larger packets. */
  mtu = 1500;
  fault: Fault = (packet) => [packet];
  private readonly stations: Station[] = [];
  private count = 0;

  add(station: Station): void {
    this.stations.push(station);
  }

  /** Applies a fault to the packets from now on, the next one being number 0. */
  breakBy(fault: Fault): void {
    this.fault = fault;
    this.count = 0;
  }

  send(packet: Uint8Array): void {
    this.sent.push(packet);
    for (const p of this.fault(packet, this.count++)) this.carry(p);
  }

  private carry(packet: Uint8Array): void {
    if (packet.length > this.mtu && mustNotFragment(packet)) {
      this.answer(packet, isIpv6(packet) ? 2 : 3, isIpv6(packet) ? 0 : 4, this.mtu);
      return;
    }
    const destination = destinationOf(packet);
    const there = this.stations.filter((s) => s.has(destination));
    for (const s of there) s.arrive(packet.slice());
    if (there.length === 0) this.answer(packet, isIpv6(packet) ? 1 : 3, isIpv6(packet) ? 3 : 1, 0);
  }

  /** Sends a router's ICMP error about a packet (RFC 792, RFC 4443) to its source. */
  answer(packet: Uint8Array, type: number, code: number, mtu: number): void {
    const six = isIpv6(packet);
    const to = sourceOf(packet);
    const error = bytes([type, code, 0, 0, 0, 0, 0, 0], packet.subarray(0, six ? 1232 : 548));
    if (six) setU32(error, 4, mtu);
    else setU16(error, 6, mtu);
    if (!six) setU16(error, 2, checksum(error, 0, error.length));
    const whole = six ? ipv6(ROUTER[6], to, ICMPV6, error) : ipv4(ROUTER[4], to, ICMP, error);
    if (six) setU16(whole, 42, foldChecksum(sumWords(whole, 8, whole.length, ICMPV6 + error.length)));
    for (const s of this.stations) if (s.has(to)) s.arrive(whole);
  }
}

export function isIpv6(packet: Uint8Array): boolean {
  return packet[0] >>> 4 === 6;
}
export function sourceOf(packet: Uint8Array): string {
  return formatAddress(isIpv6(packet) ? packet.subarray(8, 24) : packet.subarray(12, 16));
}
export function destinationOf(packet: Uint8Array): string {
  return formatAddress(isIpv6(packet) ? packet.subarray(24, 40) : packet.subarray(16, 20));
}

/**
 * Routers do not fragment IPv6. IPv4 packets that they may fragment stay whole here, since the other end
 * would reassemble them.
 */
function mustNotFragment(packet: Uint8Array): boolean {
  return isIpv6(packet) || (u16(packet, 6) & DONT_FRAGMENT) !== 0;
}

/**
 * Reassembles fragments, as a kernel does before its raw sockets (RFC 791 section 3.2, RFC 8200 section 4.5).
 */
export class Reassembly {
  private readonly parts = new Map<string, { at: number; last: boolean; packet: Uint8Array }[]>();

  /** @returns the whole packet, if it is or becomes complete; else null. */
  add(packet: Uint8Array): Uint8Array | null {
    const six = isIpv6(packet);
    if (six ? packet[6] !== FRAGMENT : (u16(packet, 6) & 0x3fff) === 0) return packet;
    const word = six ? u16(packet, 42) : u16(packet, 6);
    const at = six ? word & ~7 : (word & 0x1fff) * 8;
    const last = six ? (word & 1) === 0 : (word & 0x2000) === 0;
    const key = `${sourceOf(packet)} ${destinationOf(packet)} ${six ? u32(packet, 44) : u16(packet, 4)}`;
    const parts = [...(this.parts.get(key) ?? []), { at, last, packet }].sort((a, b) => a.at - b.at);
    this.parts.set(key, parts);
    const head = six ? 48 : 20;
    let end = 0;
    for (const p of parts) {
      if (p.at !== end) return null;
      end += p.packet.length - head;
    }
    if (!parts[parts.length - 1].last) return null;
    this.parts.delete(key);
    const payload = bytes(...parts.map((p) => p.packet.subarray(head)));
    const first = parts[0].packet;
    if (six) {
      const whole = bytes(first.subarray(0, 40), payload);
      whole[6] = first[40];
      setU16(whole, 4, payload.length);
      return whole;
    }
    const whole = bytes(first.subarray(0, 20), payload);
    setU16(whole, 2, whole.length);
    setU16(whole, 6, 0);
    setU16(whole, 10, 0);
    setU16(whole, 10, checksum(whole, 0, 20));
    return whole;
  }
}
