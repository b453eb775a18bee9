/** Networks of one's own, for tests. */
import type { Network } from '../../src/model/network.js';
import { parseAddress } from '../../src/wire/ip/addresses.js';

/** A network of text: `10.0.0.0/8`, `2001:db8::/32`; without words and keys unless given. */
export function testNetwork(prefix: string, words: Partial<Omit<Network, 'address' | 'bits'>> = {}): Network {
  const [text, length] = prefix.split('/');
  const address = new Uint8Array(16);
  const version = parseAddress(text!, address, 0);
  const bits = Number(length) + (version === 4 ? 96 : 0);
  return {
    address,
    bits,
    name: '',
    site: '',
    role: '',
    tenant: '',
    vlan: undefined,
    vni: undefined,
    ...words,
  };
}
