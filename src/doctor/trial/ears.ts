/** The doctor's own sockets, with which it hears a trial's packets as a collector would. */
import { AF_INET, AF_INET6 } from '../../linux/address.js';
import { ACCEPT, attachFilter, BpfProgram } from '../../linux/bpf.js';
import { inputFilter } from '../../linux/input-filter.js';
import { interfaceIndex } from '../../linux/interface.js';
import * as libc from '../../linux/libc.js';
import { bindRing, openPacketSocket, type RingShape, setUpRing } from '../../linux/packet-socket.js';
import { POLLIN, PollSet } from '../../linux/poll.js';
import { closeSocket, IPPROTO_GRE, IPPROTO_UDP, openSocket, SOCK_RAW } from '../../linux/socket.js';
import { LinkType, PacketBatch } from '../../model/batch.js';
import { Ring } from '../../receive/ring.js';
import { IPV4_BASE_LENGTH } from '../../wire/ip/ipv4.js';
import { ETHERNET_LENGTH } from '../../wire/link/ethernet.js';
import { UDP_LENGTH } from '../../wire/transport/udp.js';
import { ETHERTYPE_EXPERIMENTAL, isTrial } from '../../wire/tunnel/trial.js';

/** A packet over a veth pair arrives in microseconds. */
const PATIENCE_MS = 1000;
const LONGEST = 256;
/** The smallest ring possible. */
const SHAPE: RingShape = { blockSize: 1 << 16, blocks: 4, retireMs: 10 };

export interface Ear {
  /** Whether the packet with the token arrives before `end`, milliseconds since 1970. */
  hears(token: Uint8Array, end: number): boolean;
  close(): void;
}

/** Until when a packet sent now is waited for, milliseconds since 1970. */
export function patience(): number {
  return Date.now() + PATIENCE_MS;
}

/**
 * A raw socket, like those of the raw receiver and of tunnels. One of UDP sees what passes the firewall,
 * whoever has the port.
 *
 * @param port of UDP; 0: GRE
 * @throws LinuxError
 */
export function rawEar(version: 4 | 6, port: number): Ear {
  const protocol = port === 0 ? IPPROTO_GRE : IPPROTO_UDP;
  const fd = openSocket(version === 4 ? AF_INET : AF_INET6, SOCK_RAW, protocol, true);
  // With IPv6, a raw socket delivers what follows the IP header.
  const payload = version === 4 ? IPV4_BASE_LENGTH : 0;
  const trial = payload + (port === 0 ? 0 : UDP_LENGTH);
  const filter = new BpfProgram();
  if (port !== 0) filter.load('h', payload + 2).jump('jeq', port, null, 'other');
  attachFilter(
    fd,
    filter
      .load('w', trial)
      .jump('jeq', ETHERTYPE_EXPERIMENTAL, null, 'other')
      .answer(ACCEPT)
      .label('other')
      .answer(0)
      .assemble(),
  );
  const bytes = new Uint8Array(LONGEST);
  return {
    hears: (token, end) =>
      within(fd, end, () => {
        for (;;) {
          const length = libc.recv(fd, bytes, bytes.length, 0);
          if (length < 0) return false;
          if (isTrial(bytes, trial, length, token)) return true;
        }
      }),
    close: () => closeSocket(fd),
  };
}

/**
 * A ring on an interface, like the ring receiver's.
 *
 * @param port of UDP; 0: GRE
 * @throws LinuxError
 */
export function ringEar(name: string, port: number): Ear {
  const fd = openPacketSocket();
  setUpRing(fd, SHAPE);
  bindRing(fd, interfaceIndex(name), name);
  attachFilter(fd, inputFilter(true, { gre: port === 0, udp: port === 0 ? [] : [port] }));
  const ring = new Ring(fd, SHAPE, LinkType.Ethernet, 0, true);
  const batch = new PacketBatch();
  const trial = ETHERNET_LENGTH + IPV4_BASE_LENGTH + (port === 0 ? 0 : UDP_LENGTH);
  return {
    hears: (token, end) =>
      within(fd, end, () => {
        while (ring.fill(batch)) {
          for (let i = 0; i < batch.count; i++) {
            const o = batch.offset[i];
            if (isTrial(batch.bytes, o + trial, o + batch.captured[i], token)) return true;
          }
        }
        return false;
      }),
    close: () => {
      ring.close();
      closeSocket(fd);
    },
  };
}

function within(fd: number, end: number, look: () => boolean): boolean {
  const polls = new PollSet(1);
  polls.add(fd, POLLIN);
  // What has arrived is looked at even if time is up.
  if (look()) return true;
  for (;;) {
    const left = end - Date.now();
    if (left <= 0) return false;
    if (polls.wait(left) !== 0 && look()) return true;
  }
}
