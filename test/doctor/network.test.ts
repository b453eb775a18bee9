import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/load.js';
import { placeOf } from '../../src/doctor/firewall/judge.js';
import { partOf } from '../../src/doctor/interface.js';
import { Network } from '../../src/doctor/network.js';
import { packetPath } from '../../src/doctor/path.js';

/** `ip -details -json address show` of a host with a bond, a VRF and a bridge, without what is not read. */
const LISTING = [
  {
    ifname: 'lo',
    flags: ['LOOPBACK', 'UP'],
    addr_info: [{ family: 'inet', local: '127.0.0.1', scope: 'host' }],
  },
  { ifname: 'eth0', flags: ['SLAVE', 'UP'], master: 'bond0', linkinfo: { info_slave_kind: 'bond' } },
  {
    ifname: 'bond0',
    flags: ['MASTER', 'UP'],
    linkinfo: { info_kind: 'bond' },
    addr_info: [{ family: 'inet', local: '10.0.0.1', scope: 'global' }],
  },
  { ifname: 'eth1', flags: ['UP'], master: 'blue', linkinfo: { info_slave_kind: 'vrf' }, xdp: { mode: 1 } },
  { ifname: 'blue', flags: ['MASTER', 'UP'], linkinfo: { info_kind: 'vrf' } },
  { ifname: 'eth2', flags: ['UP'], master: 'br0', linkinfo: { info_slave_kind: 'bridge' } },
  { ifname: 'br0', flags: ['UP'], linkinfo: { info_kind: 'bridge' } },
  {},
];
const network = Network.read(() => ({ there: true, ok: true, out: JSON.stringify(LISTING), error: '' }))!;

describe('the master of an interface', () => {
  it('is taken in its place if it is a bond', () => {
    const [ring] = partOf('eth0', false, network);
    expect(ring).toMatchObject({ state: 'poor', fix: 'take the bond: --interface bond0' });
    expect(ring.text).toMatch(/a ring on it misses what comes over the others/);
    expect(partOf('eth0', true, network)[0].text).toMatch(/by which IP sees its packets come/);
    expect(partOf('bond0', false, network)).toEqual([]);
  });

  it('is reported if it is a VRF or a bridge', () => {
    expect(partOf('eth1', true, network)[0].text).toMatch(
      /in the VRF blue, and net.ipv4.raw_l3mdev_accept is/,
    );
    expect(partOf('eth1', false, network)[0]).toMatchObject({ state: 'good' });
    expect(partOf('eth2', true, network)[0]).toMatchObject({ state: 'good' });
    expect(network.get('eth1')?.xdp).toBe(true);
  });

  it('decides the interface that firewall rules see', () => {
    const seen = (name: string): string[] => placeOf(name, network).steps.map((s) => `${s.hook} ${s.iif}`);
    expect(seen('eth0')).toEqual(['ingress eth0', 'prerouting bond0', 'input bond0']);
    expect(seen('eth1')).toEqual(['ingress eth1', 'prerouting eth1', 'prerouting blue', 'input blue']);
    expect(placeOf('bond0', network).devices).toContain('eth0');
  });
});

describe('the packet path', () => {
  const config = defaultConfig();
  const receiver = (...words: Parameters<typeof packetPath>): string =>
    packetPath(...words)
      .findings.map((f) => `${f.state} ${f.text}`)
      .join('\n');

  it('is a ring if interfaces are named, as for collect', () => {
    expect(packetPath(config, ['eth0'], undefined, network)).toMatchObject({
      raw: false,
      named: true,
    });
    expect(packetPath(config, ['eth0'], 'raw', network)).toMatchObject({ raw: true });
    expect(receiver(config, ['eth0'], 'raw', network)).toMatch(
      /only looked at, since raw sockets have none: eth0/,
    );
    expect(packetPath({ ...config, tunnels: ['t'] }, ['eth0'], undefined, network)).toMatchObject({
      raw: true,
    });
  });

  it('has the interfaces that are up with an address if none is named, and says so', () => {
    expect(packetPath(config, [], undefined, network)).toMatchObject({
      raw: true,
      interfaces: ['bond0'],
      named: false,
    });
    expect(receiver(config, [], undefined, network)).toMatch(/none is named; looked at: bond0/);
  });

  it('is refused where collect refuses it', () => {
    const both = { ...config, receiver: 'raw' as const, interfaces: ['eth0'] };
    expect(receiver(both, [], undefined, network)).toMatch(
      /^bad collect refuses it: .*leave out --interface/,
    );
  });
});
