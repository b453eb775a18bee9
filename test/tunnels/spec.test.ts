import { describe, expect, it } from 'vitest';
import { TunnelConfigError } from '../../src/tunnels/spec/config.js';
import { parseTunnelSpec } from '../../src/tunnels/spec/spec.js';

describe('a tunnel specification as for ip tunnel add', () => {
  it('is read as in the walkthrough', () => {
    const t = parseTunnelSpec('ip tunnel add Tunnel-1 mode gre remote 192.168.0.107 local 192.168.0.106');
    expect(t).toMatchObject({
      name: 'Tunnel-1',
      mode: 'gre',
      local: new Uint8Array([192, 168, 0, 106]),
      remote: new Uint8Array([192, 168, 0, 107]),
      ikey: null,
      ttl: 0,
      pmtudisc: true,
    });
  });

  it('is read with every word', () => {
    const t = parseTunnelSpec(
      't mode gre remote 10.9.0.2 local 10.9.0.1 ikey 42 okey 1.2.3.4 icsum oseq ttl 64 tos ' +
        'inherit/10 dev eth1 ' +
        'fwmark 7 keepalive 10 3 mtu 1400 address 10.0.0.1/24 address fd00::1/64 observe persist',
    );
    expect(t).toMatchObject({
      ikey: 42,
      okey: 0x01020304,
      icsum: true,
      ocsum: false,
      iseq: false,
      oseq: true,
      ttl: 64,
      tos: 0x10,
      tosInherit: true,
      dev: 'eth1',
      fwmark: 7,
      keepalive: { seconds: 10, retries: 3 },
      mtu: 1400,
      addresses: ['10.0.0.1/24', 'fd00::1/64'],
      observe: true,
      persist: true,
    });
  });

  it('is read as for ip link add with IPv6 and ERSPAN', () => {
    const t = parseTunnelSpec(
      'ip link add name e6 type ip6erspan local fd00:0:0:1::1 remote ::ffff:10.0.0.9 key 77 ' +
        'seq erspan_ver 2 ' +
        'erspan_dir egress erspan_hwid 17 hoplimit inherit tclass b8 flowlabel 12345 ' +
        'encaplimit none dscp inherit',
    );
    expect(t).toMatchObject({
      mode: 'ip6erspan',
      local: new Uint8Array([0xfd, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]),
      remote: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 9]),
      ikey: 77,
      okey: 77,
      erspanVersion: 2,
      erspanDirection: 1,
      erspanHardware: 17,
      tos: 0xb8,
      flowLabel: 0x12345,
      encapLimit: null,
      dscpInherit: true,
      ttl: 0,
    });
    expect(parseTunnelSpec('g6 mode ip6gre')).toMatchObject({ ttl: 64, encapLimit: 4 });
    expect(parseTunnelSpec('e mode erspan remote 10.0.0.1 key 5 seq erspan 123')).toMatchObject({
      erspanVersion: 1,
      erspanIndex: 123,
    });
  });

  it('gets its group as key if it is multicast, as in iproute2', () => {
    const t = parseTunnelSpec('m mode gre remote 239.1.2.3 local 10.0.0.1');
    expect([t.ikey, t.okey]).toEqual([0xef010203, 0xef010203]);
  });

  it.each([
    ['', 'name', "begins with its device's name"],
    ['t remote 10.0.0.1', 'mode', 'it has no mode'],
    ['t mode ipip remote 10.0.0.1', 'mode', '"mode ipip" is not one of'],
    ['t mode gre remote', 'remote', '"remote" is the last word'],
    ['t mode gre remote 10.0.0', 'remote', '"remote 10.0.0": remote takes an IPv4 address'],
    ['t mode gre remote fd00::1', 'remote', 'IPv4 address or "any" with mode gre'],
    ['t mode ip6gre remote 10.0.0.1', 'remote', 'IPv6 address or "any" with mode ip6gre'],
    ['t mode gre remote 10.0.0.1 key x', 'key', '"key x": key takes a number from 0 to 4294967295'],
    ['t mode gre remote 10.0.0.1 ttl 256', 'ttl', '"ttl 256": ttl takes a number from 0 to 255'],
    ['t mode gre remote 10.0.0.1 tos zz', 'tos', '"tos zz": tos takes a hexadecimal number up to ff'],
    ['t mode gre remote 10.0.0.1 frobnicate', 'frobnicate', '"frobnicate" is not a word of ip tunnel add'],
    ['t mode gre remote 10.0.0.1 external', 'external', "not something mirrorlake's tunnels do"],
    ['t mode gre remote 10.0.0.1 ttl 5 nopmtudisc', 'nopmtudisc', 'exclude each other'],
    ['t mode gre remote 239.0.0.1', 'remote', 'needs a local address'],
    ['a-name-that-is-too-long mode gre', 'name', '1 to 15 bytes'],
    ['e mode erspan remote 10.0.0.1 seq', 'key', 'ERSPAN needs a key'],
    ['e mode erspan remote 10.0.0.1 key 1024 seq', 'key', 'not an ERSPAN session id'],
    ['e mode erspan remote 10.0.0.1 key 1', 'seq', 'needs seq'],
    ['e mode erspan remote 10.0.0.1 key 1 erspan_ver 0', 'key', 'type I has no session id'],
    ['e mode erspan remote 10.0.0.1 key 1 seq csum', 'csum', 'no checksum'],
    ['e mode erspan remote 10.0.0.1 key 1 seq erspan_dir up', 'erspan_dir', 'takes ingress or egress'],
    ['e mode ip6erspan remote fd00::1 erspan_ver 0', 'erspan_ver', 'does not exist over IPv6'],
  ])('is refused for "%s", with the word named', (spec, word, message) => {
    let error: unknown;
    try {
      parseTunnelSpec(spec);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(TunnelConfigError);
    expect(error).toMatchObject({ word, message: expect.stringContaining(message) });
  });
});
