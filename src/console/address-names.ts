/** Names of addresses from a file, one `address name` a line as in /etc/hosts; `#` begins a comment. */
import { readFileSync, statSync } from 'node:fs';
import { parsePrefix } from '../config/units.js';
import { UsageError } from '../model/errors.js';
import { formatIp } from '../wire/ip/addresses.js';

export const LONGEST_FILE = 16 << 20;
const LONGEST_NAME = 253;

export class AddressNames {
  private names: ReadonlyMap<string, string> = new Map();
  private read = '';

  /**
   * @param file undefined: there is none
   * @throws UsageError for a file that is none, or is wrong in a line
   */
  constructor(private readonly file: string | undefined) {
    this.refresh();
  }

  /** The name of an address as people write it, `10.0.0.1`, `2001:db8::1`; undefined: it has none. */
  find(address: string): string | undefined {
    return this.names.get(address);
  }

  /** Reads the file again if it has changed. Call it before some addresses are looked up. */
  refresh(): void {
    if (this.file === undefined) return;
    try {
      const { mtimeMs, size, ino } = statSync(this.file);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version === this.read) return;
      if (size > LONGEST_FILE)
        throw new UsageError(`console.address_names: ${this.file} has more than 16 MiB`);
      this.names = parseNames(readFileSync(this.file, 'utf8'), this.file);
      this.read = version;
    } catch (error) {
      // A file that is being written is whole in a moment; the names are those of before.
      if (this.read !== '') return;
      if (error instanceof UsageError) throw error;
      throw new UsageError(`console.address_names: ${this.file} cannot be read: ${(error as Error).message}`);
    }
  }
}

/** @throws UsageError that names the line */
export function parseNames(text: string, file: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const [i, line] of text.split('\n').entries()) {
    const [address, name] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address === '') continue;
    // A zone (RFC 4007) is of this host only.
    const parsed = address.includes('/') ? undefined : parsePrefix(address.replace(/%.*/, ''));
    if (parsed === undefined || name === undefined || name.length > LONGEST_NAME)
      throw new UsageError(`${file}:${i + 1}: not an address and a name: write 10.0.0.1 core-switch`);
    const written = formatIp(parsed.address, 0);
    if (!names.has(written)) names.set(written, name);
  }
  return names;
}
