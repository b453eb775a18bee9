/**
 * Who may come in. A token in the printed link is exchanged for a cookie; programs send the token itself. It
 * is asked for on loopback too: every user of the host reaches 127.0.0.1, and so does a web page through a
 * name that resolves to it.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Prefix, parsePrefix, prefixHolds } from '../config/units.js';
import { RIGHTS, type Right } from '../model/rights.js';
import type { Who } from './contract/sign-in.js';
import { RequestError } from './errors.js';
import type { Users } from './users.js';

/** How long a cookie lets in, milliseconds; it is renewed once half of it has passed. */
export const COOKIE_LIFE = 12 * 3600 * 1000;
/** Cookies at once: the one unused for longest makes room. */
export const MOST_COOKIES = 1000;
/** Wrong passwords for a name, from one address, within a minute. */
export const MOST_WRONG = 5;
const MINUTE = 60_000;
/** Names and addresses whose wrong passwords are counted. */
const MOST_COUNTED = 10_000;

/** A random text of 256 bits, for a URL. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}

/** How somebody may come in. */
export interface WaysIn {
  /** Of the printed link. */
  readonly token: string;
  /** What it lets do; all by default. */
  readonly tokenRights?: readonly Right[] | undefined;
  readonly users?: Users | undefined;
  /** A proxy that has signed somebody in. */
  readonly proxy?:
    | { readonly name: string; readonly from: readonly Prefix[]; readonly rights: readonly Right[] }
    | undefined;
}

interface SignedIn {
  readonly who: Who;
  until: number;
}

export class SignIn {
  /** By the digest of the cookie's value: memory that is read by others lets nobody in. */
  private readonly cookies = new Map<string, SignedIn>();
  private readonly wrong = new Map<string, { count: number; until: number }>();

  /** @param now milliseconds */
  constructor(
    private readonly ways: WaysIn,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Lets in by the token. Wrong ones are not counted: nobody guesses 256 bits, and whoever shares an address
   * with others, as all do on loopback, could keep them out.
   *
   * @throws RequestError 401 for a wrong one
   */
  byToken(token: string): Who {
    const { token: right, tokenRights = RIGHTS } = this.ways;
    if (!equal(token, right))
      throw new RequestError('this link is not the one the console printed', 401, {
        hint: 'mirrorlake console url prints it',
      });
    return { name: 'token', rights: [...tokenRights] };
  }

  /**
   * Lets in by name and password.
   *
   * @param address from which wrong ones for this name count
   * @throws RequestError 401 for a wrong one, 429 after too many
   */
  async byPassword(name: string, password: string, address: string): Promise<Who> {
    const counted = `${address} ${name}`;
    this.allow(counted);
    const { users } = this.ways;
    if (users === undefined)
      throw new RequestError('this console has no users file', 401, {
        hint: 'open the link that mirrorlake console url prints',
      });
    const who = await users.judge(name, password);
    if (who === undefined) throw this.wrongly(counted);
    this.wrong.delete(counted);
    return who;
  }

  /**
   * Lets in whom a proxy has signed in.
   *
   * @param header the value of a header by its name
   * @param address the other end of the connection
   * @returns undefined if that is not the proxy, or it names nobody
   */
  byProxy(header: (name: string) => string | undefined, address: string): Who | undefined {
    const { proxy, users } = this.ways;
    const name = proxy === undefined ? undefined : header(proxy.name);
    if (proxy === undefined || name === undefined || name === '' || name.length > 100) return undefined;
    const from = parsePrefix(address.replace(/%.*$/, ''));
    if (from === undefined || !proxy.from.some((prefix) => prefixHolds(prefix, from.address)))
      return undefined;
    return users?.find(name) ?? { name, rights: [...proxy.rights] };
  }

  /** Whether there are users with passwords. */
  get hasUsers(): boolean {
    return this.ways.users !== undefined;
  }

  /** @returns the value of a cookie for somebody who has been let in */
  cookieFor(who: Who): string {
    const value = randomToken();
    this.cookies.set(digest(value), { who, until: this.now() + COOKIE_LIFE });
    for (const oldest of this.cookies.keys()) {
      if (this.cookies.size <= MOST_COOKIES) break;
      this.cookies.delete(oldest);
    }
    return value;
  }

  /** @returns who the cookie is of, and a new one that takes its place where it is half used up */
  byCookie(value: string): { readonly who: Who; readonly renewed?: string } | undefined {
    const key = digest(value);
    const found = this.cookies.get(key);
    if (found === undefined) return undefined;
    const left = found.until - this.now();
    this.cookies.delete(key);
    if (left <= 0) return undefined;
    if (left < COOKIE_LIFE / 2) {
      // Questions that are on their way have the old one.
      found.until = Math.min(found.until, this.now() + MINUTE);
      this.cookies.set(key, found);
      return { who: found.who, renewed: this.cookieFor(found.who) };
    }
    this.cookies.set(key, found);
    return { who: found.who };
  }

  /** Ends what a cookie lets in. */
  forget(value: string): void {
    this.cookies.delete(digest(value));
  }

  /** @param counted an address and a name */
  private wrongOf(counted: string): number {
    const known = this.wrong.get(counted);
    return known !== undefined && known.until > this.now() ? known.count : 0;
  }

  /** @throws RequestError 429 after too many wrong passwords */
  private allow(counted: string): void {
    if (this.wrongOf(counted) >= MOST_WRONG)
      throw new RequestError('too many wrong passwords for this name', 429, { hint: 'wait a minute' });
  }

  /** Counts a wrong password. @returns what to say to it */
  private wrongly(counted: string): RequestError {
    const count = this.wrongOf(counted) + 1;
    this.wrong.delete(counted);
    this.wrong.set(counted, { count, until: this.now() + MINUTE });
    for (const oldest of this.wrong.keys()) {
      if (this.wrong.size <= MOST_COUNTED) break;
      this.wrong.delete(oldest);
    }
    return new RequestError('no user has this name and password', 401);
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** Whether two texts are equal; how long it takes says nothing of where they differ. */
function equal(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a, b);
}
