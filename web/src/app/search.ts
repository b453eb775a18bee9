/** The page's address: what is looked at is in it, readable, and without what is the default. */

/** Search parameters: `f=server:10.0.0.1&f=transport:tcp`. */
export type Search = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Characters that mean nothing in a query, and are nicer to read as they are. */
const PLAIN = /%(3A|2C|2F|7E|2A|40|21|5B|5D)/gi;

export function stringifySearch(search: Record<string, unknown>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(search)) {
    if (value === undefined || value === null || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value])
      parts.push(`${name}=${encodeURIComponent(String(one)).replace(PLAIN, decodeURIComponent)}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

export function parseSearch(text: string): Record<string, string | string[]> {
  const search: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = search[name];
    if (before === undefined) search[name] = value;
    else search[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return search;
}

/** What all pages share: the time range, the mirror points, the conditions. */
export interface ScopeSearch {
  /** `-1h`, or `2025-06-02T08:00~08:10` in UTC. */
  readonly t?: string | undefined;
  /** A mirror point, or `once`. */
  readonly m?: string | undefined;
  readonly f?: readonly string[] | undefined;
}

/** @param search as parsed: nothing of it is to be trusted */
export function scopeSearch(search: Record<string, unknown>): ScopeSearch {
  const { t, m, f } = search;
  return {
    ...(typeof t === 'string' && { t }),
    ...(typeof m === 'string' && { m }),
    ...(typeof f === 'string' && { f: [f] }),
    ...(Array.isArray(f) && { f: f.map(String) }),
  };
}

/** A parameter with one value; undefined for others. */
export function one(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
