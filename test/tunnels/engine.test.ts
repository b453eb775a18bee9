/**
 * Tunnels are added, changed and removed while others continue, and keepalives, with devices, sockets and
 * time in memory.
 */
import { describe, expect, it } from 'vitest';
import { QUEUE_LENGTH } from '../../src/tunnels/engine/endpoint.js';
import { MAX_TUNNELS } from '../../src/tunnels/engine/engine.js';
import { ipv4, udp } from '../support/frames.js';
import { pass, settle, type TestHost } from '../support/test-host.js';
import { A, B, hosts, pair } from '../support/test-tunnels.js';
import { losing } from '../support/test-wire.js';

const packet = ipv4('10.10.10.1', '10.10.10.2', 17, udp(1, 2, new Uint8Array(20)));
const spec = (name: string, words: string) => `${name} mode gre local ${A[4]} remote ${B[4]} ${words}`;

/** Whether packets get through in both directions. */
function carries(name: string, a: TestHost, b: TestHost): boolean {
  const [here, there] = [a.tun(name), b.tun(name)];
  for (const tun of [here, there]) tun.put(packet);
  settle(a, b);
  return here.take().length === 1 && there.take().length === 1;
}

describe('tunnels', () => {
  it('have a device that is up, with its queue length and addresses', () => {
    const { a } = hosts();
    a.add(spec('t1', 'address 10.10.10.1/24 persist'));
    expect(a.tun('t1')).toMatchObject({
      isUp: true,
      carrier: true,
      queueLength: QUEUE_LENGTH,
      persistent: true,
    });
    expect(a.configured).toMatchObject([{ addresses: ['10.10.10.1/24'] }]);
  });

  it('are added and removed while others continue', () => {
    const { a, b } = pair('gre', 'key 1', 'key 2');
    a.engine.remove('t2');
    expect(a.tun('t2').isClosed).toBe(true);
    expect(a.sender('t2').isClosed).toBe(true);
    expect(carries('t1', a, b)).toBe(true);
    b.tun('t2').put(packet);
    settle(a, b);
    expect(a.refusals().noTunnel).toBe(1);
    a.add(spec('t2', 'key 2'));
    expect(carries('t2', a, b)).toBe(true);
    expect(() => a.add(spec('x', 'key 1'))).toThrow('the same local, remote and key');
    expect(carries('t1', a, b)).toBe(true);
  });

  it('keep their device, counters and sequence numbers when they change', () => {
    const { a, b, wire } = pair('gre', 'key 1 seq');
    expect(carries('t1', a, b)).toBe(true);
    const [tun, sender] = [a.tun('t1'), a.sender('t1')];
    a.change(spec('t1', 'key 2 seq mtu 1300'));
    b.change(`t1 mode gre local ${B[4]} remote ${A[4]} key 2 seq`);
    expect(a.tun('t1')).toBe(tun);
    expect([tun.isClosed, sender.isClosed, a.sender('t1').isClosed]).toEqual([false, true, false]);
    expect(tun.mtu()).toBe(1300);
    expect(carries('t1', a, b)).toBe(true);
    expect(a.counters('t1').tx_packets).toBe(2);
    expect([...wire.sent[2].subarray(28, 32)]).toEqual([0, 0, 0, 1]);
  });

  it('get a new device when they change from packets to frames', () => {
    const { a } = pair('gre', 'key 1');
    const before = a.tun('t1');
    a.change(`t1 mode gretap local ${A[4]} remote ${B[4]} key 1`);
    expect(before.isClosed).toBe(true);
    expect(a.tun('t1')).not.toBe(before);
  });

  it('stay as they are if a change fails', () => {
    const { a, b } = pair('gre', 'key 1', 'key 2');
    expect(carries('t1', a, b)).toBe(true);
    expect(() => a.change(spec('t1', 'key 2'))).toThrow('the same local, remote and key');
    expect(carries('t1', a, b)).toBe(true);
    expect(() => a.change(spec('t1', 'key 1 dev nowhere'))).toThrow('there is no interface nowhere');
    expect(carries('t1', a, b)).toBe(true);
    a.configureDevice = ({ addresses }) => {
      if (addresses.length > 0) throw new Error('no such address');
    };
    expect(() => a.change(spec('t1', 'key 3 mtu 1300 address 10.0.0.300/24'))).toThrow('no such address');
    expect(carries('t1', a, b)).toBe(true);
    expect(a.tun('t1').mtu()).toBe(1500 - 20 - 8);
    a.openSender = () => {
      throw new Error('no socket');
    };
    expect(() => a.change(spec('t1', 'key 3'))).toThrow('no socket');
    expect(carries('t1', a, b)).toBe(true);
    expect(a.counters('t1')).toMatchObject({ tx_packets: 5, rx_packets: 5 });
  });

  it('continue when the device of one is removed, which gets a new one when it changes', () => {
    const { a, b } = pair('gre', 'key 1', 'key 2');
    a.tun('t1').isGone = true;
    settle(a, b);
    expect(a.state('t1')).toMatchObject({ carrier: false, mtu: 0 });
    expect(carries('t2', a, b)).toBe(true);
    const gone = a.tun('t1');
    a.change(spec('t1', 'key 1'));
    expect(a.tun('t1')).not.toBe(gone);
    expect(gone.isClosed).toBe(true);
    expect(a.state('t1').carrier).toBe(true);
    expect(carries('t1', a, b)).toBe(true);
  });

  it('leave nothing open if they cannot be made', () => {
    const { a } = hosts();
    a.configureDevice = () => {
      throw new Error('no such address');
    };
    expect(() => a.add(spec('t1', ''))).toThrow('no such address');
    expect([a.tun('t1').isClosed, a.sender('t1').isClosed]).toEqual([true, true]);
    expect(a.engine.table.size).toBe(0);
  });

  it('close everything at the end; persistent devices stay', () => {
    const { a } = pair('gre', 'key 1', 'key 2 persist');
    a.close();
    for (const name of ['t1', 't2']) {
      expect([a.tun(name).isClosed, a.sender(name).isClosed]).toEqual([true, true]);
    }
    expect([a.tun('t1').persistent, a.tun('t2').persistent]).toEqual([false, true]);
  });

  it('remove a persistent device when they are removed', () => {
    const { a } = pair('gre', 'persist');
    a.engine.remove('t1');
    expect([a.tun('t1').persistent, a.tun('t1').isClosed]).toEqual([false, true]);
  });

  it('are refused in one line beyond the maximum number', () => {
    const { a } = hosts();
    for (let n = 0; n < MAX_TUNNELS; n++) a.add(spec(`t${n}`, `key ${n}`));
    expect(() => a.add(spec('more', 'key 5000'))).toThrow(
      /^tunnel more: there are 1024 tunnels already, no more are made$/,
    );
  });
});

