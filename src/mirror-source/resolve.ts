/** Where collectors are: addresses and names, given on the command line. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { interfaceIndex } from '../linux/interface.js';
import { UsageError } from '../model/errors.js';
import { parseAddress } from '../wire/ip/addresses.js';
import type { Address } from './sender.js';

/** IPv4, IPv6, or either. */
export type Family = 0 | 4 | 6;

/** Labels of letters, digits and hyphens (RFC 1123 section 2.1); underscores occur. */
const NAME =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;
/** A last label of digits belongs to a mistyped address (RFC 3696 section 2). */
const NUMERIC_END = /(?:^|\.)\d+\.?$/;

/** Whether the text may be the name of a host. */
export function isName(text: string): boolean {
  return NAME.test(text) && !NUMERIC_END.test(text);
}

/**
 * An address in text form, link-local ones with a zone (`fe80::1%eth0`); undefined if it is none.
 *
 * @throws UsageError for a zone that is no interface
 */
export function addressOf(option: string, text: string): Address | undefined {
  if (isIP(text) === 0) return undefined;
  const [plain, zone] = text.split('%');
  const bytes = bytesOf(plain);
  if (zone === undefined) return { bytes, scope: 0 };
  const scope = interfaceIndex(zone);
  if (scope === 0) throw new UsageError(`mirror: ${option} ${text}: there is no interface ${zone}`);
  return { bytes, scope };
}

/** The bytes of an address that is one. */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  return parseAddress(text, bytes, 0) === 4 ? bytes.subarray(12) : bytes;
}

/** An address of a name. */
export interface Resolved extends Address {
  readonly text: string;
}

/** Asks for the addresses of a name. @throws with the resolver's code (ENOTFOUND, EAI_AGAIN) */
export type Resolve = (name: string, family: Family) => Promise<readonly Resolved[]>;

/** As other programs of this host do: /etc/hosts, DNS, whatever nsswitch.conf names (getaddrinfo(3)). */
export const resolveName: Resolve = async (name, family) => {
  const found = await lookup(name, { all: true, family });
  return found.map(({ address }) => {
    const [plain, zone] = address.split('%');
    return { text: address, bytes: bytesOf(plain), scope: zone === undefined ? 0 : interfaceIndex(zone) };
  });
};
