import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { transportName } from '../../src/wire/transport/transport.js';
import { MALFORMED_NAMES, Malformed } from '../../src/wire/walk/malformed.js';

test('every reason has a unique name, and no reason has none', () => {
  const words = Object.values(Malformed).map((code) => MALFORMED_NAMES[code]);
  expect(words[0]).toBe('');
  expect(new Set(words).size).toBe(words.length);
  for (const word of words.slice(1)) expect(word).toMatch(/^[a-z0-9_]+$/);
  expect(MALFORMED_NAMES[Malformed.Ipv4HeaderLength]).toBe('ipv4_header_length');
  expect(MALFORMED_NAMES[Malformed.GreChecksum]).toBe('gre_checksum');
  expect(MALFORMED_NAMES[Malformed.Ieee80211Protected]).toBe('ieee80211_protected');
});

test.each([
  ['tcp', 4, 6, 0x0800, 0],
  ['udp', 6, 17, 0x86dd, 0],
  ['icmp', 4, 1, 0x0800, 0],
  ['icmp6', 6, 58, 0x86dd, 0],
  ['hopopt', 6, 0, 0x86dd, 0],
  ['ipip', 4, 4, 0x0800, 0],
  ['ip-proto-253', 4, 253, 0x0800, 0],
  ['arp', 0, 0, 0x0806, 0],
  ['lldp', 0, 0, 0x88cc, 0],
  ['lacp', 0, 0, 0x8809, 0],
  ['loop', 0, 0, 0x9000, 0],
  ['ieee80211', 0, 0, 0x8200, 0],
  ['0x88b5', 0, 0, 0x88b5, 0],
  ['stp', 0, 0, 0, 0x4242],
  ['cdp', 0, 0, 0, 0x2000],
  ['vtp', 0, 0, 0, 0x2003],
  ['llc-0x0203', 0, 0, 0, 0x0203],
  ['lcp', 0, 0, 0x880b, 0xc021],
  ['ipcp', 0, 0, 0x8864, 0x8021],
  ['ppp-0x8049', 0, 0, 0x880b, 0x8049],
  ['pppoed', 0, 0, 0x8863, 0],
])('the transport is named %s', (word, ipVersion, protocol, etherType, subType) => {
  expect(transportName(ipVersion, protocol, etherType, subType)).toBe(word);
});

test('the page on transports has exactly the names that there are', () => {
  const page = readFileSync(new URL('../../docs/reference/transport.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const written = rows.flatMap((row) => row.split('|')[1].match(/(?<=`)[^`, ]+(?=`)/g) ?? []);
  const all = new Set<string>();
  for (let n = 0; n < 0x10000; n++) {
    for (const etherType of [0, 0x880b]) all.add(transportName(0, 0, etherType, n));
    if (n < 0x100) all.add(transportName(4, n, 0x0800, 0));
    if (n !== 0) all.add(transportName(0, 0, n, 0));
  }
  expect(written.filter((word) => !all.has(word))).toEqual([]);
  const named = [...all].filter((word) => !/^(?:ip-proto-\d+|(?:ppp-|llc-)?0x[0-9a-f]{4})$/.test(word));
  expect(named.filter((word) => !written.includes(word))).toEqual([]);
});
