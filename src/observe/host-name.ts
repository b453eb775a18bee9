/** The names by which a server may be asked. */
import { isIP } from 'node:net';

/**
 * Whether a request's Host (RFC 9110 section 7.2) names this server: by an address, as localhost, or by one
 * of `names`. A stranger's web page can make a browser ask here under the stranger's own name, by pointing
 * that name here (DNS rebinding). No browser leaves Host out, so a request without it (HTTP/1.0) comes from a
 * program.
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
