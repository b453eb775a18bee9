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

/** Bytes that a dynamic table may take, which is what peers begin with; no larger ones are followed. */
export const MOST_TABLE_BYTES = 4096;
/** What an entry takes besides its name and value (RFC 7541, 4.1). */
const ENTRY_BYTES = 32;
const MOST_ENTRIES = MOST_TABLE_BYTES / ENTRY_BYTES;

/** The dynamic table of one direction. Entries stand in `bytes` one behind the other, the oldest first. */
export class DynamicTable {
  readonly bytes = new Uint8Array(MOST_TABLE_BYTES);
  private readonly at = new Uint16Array(MOST_ENTRIES);
  private readonly names = new Uint16Array(MOST_ENTRIES);
  private readonly values = new Uint16Array(MOST_ENTRIES);
  /** The place of the oldest entry in the lists, which come round. */
  private oldest = 0;
  count = 0;
  private size = 0;
  private most = MOST_TABLE_BYTES;
  /** Where the next entry's bytes go. */
  private end = 0;

  reset(): void {
    this.oldest = this.count = this.size = this.end = 0;
    this.most = MOST_TABLE_BYTES;
  }

  /** Sets how large it may be. @returns false if that is more than is followed */
  resize(bytes: number): boolean {
    if (bytes > MOST_TABLE_BYTES) return false;
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
    const i = (this.oldest + this.count++) % MOST_ENTRIES;
    this.at[i] = this.end;
    this.names[i] = name;
    this.values[i] = value;
    for (let k = nameAt; k < nameEnd; k++) this.bytes[this.end++] = b[k];
    for (let k = valueAt; k < valueEnd; k++) this.bytes[this.end++] = b[k];
    this.size += size;
  }

  /** Where the name of entry `i` begins in `bytes`; 0 is the one that was added last. */
  nameAt(i: number): number {
    return this.at[this.place(i)];
  }

  valueAt(i: number): number {
    const place = this.place(i);
    return this.at[place] + this.names[place];
  }

  valueEnd(i: number): number {
    return this.valueAt(i) + this.values[this.place(i)];
  }

  private place(i: number): number {
    return (this.oldest + this.count - 1 - i) % MOST_ENTRIES;
  }

  /** Gives up the oldest entries until one of this size has room, or all. */
  private makeRoom(size: number): void {
    while (this.count > 0 && this.size + size > this.most) {
      this.size -= this.names[this.oldest] + this.values[this.oldest] + ENTRY_BYTES;
      this.oldest = (this.oldest + 1) % MOST_ENTRIES;
      this.count--;
    }
    if (this.count === 0) this.end = 0;
  }

  /** Moves the entries to the beginning of `bytes`. */
  private compact(): void {
    const from = this.at[this.oldest];
    this.bytes.copyWithin(0, from, this.end);
    for (let k = 0; k < this.count; k++) this.at[(this.oldest + k) % MOST_ENTRIES] -= from;
    this.end -= from;
  }
}