describe.each([
  ['gre', 'key 9'],
  ['gre', 'csum seq'],
  ['ip6gre', 'key 9'],
])('keepalives of %s %s', (mode, options) => {
  const answered = () => pair(mode, [`${options} keepalive 10 3`, options]);

  it('are answered by an end without keepalives, and keep the carrier', () => {
    const { a, b, wire } = answered();
    settle(a, b);
    pass(60, a, b);
    expect(a.state('t1').carrier).toBe(true);
    // One at once and one every 10 s, each with its answer.
    expect(wire.sent).toHaveLength(2 * 7);
    expect(b.tun('t1').take()).toEqual([]);
    expect(b.tun('t1').carrier).toBe(true);
  });

  it('turn the carrier off after three without an answer, and on again', () => {
    const { a, b, wire } = answered();
    settle(a, b);
    wire.breakBy(() => []);
    // Those sent after 10, 20 and 30 s are not answered, which is known after 40 s.
    pass(39, a, b);
    expect(a.tun('t1').carrier).toBe(true);
    pass(1, a, b);
    expect([a.tun('t1').carrier, a.state('t1').carrier]).toEqual([false, false]);
    wire.breakBy(losing());
    pass(10, a, b);
    expect([a.tun('t1').carrier, a.state('t1').carrier]).toEqual([true, true]);
  });

  it('may be lost now and then', () => {
    const { a, b, wire } = answered();
    settle(a, b);
    wire.breakBy(losing(0, 1));
    pass(60, a, b);
    expect(a.state('t1').carrier).toBe(true);
  });
});
