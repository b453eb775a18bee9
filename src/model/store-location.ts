/**
 * A store's location, and how to show it. The one place that knows which locations are servers: schemes have
 * no case (RFC 3986 section 3.1).
 */

/** Parameters of a server's URL. Others are not shown. */
export const LOCATION_PARAMETERS: readonly string[] = ['ca', 'cert', 'key', 'compression', 'prefix'];

/** The beginning of a URL: any scheme with its slashes; http even without. */
const SCHEME = /^\s*(?:https?:\/*|[a-z][a-z0-9+.-]*:\/\/)/i;
/** Hosts, each with an optional port, and what follows. */
const HOST = String.raw`(?:\[[^\]]*\]|[^:[\]/?#,]*)(?::\d*)?`;
const HOSTS = new RegExp(String.raw`^${HOST}(?:,${HOST})*(?:[/?#][\s\S]*)?$`);
/** `user:password@host`, with `http://` left out. `./user:password@host` is a directory. */
const BARE_ADDRESS = /^(?![./~])[^/]*:[\s\S]*@/;

/** The location for a collector with tunnels only. A directory of this name is `./none`. */
export const NO_STORE = 'none';

/** Whether a location is a ClickHouse server's URL; otherwise it is a data directory. */
export function isServer(location: string): boolean {
  return /^https?:/i.test(location);
}

/** Whether a location can name a store at all: a server's URL, or a possible directory name. */
export function isLocation(location: string): boolean {
  return isServer(location) || !(location === '' || SCHEME.test(location) || BARE_ADDRESS.test(location));
}

/** The message about a location that is none. @param shown the location, without password */
export function noStoreAt(shown: string): string {
  return `a store cannot be at ${shown}: give a directory, or an http:// or https:// URL`;
}

/**
 * A location without password, for display. A password that is not percent-encoded may contain any character,
 * so everything from the first colon to the last @ counts as one, and so does a text after a colon that is no
 * port, if no @ follows.
 */
export function withoutPassword(location: string): string {
  const [scheme] = SCHEME.exec(location) ?? [''];
  if (scheme === '' && !BARE_ADDRESS.test(location)) return location;
  const rest = location.slice(scheme.length);
  const at = rest.lastIndexOf('@');
  if (at < 0) return scheme + (HOSTS.test(rest) ? shownQuery(rest) : '');
  const [user] = rest.slice(0, at).split(':', 1);
  // In `lake://x@host` everything after the first colon may be a password, if the scheme was left out.
  const hidden = /[/?#@\s]/.test(user) || !(scheme === '' || isServer(scheme.trimStart()));
  const shown = hidden ? '' : `${user}@`;
  return scheme + shown + shownQuery(rest.slice(at + 1));
}

/** A server's URL without its user. @param location as {@link withoutPassword} returns it */
export function withoutUser(location: string): string {
  const [scheme] = SCHEME.exec(location) ?? [''];
  const rest = location.slice(scheme.length);
  return scheme + rest.slice(rest.indexOf('@') + 1);
}

/** What follows the host, without unknown parameters: they may be `?password=`. */
function shownQuery(text: string): string {
  const at = text.indexOf('?');
  if (at < 0) return text;
  const known = text
    .slice(at + 1)
    .split('&')
    .filter((parameter) => LOCATION_PARAMETERS.includes(parameter.split('=', 1)[0]));
  return text.slice(0, at) + (known.length === 0 ? '' : `?${known.join('&')}`);
}
