/**
 * Compares the receive path with the kernel's: the same tunnels and packets go into a real Linux kernel and
 * into the tunnel table, and every tunnel must end with the same counters. ORACLE_SEEDS=1,2,3 tries other
 * seeds.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AF_PACKET, sockaddrLl } from '../../src/linux/address.js';
import { interfaceIndex } from '../../src/linux/interface.js';
import * as libc from '../../src/linux/libc.js';
import { closeSocket, openSocket, SOCK_RAW } from '../../src/linux/socket.js';
import { LinuxPeer, linuxPeerPrograms, PEER_MAC } from '../support/linux-peer.js';
import { describeWith, tryIp } from '../support/needs.js';
import {
  countWithTable,
  ORACLE_COUNTERS,
  type OracleCounters,
  oracleWords,
} from '../support/oracle-receiver.js';
import {
  ORACLE_LOCAL4,
  ORACLE_LOCAL6,
  type OracleTunnel,
  oraclePackets,
  oracleTunnels,
} from '../support/oracle-traffic.js';

const TAP = 'eoracle0';
const CHUNK = 400;
const SEEDS = (process.env.ORACLE_SEEDS ?? '1,2').split(',').map(Number);

/**
 * Runs `ip link` with each of the lines in one process: in the guest, starting a process takes longer than
 * its work.
 */
function links(peer: LinuxPeer, lines: readonly string[]): Promise<string> {
  return peer.sh(`ip -batch - <<END\n${lines.map((line) => `link ${line}\n`).join('')}END`);
}

/** The kernel's counters after the packets. */
async function kernels(peer: LinuxPeer, tunnels: readonly OracleTunnel[], packets: readonly Uint8Array[]) {
  await links(
    peer,
    tunnels.flatMap((t) => [`add ${t.name} type ${oracleWords(t)}`, `set ${t.name} up`]),
  );
  const received = async () => Number(await peer.sh('cat /sys/class/net/eth0/statistics/rx_packets'));
  const before = await received();
  // As many at a time as the TAP device queues for a slow guest.
  for (let sent = 0; sent < packets.length; sent += CHUNK) {
    const chunk = packets.slice(sent, sent + CHUNK);
    send(chunk);
    while ((await received()) < before + sent + chunk.length) await new Promise((r) => setTimeout(r, 20));
  }
  // The kernel also counts packets that this host sends of its own accord; the last ones may still be on the
  // way.
  let text = '';
  for (let before: string | undefined; text !== before; ) {
    before = text;
    text = await peer.sh(
      'cat /sys/class/net/eth0/statistics/rx_packets; grep -H . /sys/class/net/t[0-9]*/statistics/rx_*',
    );
  }
  const counters: OracleCounters = {};
  for (const [, name, counter, value] of text.matchAll(/net\/(t\d+)\/statistics\/(\w+):(\d+)/g)) {
    if (!ORACLE_COUNTERS.some((known) => known === counter)) continue;
    counters[name] ??= {};
    counters[name][counter] = Number(value);
  }
  await links(
    peer,
    tunnels.map((t) => `del ${t.name}`),
  );
  return counters;
}

function send(packets: readonly Uint8Array[]): void {
  const fd = openSocket(AF_PACKET, SOCK_RAW, 0);
  const to = sockaddrLl(0, interfaceIndex(TAP));
  const mac = PEER_MAC.split(':').map((byte) => Number.parseInt(byte, 16));
  for (const packet of packets) {
    const type = packet[0] >>> 4 === 4 ? [0x08, 0x00] : [0x86, 0xdd];
    const frame = new Uint8Array([...mac, 2, 0, 0, 0, 0, 1, ...type, ...packet]);
    expect(libc.sendto(fd, frame, frame.length, 0, to, to.length)).toBe(frame.length);
  }
  closeSocket(fd);
}

describeWith(['root', '/dev/net/tun', ...linuxPeerPrograms], 'the receive path and the Linux kernel', () => {
  let peer: LinuxPeer;
  beforeAll(async () => {
    peer = await LinuxPeer.start({ tap: TAP });
    await peer.sh(
      `ip addr add ${ORACLE_LOCAL4}/24 dev eth0; ip -6 addr add ${ORACLE_LOCAL6}/64 dev eth0 ` +
        'nodad; ip link set eth0 up',
    );
  });
  afterAll(async () => {
    await peer?.stop();
    tryIp(`link del ${TAP}`);
  });

  it.each(SEEDS)('count the same over 2000 packets of seed %i', async (seed) => {
    const tunnels = oracleTunnels(seed);
    const packets = oraclePackets(seed, tunnels, 2000);
    expect(countWithTable(tunnels, packets)).toEqual(await kernels(peer, tunnels, packets));
  });
});
