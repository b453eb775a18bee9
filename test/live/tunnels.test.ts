/** Tunnels between two mirrorlakes, in namespaces: everything that `ip tunnel add` is used for. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { QUEUE_LENGTH } from '../../src/tunnels/engine/endpoint.js';
import { describeWith, ip } from '../support/needs.js';
import {
  A,
  answering,
  B,
  inside,
  makeWorld,
  passed,
  pings,
  ROUTER,
  removeWorld,
  TunnelHost,
  transfer,
  until,
} from '../support/tunnel-world.js';

/** More than a thousand packets. */
const BYTES = 2_000_000;
/** For a ping without an answer: within a machine an answer takes milliseconds. */
const NO_ANSWER = ['-W', '0.5'];

describeWith(['root', '/dev/net/tun', 'ip', 'ping', 'tcpdump'], 'tunnels between two mirrorlakes', () => {
  let hosts: TunnelHost[] = [];
  const start = async (ns: string, ...specs: string[]): Promise<TunnelHost> => {
    const host = await TunnelHost.start(ns, ...specs);
    hosts.push(host);
    return host;
  };
  const mtuOf = (ns: string, name: string) => Number(/mtu (\d+)/.exec(ip(`-n ${ns} link show ${name}`))![1]);

  /** Sets the MTU of the wire between A and the router. */
  const narrow = (mtu: number) => {
    ip(`-n ${A.ns} link set wan mtu ${mtu}`);
    ip(`-n ${ROUTER} link set to1 mtu ${mtu}`);
  };

  beforeAll(makeWorld);
  afterAll(removeWorld);
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    hosts = [];
  });

  describe.each(['gre', 'gretap', 'ip6gre', 'ip6gretap'])('%s', (mode) => {
    const family = mode.startsWith('ip6') ? 6 : 4;

    it.each(['', 'key 42', 'csum', 'seq', 'key 42 csum seq'])(
      'carries ping and TCP in both directions with "%s"',
      async (options) => {
        const spec = (local: string, remote: string, n: number) =>
          `t1 mode ${mode} local ${local} remote ${remote} ${options} address ` +
          `10.10.10.${n}/24 address fd00:10::${n}/64`;
        const [a, b] = await Promise.all([
          start(A.ns, spec(A[family], B[family], 1)),
          start(B.ns, spec(B[family], A[family], 2)),
        ]);
        // The other end may not be there yet for the first packets.
        await answering(A.ns, '10.10.10.2');
        expect(pings(A.ns, '10.10.10.2')).toBe(true);
        expect(pings(B.ns, '10.10.10.1')).toBe(true);
        expect(pings(A.ns, 'fd00:10::2')).toBe(true);
        expect(pings(B.ns, 'fd00:10::1')).toBe(true);
        const ways = [transfer(A.ns, B.ns, '10.10.10.2', BYTES), transfer(B.ns, A.ns, 'fd00:10::1', BYTES)];
        for (const [sent, received] of await Promise.all(ways)) expect(received).toBe(sent);
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const) {
          const { counters } = await to.tunnel('t1');
          expect(counters).toMatchObject({
            rx_errors: 0,
            rx_dropped: 0,
            tx_aborted_errors: 0,
            collisions: 0,
          });
          expect(counters.rx_bytes).toBeGreaterThan(BYTES);
          // The sender may send more in between, and counts what it sent after the other end may have it.
          const sent = () => from.tunnel('t1').then((t) => t.counters.tx_packets);
          await expect.poll(sent).toBeGreaterThanOrEqual(counters.rx_packets);
          // Packets that were sent before the other end was there.
          expect((await sent()) - counters.rx_packets).toBeLessThan(20);
        }
      },
    );
  });

  it('distinguishes several tunnels between two hosts by key', async () => {
    const specs = (here: string, there: string, n: number) =>
      [1, 2, 3].map(
        (key) => `t${key} mode gre local ${here} remote ${there} key ${key} address 10.10.${key}.${n}/24`,
      );
    await start(A.ns, ...specs(A[4], B[4], 1));
    const b = await start(B.ns, ...specs(B[4], A[4], 2));
    for (const key of [1, 2, 3]) await until(() => pings(A.ns, `10.10.${key}.2`, key));
    const received = (await b.snapshot()).map((t) => t.counters.rx_packets);
    for (const [i, n] of received.entries()) expect(n).toBeGreaterThanOrEqual(i + 1);
  });

  it.each(['gre', 'gretap', 'ip6gre', 'ip6gretap'])(
    'answers every caller with a wildcard remote: %s',
    async (mode) => {
      const family = mode.startsWith('ip6') ? 6 : 4;
      await start(A.ns, `t1 mode ${mode} local ${A[family]} remote ${B[family]} key 5 address 10.10.10.1/24`);
      const b = await start(B.ns, `t1 mode ${mode} remote any key 5 address 10.10.10.2/24`);
      await answering(A.ns, '10.10.10.2');
      const [sent, received] = await transfer(A.ns, B.ns, '10.10.10.2', 1_000_000);
      expect(received).toBe(sent);
      expect(pings(B.ns, '10.10.10.77', 1, ...NO_ANSWER)).toBe(false);
      const { counters } = await b.tunnel('t1');
      expect(counters.rx_errors).toBe(0);
      // This address is unknown.
      expect(counters.tx_carrier_errors).toBeGreaterThan(0);
    },
  );

  it.each([
    ['gre', 4, 1300, 24],
    ['ip6gre', 6, 1400, 52],
  ] as const)(
    'finds the MTU of the path, and lowers the device to it: %s',
    async (mode, family, narrow, headers) => {
      ip(`-n ${ROUTER} link set to2 mtu ${narrow}`);
      ip(`-n ${B.ns} link set wan mtu ${narrow}`);
      try {
        await start(A.ns, `t1 mode ${mode} local ${A[family]} remote ${B[family]} address 10.10.10.1/24`);
        // B's device has a higher MTU than its path, so that its TCP does not tell A's about the path
        // beforehand.
        const far = `t1 mode ${mode} local ${B[family]} remote ${A[family]} mtu ${1500 - headers}`;
        await start(B.ns, `${far} address 10.10.10.2/24`);
        expect(mtuOf(A.ns, 't1')).toBe(1500 - headers);
        await answering(A.ns, '10.10.10.2');
        const [sent, received] = await transfer(A.ns, B.ns, '10.10.10.2', BYTES);
        expect(received).toBe(sent);
        expect(mtuOf(A.ns, 't1')).toBe(narrow - headers);
      } finally {
        ip(`-n ${ROUTER} link set to2 mtu 1500`);
        ip(`-n ${B.ns} link set wan mtu 1500`);
        inside(A.ns, 'ip', 'route', 'flush', 'cache');
      }
    },
  );

  it.each([
    ['gre', '10.10.10.2', 'mtu = 1276'],
    ['gre', 'fd00:10::2', 'mtu=1276'],
    ['gretap', '10.10.10.2', 'mtu = 1262'],
  ])(
    'tells senders of packets too big for the path if the device accepts them: %s, %s',
    async (mode, address, told) => {
      narrow(1300);
      try {
        const tail = 'mtu 1600 address';
        const a = await start(
          A.ns,
          `t1 mode ${mode} local ${A[4]} remote ${B[4]} ${tail} 10.10.10.1/24 address fd00:10::1/64`,
        );
        await start(
          B.ns,
          `t1 mode ${mode} local ${B[4]} remote ${A[4]} ${tail} 10.10.10.2/24 address fd00:10::2/64`,
        );
        await answering(A.ns, address);
        const before = (await a.tunnel('t1')).counters.tx_errors;
        let output = '';
        try {
          inside(A.ns, 'ping', '-c', '1', '-W', '1', '-M', 'do', '-s', '1400', address);
        } catch (e) {
          output = String((e as { stdout: string }).stdout);
        }
        if (address.startsWith('fd')) {
          // Below the minimum MTU of IPv6 nothing is reported; the outer packet cannot be sent.
          expect(output).toContain('100% packet loss');
        } else expect(output).toContain(told);
        expect((await a.tunnel('t1')).counters.tx_errors).toBeGreaterThan(before);
      } finally {
        narrow(1500);
      }
    },
  );

  it.each([
    ['gre', 'nopmtudisc ignore-df'],
    ['ip6gre', ''],
  ])('sends outer fragments where allowed: %s %s', async (mode, options) => {
    const family = mode === 'gre' ? 4 : 6;
    narrow(1300);
    try {
      const spec = (l: string, r: string, n: number) =>
        `t1 mode ${mode} local ${l} remote ${r} ${options} csum mtu 2000 address 10.10.10.${n}/24`;
      await start(A.ns, spec(A[family], B[family], 1));
      const b = await start(B.ns, spec(B[family], A[family], 2));
      await answering(A.ns, '10.10.10.2');
      if (mode === 'gre') {
        expect(pings(A.ns, '10.10.10.2', 2, '-s', '1900')).toBe(true);
        expect((await b.tunnel('t1')).counters.rx_bytes).toBeGreaterThan(2 * 1928);
      } else expect(pings(A.ns, '10.10.10.2', 2, '-s', '1200')).toBe(true);
    } finally {
      narrow(1500);
    }
  });

  it.each(['gre', 'ip6gre'])('reaches every member of a group: %s', async (mode) => {
    const [group, family] = mode === 'gre' ? (['239.1.2.3', 4] as const) : (['ff15::123', 6] as const);
    const link = (ns: string) => (ns === ROUTER ? 'to1' : 'wan');
    const spec = (ns: string, local: string, n: number) =>
      `t1 mode ${mode} local ${local} remote ${group} dev ${link(ns)} ttl 4 key 1 address 10.10.10.${n}/24`;
    await start(A.ns, spec(A.ns, A[family], 1));
    const r = await start(ROUTER, spec(ROUTER, family === 4 ? '198.18.1.1' : 'fd00:1::1', 2));
    await answering(A.ns, '10.10.10.2');
    expect(pings(ROUTER, '10.10.10.1')).toBe(true);
    if (family === 4) expect((await r.tunnel('t1')).counters.multicast).toBeGreaterThan(0);
  });

  it('continues when a device is removed', async () => {
    const a = await start(
      A.ns,
      `t1 mode gre local ${A[4]} remote ${B[4]} key 1 address 10.10.1.1/24`,
      `t2 mode gre local ${A[4]} remote ${B[4]} key 2 address 10.10.2.1/24`,
    );
    await start(B.ns, `t2 mode gre local ${B[4]} remote ${A[4]} key 2 address 10.10.2.2/24`);
    await answering(A.ns, '10.10.2.2');
    ip(`-n ${A.ns} link del t1`);
    await until(async () => !(await a.tunnel('t1')).carrier);
    expect(pings(A.ns, '10.10.2.2')).toBe(true);
    await a.reload(
      `t1 mode gre local ${A[4]} remote ${B[4]} key 1 csum address 10.10.1.1/24`,
      `t2 mode gre local ${A[4]} remote ${B[4]} key 2 address 10.10.2.1/24`,
    );
    expect(ip(`-n ${A.ns} link show t1`)).toContain('t1');
    expect((await a.tunnel('t1')).carrier).toBe(true);
  });

  it('has a queue at which the kernel drops and counts while nobody takes packets from it', async () => {
    const a = await start(A.ns, `t1 mode gre local ${A[4]} remote ${B[4]} address 10.10.10.1/24`);
    a.pause();
    try {
      const send = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(4000): s.sendto(b'x', ('10.10.10.2', 9))`;
      inside(A.ns, 'python3', '-c', send);
      const [link] = JSON.parse(ip(`-n ${A.ns} -j -s link show t1`)) as [
        { txqlen: number; stats64: { tx: { dropped: number } } },
      ];
      expect(link.txqlen).toBe(QUEUE_LENGTH);
      expect(link.stats64.tx.dropped).toBeGreaterThan(0);
      // The kernel's own IPv6 packets are among them.
      expect(4000 - link.stats64.tx.dropped).toBeGreaterThan(0.9 * QUEUE_LENGTH);
    } finally {
      a.resume();
    }
    await until(async () => (await a.tunnel('t1')).counters.tx_packets > 0.9 * QUEUE_LENGTH);
  });

  it('counts packets of a tunnel that is routed into itself, and continues', async () => {
    const a = await start(A.ns, `t1 mode gre local ${A[4]} remote ${B[4]} address 10.10.10.1/24`);
    await start(B.ns, `t1 mode gre local ${B[4]} remote ${A[4]} address 10.10.10.2/24`);
    await answering(A.ns, '10.10.10.2');
    ip(`-n ${A.ns} route add ${B[4]}/32 dev t1`);
    expect(pings(A.ns, '10.10.10.2', 1, ...NO_ANSWER)).toBe(false);
    expect((await a.tunnel('t1')).counters.collisions).toBeGreaterThan(0);
    ip(`-n ${A.ns} route del ${B[4]}/32 dev t1`);
    await answering(A.ns, '10.10.10.2');
  });

  it('counts packets without a route, and retries', async () => {
    const a = await start(A.ns, `t1 mode gre local ${A[4]} remote 203.0.113.9 address 10.10.10.1/24`);
    ip(`-n ${A.ns} route add unreachable 203.0.113.9/32`);
    await until(async () => {
      pings(A.ns, '10.10.10.2', 1, ...NO_ANSWER);
      return !(await a.tunnel('t1')).route;
    });
    expect((await a.tunnel('t1')).counters.tx_carrier_errors).toBeGreaterThan(0);
    ip(`-n ${A.ns} route del unreachable 203.0.113.9/32`);
    await until(async () => {
      pings(A.ns, '10.10.10.2', 1, ...NO_ANSWER);
      return (await a.tunnel('t1')).route;
    });
  });

  it.each(['gre', 'ip6gre'])('hears from the path that the other end is not there: %s', async (mode) => {
    const [local, remote] = mode === 'gre' ? [A[4], '198.18.2.77'] : [A[6], 'fd00:2::77'];
    const a = await start(
      A.ns,
      `t1 mode ${mode} local ${local} remote ${remote} ttl 64 address 10.10.10.1/24`,
    );
    await until(async () => {
      pings(A.ns, '10.10.10.2', 1, ...NO_ANSWER);
      return (await a.tunnel('t1')).counters.icmp_errors > 0;
    });
    let output = '';
    try {
      inside(A.ns, 'ping', '-c', '3', '-i', '0.2', '-W', '1', '10.10.10.2');
    } catch (e) {
      output = String((e as { stdout: string }).stdout);
    }
    expect(output).toContain('Host Unreachable');
  });

  it('keeps the carrier by keepalives, and turns it off without answers: gre and ip6gre', async () => {
    const modes = [
      ['t1', 'gre', 4],
      ['t2', 'ip6gre', 6],
    ] as const;
    const near = modes.map(
      ([name, mode, family], i) =>
        `${name} mode ${mode} local ${A[family]} remote ${B[family]} key 9 keepalive 1 2 ` +
        `address 10.10.1${i}.1/24`,
    );
    const far = modes.map(
      ([name, mode, family], i) =>
        `${name} mode ${mode} local ${B[family]} remote ${A[family]} key 9 address 10.10.1${i}.2/24`,
    );
    const carriers = async () => (await a.snapshot()).map((t) => t.carrier);
    const bothAnswer = () => answering(A.ns, '10.10.10.2', '10.10.11.2');
    const a = await start(A.ns, ...near);
    const b = await start(B.ns, ...far);
    await bothAnswer();
    // More keepalives than may be unanswered.
    await Promise.all([
      passed(A.ns, 'wan', 4, `src host ${A[4]} and proto 47`),
      passed(A.ns, 'wan', 4, `src host ${A[6]} and (ip6 proto 47 or ip6 proto 60)`),
    ]);
    expect(await carriers()).toEqual([true, true]);
    await b.stop();
    await until(async () => !(await carriers()).includes(true));
    for (const [name] of modes) expect(ip(`-n ${A.ns} link show ${name}`)).toContain('NO-CARRIER');
    await start(B.ns, ...far);
    await until(async () => !(await carriers()).includes(false));
    await bothAnswer();
  });

  it('adds, changes and removes tunnels while others continue', async () => {
    const spec = (name: string, n: number, more = '') =>
      `${name} mode gre local ${A[4]} remote ${B[4]} key ${n} ${more} address 10.10.${n}.1/24`;
    const a = await start(A.ns, spec('t1', 1), spec('t2', 2));
    await start(
      B.ns,
      ...[1, 2, 3].map((n) => `t${n} mode gre local ${B[4]} remote ${A[4]} key ${n} address 10.10.${n}.2/24`),
      `t4 mode gre local ${B[4]} remote ${A[4]} key 4 csum address 10.10.4.2/24`,
    );
    await answering(A.ns, '10.10.1.2', '10.10.2.2');
    const index = (name: string) => Number.parseInt(ip(`-n ${A.ns} -o link show ${name}`), 10);
    const [one, two] = [index('t1'), index('t2')];
    const before = await a.tunnel('t1');

    await a.reload(spec('t1', 1), spec('t2', 4, 'csum'), spec('t3', 3));
    expect(index('t1')).toBe(one);
    expect(index('t2')).toBe(two);
    await answering(A.ns, '10.10.3.2', '10.10.4.2');
    expect(pings(A.ns, '10.10.1.2')).toBe(true);
    expect((await a.tunnel('t1')).counters.tx_packets).toBeGreaterThan(before.counters.tx_packets);

    await a.reload(spec('t1', 1));
    expect(() => ip(`-n ${A.ns} link show t3`)).toThrow();
    expect(pings(A.ns, '10.10.1.2')).toBe(true);
    await expect(a.reload(spec('t1', 1), spec('x', 1))).rejects.toThrow('the same local, remote and key');
    expect(pings(A.ns, '10.10.1.2')).toBe(true);
  });

  it('removes its devices at the end, except persistent ones', async () => {
    const a = await start(
      A.ns,
      `t1 mode gre local ${A[4]} remote ${B[4]} key 1`,
      `t2 mode gretap local ${A[4]} remote ${B[4]} key 2 persist`,
    );
    await a.stop();
    expect(() => ip(`-n ${A.ns} link show t1`)).toThrow();
    expect(ip(`-n ${A.ns} link show t2`)).toContain('t2');
    const again = await start(A.ns, `t2 mode gretap local ${A[4]} remote ${B[4]} key 2 persist`);
    expect(ip(`-n ${A.ns} -br link show t2`)).toContain('UP');
    await again.reload();
    expect(() => ip(`-n ${A.ns} link show t2`)).toThrow();
  });

  it('names the wrong word or device', async () => {
    await expect(start(A.ns, `t1 mode gre remote ${B[4]} dev nowhere`)).rejects.toThrow(
      'there is no interface nowhere',
    );
    await expect(start(A.ns, `wan mode gre remote ${B[4]}`)).rejects.toThrow(
      'cannot make the TUN device wan',
    );
    await expect(start(A.ns, `t1 mode gre remote ${B[4]} address 10.0.0.300/24`)).rejects.toThrow(
      '10.0.0.300/24',
    );
  });

  it.each([
    ['erspan', 'erspan_ver 0', ''],
    ['erspan', 'erspan_ver 1 erspan 123 key 30 seq', ''],
    ['erspan', 'erspan_ver 2 erspan_dir egress erspan_hwid 17 key 31 seq', ''],
    ['ip6erspan', 'erspan_ver 1 erspan 123 key 30 seq', ''],
    ['ip6erspan', 'erspan_ver 2 erspan_dir ingress erspan_hwid 3 key 31 seq', ''],
  ])('carries frames in %s %s', async (mode, options) => {
    const family = mode === 'erspan' ? 4 : 6;
    await start(
      A.ns,
      `t1 mode ${mode} local ${A[family]} remote ${B[family]} ${options} address 10.10.10.1/24`,
    );
    const b = await start(
      B.ns,
      `t1 mode ${mode} local ${B[family]} remote ${A[family]} ${options} address 10.10.10.2/24`,
    );
    await answering(A.ns, '10.10.10.2');
    const [sent, received] = await transfer(A.ns, B.ns, '10.10.10.2', 1_000_000);
    expect(received).toBe(sent);
    expect((await b.tunnel('t1')).counters).toMatchObject({ rx_errors: 0 });
  });
});
