/** By which names a server is asked. */
import { isIP } from 'node:net';

/**
 * Whether a request's Host (RFC 9110 section 7.2) names this server: by an address, as localhost, or by one
 * of `names`. A page of a stranger's makes a browser ask here under the stranger's own name, when that name
 * is made to lead here (DNS rebinding); no browser leaves Host out, so what has none (HTTP/1.0) is a
 * program's.
 *
 * @param names in lower case
 */
export function isAskedFor(host: string | undefined, names: ReadonlySet<string>): boolean {
  if (host === undefined) return true;
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  if (plain === undefined) return false;
  const name = plain.toLowerCase().replace(/\.$/, '');
  return isIP(name) === 4 || name === 'localhost' || names.has(name);
}
