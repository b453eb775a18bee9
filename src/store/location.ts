/**
 * The location of a ClickHouse server and how to connect: the URL of `--store`, and the environment for
 * secrets.
 */
import { readFileSync } from 'node:fs';
import { isServer, LOCATION_PARAMETERS } from '../model/store-location.js';
import { StoreLocationError } from './errors.js';

export interface ServerLocation {
  /** `https://host:port`, in the order they are tried: replicas of the same tables. */
  hosts: string[];
  database: string;
  /** Prepended to every table's name. */
  prefix: string;
  username: string;
  password: string;
  /** A bearer token, instead of user and password. */
  token: string | undefined;
  /** PEM: the CA that signed the server's certificate, and our own certificate with its key. */
  ca: Buffer | undefined;
  cert: Buffer | undefined;
  key: Buffer | undefined;
  /** Compression of inserts on the network. */
  compression: 'none' | 'gzip' | 'br';
}

const EXAMPLE = 'http://user@host:8123/database';

/**
 * Parses
 * `https://user:password@host1:8443,host2:8443/database?ca=FILE&cert=FILE&key=FILE&compression=gzip&prefix=P`.
 * User and password that are not in the URL come from the environment: MIRRORLAKE_STORE_USER,
 * MIRRORLAKE_STORE_PASSWORD, MIRRORLAKE_STORE_TOKEN, or, with _FILE appended, from a file.
 *
 * @throws StoreLocationError that names the wrong part, and shows nothing of a password.
 */
export function parseLocation(location: string, environment: NodeJS.ProcessEnv): ServerLocation {
  checkEncoding(location);
  const parts = /^(https?):\/\/(?:([^@]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i.exec(location);
  if (parts === null) throw new StoreLocationError(`the store is not a URL like ${EXAMPLE}`);
  const [, scheme, credentials = '', authority, path = '', search = ''] = parts;
  const hosts = authority.split(',').map((host) => hostUrl(scheme, host));
  const database = decode(path.replace(/\/$/, ''), 'database') || 'default';
  name(database, 'database');
  const parameters = new URLSearchParams(search);
  for (const key of parameters.keys())
    if (!LOCATION_PARAMETERS.includes(key))
      throw new StoreLocationError(
        `the store's URL has ?${key}=: it knows ${LOCATION_PARAMETERS.join(', ')}`,
      );
  const prefix = prefixIn(parameters);
  const compression = parameters.get('compression') ?? 'none';
  if (compression !== 'none' && compression !== 'gzip' && compression !== 'br')
    throw new StoreLocationError(`the store's compression ${compression} is not one of none, gzip, br`);
  const [user, password] = credentials.split(/:(.*)/s);
  const cert = pem(parameters, 'cert');
  const key = pem(parameters, 'key');
  if ((cert === undefined) !== (key === undefined))
    throw new StoreLocationError("the store's URL needs both ?cert= and ?key=, or neither");
  const ca = pem(parameters, 'ca');
  if (cert !== undefined && ca === undefined)
    throw new StoreLocationError("the store's URL needs ?ca= beside ?cert= and ?key=");
  return {
    hosts,
    database,
    prefix,
    username: decode(user, 'user') || secret(environment, 'USER') || 'default',
    password: password === undefined ? (secret(environment, 'PASSWORD') ?? '') : decode(password, 'password'),
    token: secret(environment, 'TOKEN'),
    ca,
    cert,
    key,
    compression,
  };
}

/** The prefix of the tables' names in a store. The rest of its location is ignored. */
export function tablePrefix(location: string): string {
  return isServer(location) ? prefixIn(new URLSearchParams(/\?([^#]*)/.exec(location)?.[1])) : '';
}

function prefixIn(parameters: URLSearchParams): string {
  const prefix = parameters.get('prefix') ?? '';
  if (prefix !== '') name(prefix, 'prefix');
  return prefix;
}

/**
 * A URL has one @, between user and host (RFC 3986 section 3.2.1). With another one, or one behind a `/`, `?`
 * or `#`, the end of the password is unknown.
 */
function checkEncoding(location: string): void {
  if (/^https?:\/*(?:[^/?#@]*@)?[^@]*$/i.test(location)) return;
  throw new StoreLocationError(
    "the user or password in the store's URL has to be percent-encoded: @ as %40, / as %2F, ? as %3F, # as " +
      '%23 (so has an @ behind the host); better give it in MIRRORLAKE_STORE_PASSWORD_FILE or ' +
      'MIRRORLAKE_STORE_PASSWORD',
  );
}

function hostUrl(scheme: string, host: string): string {
  try {
    const url = new URL(`${scheme}://${host}`);
    if (host !== '' && url.pathname === '/' && url.hash === '') return url.origin;
  } catch {
    // Reported below.
  }
  // The text behind the colon may be a password whose @host was forgotten.
  const shown = host.replace(/:[^\]]*$/, '');
  throw new StoreLocationError(`the store's host "${shown}" is not a host and port: write ${EXAMPLE}`);
}

function name(text: string, what: string): void {
  if (!/^[A-Za-z_]\w*$/.test(text))
    throw new StoreLocationError(`the store's ${what} "${text}" is not a name of letters, digits and _`);
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StoreLocationError(
      `the store's ${what} has a % that is not followed by two hexadecimal digits`,
    );
  }
}

function pem(parameters: URLSearchParams, which: 'ca' | 'cert' | 'key'): Buffer | undefined {
  const file = parameters.get(which);
  return file === null ? undefined : Buffer.from(contents(file, `the store's ?${which}=`));
}

/** The user for a collector's questions to a server, with the password from a file or the environment. */
export function readerOf(
  user: string | undefined,
  passwordFile: string | undefined,
  environment: NodeJS.ProcessEnv,
): { username: string; password: string } | undefined {
  if (user === undefined) return undefined;
  const password =
    passwordFile === undefined
      ? secret(environment, 'READER_PASSWORD')
      : firstLine(contents(passwordFile, 'questions.password_file'));
  return { username: user, password: password ?? '' };
}

type Secret = 'USER' | 'PASSWORD' | 'TOKEN' | 'READER_PASSWORD';

function secret(environment: NodeJS.ProcessEnv, which: Secret): string | undefined {
  const variable = `MIRRORLAKE_STORE_${which}`;
  const file = environment[`${variable}_FILE`];
  if (file === undefined || file === '') return environment[variable];
  return firstLine(contents(file, `${variable}_FILE`));
}

/** Without the line break that editors add. */
function firstLine(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/** The error does not show the file's name, which may be the secret itself, given in the wrong place. */
function contents(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StoreLocationError(`${what}: ${code}: the file that it names cannot be read`);
  }
}
