/**
 * Tunnels to the GRE devices of a kernel behind a veth pair, as to a container: checksums are incomplete and
 * segments arrive joined, because both ends leave that to a network card, and there is none. They run in an
 * emulated host whose kernel has GRE, with the program but without a store.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LinuxPeer, linuxPeerPrograms } from '../support/linux-peer.js';
import { describeWith, tryIp } from '../support/needs.js';

const TAP = 'eveth0';
const US = { 4: '198.18.9.1', 6: 'fd00:9::1' } as const;
const KERNEL = { 4: '198.18.9.2', 6: 'fd00:9::2' } as const;
/** Some hundred packets in each direction: each is emulated twice and takes long. */
const BYTES = 250_000;

/** Mode and options that both ends understand; the devices and inner networks are numbered. */
const TUNNELS = [
  ['gre', ''],
  ['gre', 'key 2 seq'],
  ['gre', 'key 3 csum'],
  ['gretap', 'key 4 csum'],
  ['ip6gre', 'key 5 csum'],
  ['ip6gretap', 'key 6'],
] as const;

const ourEnd = (n: number, six: boolean) => (six ? `fd00:${n}::1` : `10.80.${n}.1`);
const theirEnd = (n: number, six: boolean) => (six ? `fd00:${n}::2` : `10.80.${n}.2`);

/** Every second tunnel carries IPv6, the others IPv4. */
const isSix = (n: number) => n % 2 === 1;

describeWith(['root', '/dev/net/tun', ...linuxPeerPrograms], 'tunnels to a kernel behind a veth pair', () => {
  let peer: LinuxPeer;
  const said = new Map<string, string>();

  beforeAll(async () => {
    peer = await LinuxPeer.start({ tap: TAP, mirrorlake: true });
    const theirs = TUNNELS.map(([mode, words], n) => {
      const family = mode.startsWith('ip6') ? 6 : 4;
      const addresses =
        `ip -n k addr add ${theirEnd(n, false)}/24 dev g${n}; ip -n k -6 addr add ` +
        `${theirEnd(n, true)}/64 dev g${n} nodad`;
      return (
        `ip -n k link add g${n} type ${mode} local ${KERNEL[family]} remote ${US[family]} ` +
        `${words} && ${addresses} && ip -n k link set g${n} up`
      );
    });
    const ours = TUNNELS.map(([mode, words], n) => {
      const family = mode.startsWith('ip6') ? 6 : 4;
      const ends = `local ${US[family]} remote ${KERNEL[family]}`;
      return (
        `--tunnel 'g${n} mode ${mode} ${ends} ${words} address ${ourEnd(n, false)}/24 address ` +
        `${ourEnd(n, true)}/64'`
      );
    });
    await peer.sh(
      `mkdir -p /run /var /tmp/a /tmp/b && ln -sfn /run /var/run &&
      ip netns add k && ip link add v0 type veth peer name v1 netns k
      ip addr add ${US[4]}/24 dev v0; ip -6 addr add ${US[6]}/64 dev v0 nodad; ip link set v0 up
      ip -n k link set lo up; ip -n k addr add ${KERNEL[4]}/24 dev v1
      ip -n k -6 addr add ${KERNEL[6]}/64 dev v1 nodad; ip -n k link set v1 up
      ${theirs.join('\n')}
      head -c ${BYTES} /dev/urandom >/tmp/data`,
    );
    const run = 'node /opt/mirrorlake/dist/cli/main.js';
    await peer.sh(
      `cd /tmp; ${run} collect --store none --control /tmp/control ${ours.join(' ')} >/tmp/collect.log 2>&1 &
      n=0; until [ -S /tmp/control ] && ip link show g${TUNNELS.length - 1} >/dev/null 2>&1; do
        n=$((n+1)); [ $n -lt 3000 ] || { cat /tmp/collect.log; exit 1; }; sleep 0.2; done`,
    );
    const transfer = 'node /support/guest-transfer.mjs';
    await peer.sh(
      `${transfer} receive /tmp/a >/tmp/a.log 2>&1 &
      ip netns exec k ${transfer} receive /tmp/b >/tmp/b.log 2>&1 &
      n=0; until [ -e /tmp/a/ready ] && [ -e /tmp/b/ready ]; do
        n=$((n+1)); [ $n -lt 3000 ] || exit 1; sleep 0.2; done`,
    );
    const to = (end: typeof ourEnd) => TUNNELS.map((_, n) => end(n, isSix(n))).join(' ');
    const transfers = await peer.sh(
      `${transfer} send /tmp/data ${to(theirEnd)}; ip netns exec k ${transfer} send /tmp/data ${to(ourEnd)}`,
    );
    for (const line of transfers.trim().split('\n')) {
      const [address, ...how] = line.split(' ');
      said.set(address, how.join(' '));
    }
    said.set('status', await peer.sh(`${run} status --control /tmp/control --json`));
  }, 900_000);
  afterAll(async () => {
    await peer?.stop();
    tryIp(`link del ${TAP}`);
  });

  it.each(TUNNELS.map(([mode, words], n) => [mode, words, n] as const))(
    'carries files intact, in both directions, over TCP and UDP: %s %s',
    async (_mode, _words, n) => {
      const [us, them] = [ourEnd(n, isSix(n)), theirEnd(n, isSix(n))];
      expect([said.get(us), said.get(them)]).toEqual(['tcp ok udp ok', 'tcp ok udp ok']);
      const files = [`b/tcp-${us}`, `b/udp-${us}`, `a/tcp-${them}`, `a/udp-${them}`];
      await peer.sh(files.map((file) => `cmp /tmp/data /tmp/${file}`).join(' && '));
    },
  );

  it('reports a tunnel as up, and counts no packet as refused', () => {
    const status = JSON.parse(said.get('status')!) as {
      store: { state: string };
      tunnels: { carrier: boolean; route: boolean; mtu: number; counters: Record<string, number> }[];
      tunnels_refused: Record<string, number>;
    };
    expect(status.store.state).toBe('none');
    expect(status.tunnels_refused).toEqual({ header: 0, checksum: 0, no_tunnel: 0 });
    for (const t of status.tunnels) {
      expect(t).toMatchObject({ carrier: true, route: true });
      expect(t.mtu).toBeGreaterThan(1400);
      expect(t.counters.rx_errors).toBe(0);
      expect(t.counters.rx_dropped).toBe(0);
    }
  });
});
