/**
 * What the location of a store names, and how it may be shown. The one place that knows which locations are a
 * server's: schemes have no case (RFC 3986 section 3.1).
 */

/** What the query of a server's URL may say. Anything else in it is not shown. */
export const LOCATION_PARAMETERS: readonly string[] = ['ca', 'cert', 'key', 'compression', 'prefix'];

/** A URL's beginning: any scheme with its slashes, and http without. */
const SCHEME = /^\s*(?:https?:\/*|[a-z][a-z0-9+.-]*:\/\/)/i;
/** Hosts, each perhaps with a port, and what follows them. */
const HOST = String.raw`(?:\[[^\]]*\]|[^:[\]/?#,]*)(?::\d*)?`;
const HOSTS = new RegExp(String.raw`^${HOST}(?:,${HOST})*(?:[/?#][\s\S]*)?$`);
/** `user:password@host` as somebody writes it who left out `http://`. `./user:password@host` is a directory. */
const BARE_ADDRESS = /^(?![./~])[^/]*:[\s\S]*@/;

/** Where a collector stores that has only tunnels: nowhere. A directory of this name is `./none`. */
export const NO_STORE = 'none';

/** Whether a store's location is a ClickHouse server's URL; else it is a data directory. */
export function isServer(location: string): boolean {
  return /^https?:/i.test(location);
}

/** Whether there can be a store at a location at all: a server's URL, or what may be the name of a directory. */
export function isLocation(location: string): boolean {
  return isServer(location) || !(location === '' || SCHEME.test(location) || BARE_ADDRESS.test(location));
}

/** What is said of a location that is none. @param shown how it is shown: not with a password in it */
export function noStoreAt(shown: string): string {
  return `a store cannot be at ${shown}: give a directory, or an http:// or https:// URL`;
}

/**
 * A store's location as it may be shown: without password. One that was not percent-encoded may hold any character, so
 * everything from the first colon to the last @ is taken for it, and what is no port where no @ follows.
 */
export function withoutPassword(location: string): string {
  const [scheme] = SCHEME.exec(location) ?? [''];
  if (scheme === '' && !BARE_ADDRESS.test(location)) return location;
  const rest = location.slice(scheme.length);
  const at = rest.lastIndexOf('@');
  if (at < 0) return scheme + (HOSTS.test(rest) ? shownQuery(rest) : '');
  const [user] = rest.slice(0, at).split(':', 1);
  // In `lake://x@host` all behind the first colon may be a password, whose scheme was left out.
  const hidden = /[/?#@\s]/.test(user) || !(scheme === '' || isServer(scheme.trimStart()));
  const shown = hidden ? '' : `${user}@`;
  return scheme + shown + shownQuery(rest.slice(at + 1));
}

/** A server's URL without its user. @param location one as {@link withoutPassword} shows it */
export function withoutUser(location: string): string {
  const [scheme] = SCHEME.exec(location) ?? [''];
  const rest = location.slice(scheme.length);
  return scheme + rest.slice(rest.indexOf('@') + 1);
}

/** What follows the user, without parameters that a store's URL does not have: they may be `?password=`. */
function shownQuery(text: string): string {
  const at = text.indexOf('?');
  if (at < 0) return text;
  const known = text
    .slice(at + 1)
    .split('&')
    .filter((parameter) => LOCATION_PARAMETERS.includes(parameter.split('=', 1)[0]));
  return text.slice(0, at) + (known.length === 0 ? '' : `?${known.join('&')}`);
}
