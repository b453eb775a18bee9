/** The tables that HPACK's indices stand for: a static one (RFC 7541, appendix A), a dynamic one (2.3.2). */

/** Entries as `name` or `name=value`, with `;` between; the first one has index 1. */
const STATIC =
  ':authority;:method=GET;:method=POST;:path=/;:path=/index.html;:scheme=http;:scheme=https;' +
  ':status=200;:status=204;:status=206;:status=304;:status=400;:status=404;:status=500;' +
  'accept-charset;accept-encoding=gzip, deflate;accept-language;accept-ranges;accept;' +
  'access-control-allow-origin;age;allow;authorization;cache-control;content-disposition;' +
  'content-encoding;content-language;content-length;content-location;content-range;content-type;' +
  'cookie;date;etag;expect;expires;from;host;if-match;if-modified-since;if-none-match;if-range;' +
  'if-unmodified-since;last-modified;link;location;max-forwards;proxy-authenticate;' +
  'proxy-authorization;range;referer;refresh;retry-after;server;set-cookie;strict-transport-security;' +
  'transfer-encoding;user-agent;vary;via;www-authenticate';
const STATIC_ENTRIES = STATIC.split(';');
export const STATIC_COUNT = STATIC_ENTRIES.length;
/** Names and values one behind the other, and where each begins: names at even places, values at odd ones. */
export const STATIC_BYTES = new Uint8Array(STATIC.length);
export const STATIC_AT = new Uint16Array(2 * STATIC_COUNT + 1);
fillTables();

function fillTables(): void {
  let n = 0;
  for (const [i, entry] of STATIC_ENTRIES.entries()) {
    const equals = entry.indexOf('=');
    const parts = equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
    for (const [j, part] of parts.entries()) {
      STATIC_AT[2 * i + j] = n;
      for (let k = 0; k < part.length; k++) STATIC_BYTES[n++] = part.charCodeAt(k);
    }
  }
  STATIC_AT[2 * STATIC_COUNT] = n;
}

/** Bytes that a dynamic table may take: what peers begin with, and the most that is followed. */
const TABLE_BYTES = 4096;
export const MOST_TABLE_BYTES = 65_536;
/** What an entry takes besides its name and value (RFC 7541, 4.1). */
const ENTRY_BYTES = 32;
/** Tables at once that are larger than what peers begin with: browsers and large servers have those. */
export const MOST_LARGE_TABLES = 256;

/** Where a table's entries stand: in `bytes`, one behind the other, and in lists where each begins. */
class Room {
  readonly bytes: Uint8Array;
  readonly places: number;
  readonly at: Uint32Array;
  readonly names: Uint16Array;
  readonly values: Uint16Array;

  constructor(bytes: number) {
    this.bytes = new Uint8Array(bytes);
    this.places = bytes / ENTRY_BYTES;
    this.at = new Uint32Array(this.places);
    this.names = new Uint16Array(this.places);
    this.values = new Uint16Array(this.places);
  }
}

/** The room of large tables, made when it is needed and used again. */
export class LargeRooms {
  private readonly free: Room[] = [];
  private made = 0;

  /** @returns undefined where all is in use */
  take(): Room | undefined {
    const room = this.free.pop();
    if (room !== undefined || this.made === MOST_LARGE_TABLES) return room;
    this.made++;
    return new Room(MOST_TABLE_BYTES);
  }

  give(room: Room): void {
    this.free.push(room);
  }
}

/** The dynamic table of one direction, the oldest entry first. */
export class DynamicTable {
  private readonly small = new Room(TABLE_BYTES);
  private room = this.small;
  /** The place of the oldest entry in the lists, which come round. */
  private oldest = 0;
  count = 0;
  private size = 0;
  private most = TABLE_BYTES;
  /** Where the next entry's bytes go. */
  private end = 0;

  constructor(private readonly large: LargeRooms) {}

  get bytes(): Uint8Array {
    return this.room.bytes;
  }

  reset(): void {
    this.oldest = this.count = this.size = this.end = 0;
    this.most = TABLE_BYTES;
    if (this.room !== this.small) this.large.give(this.room);
    this.room = this.small;
  }

  /** Sets how large it may be. @returns false if that is more than is followed */
  resize(bytes: number): boolean {
    if (bytes > MOST_TABLE_BYTES || (bytes > this.bytes.length && !this.grow())) return false;
    this.most = bytes;
    this.makeRoom(0);
    return true;
  }

  /** Adds an entry; its bytes are not those of the table. */
  add(b: Uint8Array, nameAt: number, nameEnd: number, valueAt: number, valueEnd: number): void {
    const name = nameEnd - nameAt;
    const value = valueEnd - valueAt;
    const size = name + value + ENTRY_BYTES;
    this.makeRoom(size);
    if (size > this.most) return;
    if (this.end + name + value > this.bytes.length) this.compact();
    const { room } = this;
    const i = (this.oldest + this.count++) % room.places;
    room.at[i] = this.end;
    room.names[i] = name;
    room.values[i] = value;
    for (let k = nameAt; k < nameEnd; k++) room.bytes[this.end++] = b[k];
    for (let k = valueAt; k < valueEnd; k++) room.bytes[this.end++] = b[k];
    this.size += size;
  }

  /** Where the name of entry `i` begins in `bytes`; 0 is the one that was added last. */
  nameAt(i: number): number {
    return this.room.at[this.place(i)];
  }

  valueAt(i: number): number {
    const place = this.place(i);
    return this.room.at[place] + this.room.names[place];
  }

  valueEnd(i: number): number {
    return this.valueAt(i) + this.room.values[this.place(i)];
  }

  private place(i: number): number {
    return (this.oldest + this.count - 1 - i) % this.room.places;
  }

  /** Gives up the oldest entries until one of this size has room, or all. */
  private makeRoom(size: number): void {
    const { room } = this;
    while (this.count > 0 && this.size + size > this.most) {
      this.size -= room.names[this.oldest] + room.values[this.oldest] + ENTRY_BYTES;
      this.oldest = (this.oldest + 1) % room.places;
      this.count--;
    }
    if (this.count === 0) this.end = 0;
  }

  /** Moves the entries to the beginning of `bytes`. */
  private compact(): void {
    const { room } = this;
    const from = room.at[this.oldest];
    room.bytes.copyWithin(0, from, this.end);
    for (let k = 0; k < this.count; k++) room.at[(this.oldest + k) % room.places] -= from;
    this.end -= from;
  }

  /** Moves the entries to where more have room. @returns whether there is such a place */
  private grow(): boolean {
    const from = this.room;
    const to = this.large.take();
    if (to === undefined) return false;
    to.bytes.set(from.bytes.subarray(0, this.end));
    for (let k = 0; k < this.count; k++) {
      const place = (this.oldest + k) % from.places;
      to.at[k] = from.at[place];
      to.names[k] = from.names[place];
      to.values[k] = from.values[place];
    }
    this.room = to;
    this.oldest = 0;
    return true;
  }
}
