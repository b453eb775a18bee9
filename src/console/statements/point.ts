/** Mirror points in SQL, and in the API as `type,source,session,key`. */
import { parsePrefix } from '../../config/units.js';
import { MIRROR_TYPE_NAMES } from '../../model/mirror-point.js';
import { quote } from '../../store/tables.js';
import { formatIp } from '../../wire/ip/addresses.js';

/** A mirror point, as a tuple: what tells them apart. */
export const POINT = '(mirror_type, mirror_source, mirror_session, gre_key)';

/** The id of a mirror point in the API, in SQL. */
export const POINT_ID =
  "concat(mirror_type, ',', replaceRegexpOne(IPv6NumToString(mirror_source), '^::ffff:', ''), ',', " +
  "toString(mirror_session), ',', ifNull(toString(gre_key), ''))";

/** An address in SQL. @param address 16 bytes; IPv4 as ::ffff:a.b.c.d */
export function addressLiteral(address: Uint8Array): string {
  return `toIPv6(${quote(formatIp(address, 0))})`;
}

/** The condition for the mirror point with this id; undefined for a text that is no id. */
export function pointCondition(id: string): string | undefined {
  const parts = id.split(',');
  if (parts.length !== 4) return undefined;
  const [type, source, session, key] = parts;
  const address = parsePrefix(source);
  const known = (MIRROR_TYPE_NAMES as readonly string[]).includes(type) && type !== '';
  if (!known || address === undefined || !/^\d{1,10}$/.test(session) || !/^\d{0,10}$/.test(key))
    return undefined;
  const keyed = key === '' ? 'gre_key IS NULL' : `gre_key = ${key}`;
  return (
    `(mirror_type = ${quote(type)} AND mirror_source = ${addressLiteral(address.address)} ` +
    `AND mirror_session = ${session} AND ${keyed})`
  );
}
