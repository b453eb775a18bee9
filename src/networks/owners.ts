/** Whom addresses of the Internet belong to: AS number, AS organisation, country, from files the user has. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { UsageError } from '../model/errors.js';
import { checkMmdb } from './mmdb-check.js';
import { MmdbFile } from './mmdb-file.js';
import { type Owner, readOwner } from './owner-fields.js';

export type { Owner } from './owner-fields.js';

/** Each file is in memory, once for all threads, and twice while a newer one is read. */
export const LARGEST_DATABASE = 2 ** 30;
/** Values that a file's view remembers decoded. A power of two. */
export const REMEMBERED_VALUES = 4_096;
const SLOT_SHIFT = 32 - Math.log2(REMEMBERED_VALUES);

/**
 * Looks addresses up in several files. A file gives what it has: the first that knows a field wins. The
 * organisation is the AS's, so no file adds it to another AS number than its own.
 *
 * What a look-up costs: 24 to 40 steps in the tree of each file, which allocate nothing. The value found is
 * remembered by its place in the file (4,096 per file, one for each hash; about 1 MiB with names of usual
 * length), as many addresses have one value. If it is not remembered, the library decodes it whole: an
 * object per map and a string per text of it, names in eight languages with GeoLite2-City. It keeps nothing
 * itself, but takes a cache of what pointers point to; it is given one of 512 places.
 * Measured over 500,000 prefixes, in CPU time of a busy machine: 0.3 µs per file if remembered; if not, 1.5
 * µs with AS numbers and 2.2 µs with cities, where the library's own search by text takes 3.4 and 5.4 µs.
 */
export class Owners {
  private readonly files: readonly RememberedFile[];
  private readonly found: Owner = { asn: 0, asOrg: '', country: '' };

  /**
   * @param files of readOwners(), the preferred first
   * @throws UsageError for memory that has no metadata of a MaxMind DB file
   */
  constructor(files: readonly SharedArrayBuffer[]) {
    this.files = files.map((memory, i) => new RememberedFile(new MmdbFile(memory, `owners[${i}]`)));
  }

  /** Values that could not be read: 0, unless the memory was changed after readOwners() checked it. */
  get damaged(): number {
    return this.files.reduce((sum, file) => sum + file.damaged, 0);
  }

  /**
   * Fills `to`: with 0 and '' where no file knows. Never throws.
   *
   * @param address 16 bytes, IPv4 as ::ffff:a.b.c.d
   */
  find(address: Uint8Array, to: Owner): void {
    const found = this.found;
    to.asn = 0;
    to.asOrg = '';
    to.country = '';
    for (const file of this.files) {
      if (!file.find(address, found)) continue;
      if (to.asOrg === '' && (to.asn === 0 || found.asn === 0 || to.asn === found.asn))
        to.asOrg = found.asOrg;
      if (to.asn === 0) to.asn = found.asn;
      if (to.country === '') to.country = found.country;
    }
  }
}

class RememberedFile {
  damaged = 0;
  private readonly places = new Float64Array(REMEMBERED_VALUES);
  private readonly asns = new Uint32Array(REMEMBERED_VALUES);
  private readonly asOrgs: string[] = new Array(REMEMBERED_VALUES).fill('');
  private readonly countries: string[] = new Array(REMEMBERED_VALUES).fill('');

  constructor(private readonly mmdb: MmdbFile) {}

  /** @returns false if the file has nothing of the address; `to` is untouched then */
  find(address: Uint8Array, to: Owner): boolean {
    const place = this.mmdb.find(address);
    if (place === 0) return false;
    const slot = Math.imul(place, 0x9e37_79b1) >>> SLOT_SHIFT;
    if (this.places[slot] !== place) this.remember(place, slot, to);
    to.asn = this.asns[slot];
    to.asOrg = this.asOrgs[slot];
    to.country = this.countries[slot];
    return true;
  }

  private remember(place: number, slot: number, to: Owner): void {
    let wrong: string | undefined;
    try {
      wrong = readOwner(this.mmdb.decode(place), to);
    } catch {
      wrong = 'value';
    }
    if (wrong !== undefined) {
      this.damaged++;
      to.asn = 0;
      to.asOrg = '';
      to.country = '';
    }
    this.places[slot] = place;
    this.asns[slot] = to.asn;
    this.asOrgs[slot] = to.asOrg;
    this.countries[slot] = to.country;
  }
}

/**
 * Reads a file in MaxMind's DB format and checks it wholly: metadata, every record of the search tree, every
 * value, and the types of the fields that Owners reads. Blocks the thread: for 500,000 prefixes, 0.7 s of CPU
 * time with AS numbers (32 MiB), and 9 s with as many different cities (70 MiB).
 *
 * @param largest bytes
 * @returns the file as it is, for Owners of any thread
 * @throws UsageError that names the file and says what is wrong
 */
export function readOwners(file: string, largest = LARGEST_DATABASE): SharedArrayBuffer {
  const memory = readShared(file, largest);
  const mmdb = new MmdbFile(memory, file);
  const owner: Owner = { asn: 0, asOrg: '', country: '' };
  let known = false;
  checkMmdb(mmdb, file, (place) => {
    const wrong = readOwner(decode(mmdb, place, file), owner);
    if (wrong !== undefined)
      throw new UsageError(`${file}: ${wrong} of the value at byte ${place} has a type of no known database`);
    known ||= owner.asn !== 0 || owner.asOrg !== '' || owner.country !== '';
  });
  if (!known)
    throw new UsageError(
      `${file}: has neither AS numbers nor countries${mmdb.type === '' ? '' : ` (${inLine(mmdb.type)})`}: ` +
        'name a database of those, such as GeoLite2-ASN or GeoLite2-Country',
    );
  return memory;
}

function decode(mmdb: MmdbFile, place: number, file: string): unknown {
  try {
    return mmdb.decode(place);
  } catch (error) {
    throw new UsageError(`${file}: is damaged: the value at byte ${place} cannot be decoded`, {
      cause: error,
    });
  }
}

function readShared(file: string, largest: number): SharedArrayBuffer {
  try {
    // Without O_NONBLOCK, opening a FIFO would block.
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return readWhole(fd, file, largest);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file}: ${whyNotRead(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}

function readWhole(fd: number, file: string, largest: number): SharedArrayBuffer {
  const before = fstatSync(fd);
  if (before.isDirectory()) throw new UsageError(`${file}: is a directory: name the .mmdb file in it`);
  if (!before.isFile()) throw new UsageError(`${file}: is no regular file`);
  if (before.size === 0) throw new UsageError(`${file}: is empty: it may not have been downloaded whole`);
  if (before.size > largest)
    throw new UsageError(
      `${file}: has ${before.size} bytes, and ${largest} are read at most: use a smaller database, ` +
        'of countries in place of cities',
    );
  const memory = new SharedArrayBuffer(before.size);
  const bytes = new Uint8Array(memory);
  let length = 0;
  for (let n = -1; n !== 0 && length < bytes.length; length += n)
    n = readSync(fd, bytes, length, bytes.length - length, null);
  const after = fstatSync(fd);
  if (length < bytes.length || after.size !== before.size || after.mtimeMs !== before.mtimeMs)
    throw new UsageError(
      `${file}: was changed while it was read: write a new file beside it and rename that`,
    );
  return memory;
}

function whyNotRead(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'may not be read by this user: change its permissions';
    case 'ENXIO':
      return 'is no regular file';
    default:
      return `cannot be read: ${error.message}`;
  }
}

/** Text of a file in a message of one line. */
function inLine(text: string): string {
  return text.replace(/\p{Cc}/gu, '?').slice(0, 64);
}
