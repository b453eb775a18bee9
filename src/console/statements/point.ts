/**
 * Mirror points in SQL, and in the API as `type,source,session,key`; plain frames have the name of what they
 * come from for a source.
 */
import { parsePrefix } from '../../config/units.js';
import { MIRROR_TYPE_NAMES } from '../../model/mirror-point.js';
import { quote } from '../../store/tables.js';
import { formatIp } from '../../wire/ip/addresses.js';

const SOURCE = "replaceRegexpOne(IPv6NumToString(mirror_source), '^::ffff:', '')";
/** Of plain frames: the name of what they come from. Commas are between the parts of an id. */
const NAME = "replaceAll(mirror_name, ',', ';')";
const SOURCE_OR_NAME = `if(mirror_type IN ('span', 'capture'), ${NAME}, ${SOURCE})`;

/** A mirror point, as a tuple: what tells them apart. */
export const POINT = `(mirror_type, ${SOURCE_OR_NAME}, mirror_session, gre_key)`;

/** The id of a mirror point in the API, in SQL. */
export const POINT_ID = idWith(SOURCE_OR_NAME);
/** The same in roll-ups, which do not have the names of plain frames: those of a type are one. */
export const ROLLED_POINT = '(mirror_type, mirror_source, mirror_session, gre_key)';
export const ROLLED_POINT_ID = idWith(SOURCE);
/** The name in their id. */
const UNNAMED = '::';

function idWith(source: string): string {
  return (
    `concat(mirror_type, ',', ${source}, ',', toString(mirror_session), ',', ` +
    "ifNull(toString(gre_key), ''))"
  );
}

/** Whether an id is that of plain frames, which are known by a name. */
export function isPlainId(id: string): boolean {
  return /^(span|capture),/.test(id);
}

/** An address in SQL. @param address 16 bytes; IPv4 as ::ffff:a.b.c.d */
export function addressLiteral(address: Uint8Array): string {
  return `toIPv6(${quote(formatIp(address, 0))})`;
}

/** The condition for the mirror point with this id; undefined for a text that is no id. */
export function pointCondition(id: string): string | undefined {
  const parts = id.split(',');
  if (parts.length !== 4) return undefined;
  const [type, source, session, key] = parts;
  if (isPlainId(id)) {
    const named = source === UNNAMED ? '' : ` AND ${NAME} = ${quote(source)}`;
    return `(mirror_type = ${quote(type)}${named})`;
  }
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
