/** Names of addresses from a file, which is read again when it has changed. */
import { statSync } from 'node:fs';
import { UsageError } from '../model/errors.js';
import { readNames } from '../networks/names-file.js';

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
      this.names = readNames(this.file);
      this.read = version;
    } catch (error) {
      // A file that is being written is whole in a moment; the names are those of before.
      if (this.read !== '') return;
      if (error instanceof UsageError) throw new UsageError(`console.address_names: ${error.message}`);
      throw new UsageError(`console.address_names: ${this.file} cannot be read: ${(error as Error).message}`);
    }
  }
}
