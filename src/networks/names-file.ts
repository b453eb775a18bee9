/** Names of addresses from a file, one `address name` a line as in /etc/hosts; `#` begins a comment. */
import { parsePrefix } from '../config/units.js';
import { formatIp } from '../wire/ip/addresses.js';
import { mistake, readText } from './file-bytes.js';

export const LARGEST_NAMES = 16 << 20;
/** Of a name in DNS (RFC 1035 section 2.3.4). */
const LONGEST_NAME = 253;

/**
 * The name of each address, as {@link formatIp} writes it; of several names the first.
 *
 * @throws UsageError that names the file, and the line that is wrong
 */
export function readNames(file: string): Map<string, string> {
  return parseNames(readText(file, LARGEST_NAMES).toString('utf8'), file);
}

/** @throws UsageError that names the line */
export function parseNames(text: string, file: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const [i, line] of text.split('\n').entries()) {
    const [address, name] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address === '') continue;
    // A zone (RFC 4007) is of this host only.
    const parsed = address.includes('/') ? undefined : parsePrefix(address.replace(/%.*/, ''));
    if (parsed === undefined || name === undefined || name.length > LONGEST_NAME || /\p{Cc}/u.test(name))
      throw mistake(file, i + 1, 'not an address and a name: write 10.0.0.1 core-switch');
    const written = formatIp(parsed.address, 0);
    if (!names.has(written)) names.set(written, name);
  }
  return names;
}
