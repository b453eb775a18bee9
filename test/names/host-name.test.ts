import { describe, expect, it } from 'vitest';
import { hostName, isOfHost } from '../../src/names/host-name.js';
import { parseAddress } from '../../src/wire/ip/addresses.js';

describe('a name', () => {
  it.each([
    ['PC-7.Example.COM.', 'pc-7.example.com'],
    ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
    ['Müller-PC', 'müller-pc'],
    ['a_b', 'a_b'],
    ['12345', '12345'],
    ['3com', '3com'],
    ['host.7', ''],
    ['10.0.0.1', ''],
    ['fe80::1', ''],
    ['www.example.com:80', ''],
    ['*.example.com', ''],
    ['\\\\server', ''],
    ['a/b', ''],
    ['_http._tcp.local', ''],
    ['anna._ssh._tcp.local', ''],
    ['localhost', ''],
    ['localhost.localdomain', ''],
    ['localhosts', 'localhosts'],
    ['two words', ''],
    ['esc\x1b[31m', ''],
    ['a\u202egpj.exe', ''],
    ['a\u00a0b', ''],
    ['a..b', ''],
    ['.a', ''],
    ['.', ''],
    ['', ''],
    ['a'.repeat(253), 'a'.repeat(253)],
    [`${'a'.repeat(253)}.`, `${'a'.repeat(253)}`],
    ['a'.repeat(254), ''],
  ])('%j is kept as %j', (said, kept) => {
    expect(hostName(said)).toBe(kept);
  });

  it('is no longer than it may be in lower case', () => {
    // U+0130 becomes two characters.
    expect(hostName('\u0130'.repeat(253))).toBe('');
  });
});

describe('an address', () => {
  it.each([
    ['10.0.0.1', true],
    ['255.255.255.255', false],
    ['0.0.0.0', false],
    ['127.0.0.2', false],
    ['224.0.0.251', false],
    ['223.255.255.254', true],
    ['2001:db8::1', true],
    ['fe80::1', true],
    ['ff02::fb', false],
    ['::', false],
    ['::1', false],
    ['::2', true],
    ['::1:1', true],
  ])('%s may be one of a host: %s', (text, expected) => {
    const address = new Uint8Array(16);
    expect(parseAddress(text, address, 0)).not.toBe(0);
    expect(isOfHost(address, 0)).toBe(expected);
  });
});
