/**
 * The users file: one `name:right,right:scrypt$N$r$p$salt$hash` a line, `#` begins a comment. There is no
 * user by default.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { UsageError } from '../model/errors.js';
import { RIGHTS, type Right } from '../model/rights.js';
import type { Who } from './contract/sign-in.js';
import { RequestError } from './errors.js';

/** Cost of scrypt (RFC 7914): 32 MiB and some 0.1 s a password. */
const COST = { N: 1 << 15, r: 8, p: 1 };
/** The most that a line of the file may ask for. */
const MOST_COST = { N: 1 << 17, r: 16, p: 4 };
const HASH_BYTES = 32;
/** Passwords that are judged at once, and those that wait: each costs 0.1 s of a processor. */
export const JUDGED_AT_ONCE = 2;
export const MOST_WAITING_TO_BE_JUDGED = 16;
const LONGEST_FILE = 1 << 20;

interface User extends Who {
  readonly cost: ScryptOptions & typeof COST;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export class Users {
  private users = new Map<string, User>();
  private read = '';
  private judging = 0;
  private readonly waiting: (() => void)[] = [];

  /** @throws UsageError for a file that is none, or is wrong in a line */
  constructor(private readonly file: string) {
    this.refresh();
  }

  /** The user of this name; undefined: there is none. */
  find(name: string): Who | undefined {
    this.refresh();
    const user = this.users.get(name);
    return user === undefined ? undefined : { name: user.name, rights: user.rights };
  }

  /**
   * The user with this name and password; undefined: there is none. It takes as long for a wrong name.
   *
   * @throws RequestError 503 when too many wait to be judged
   */
  async judge(name: string, password: string): Promise<Who | undefined> {
    this.refresh();
    const user = this.users.get(name);
    const { cost, salt, hash } = user ?? { cost: costOf(COST), salt: Buffer.alloc(16), hash: undefined };
    const made = await this.inTurn(() => derived(password, salt, cost));
    if (user === undefined || hash === undefined || !timingSafeEqual(made, hash)) return undefined;
    return { name: user.name, rights: user.rights };
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.judging < JUDGED_AT_ONCE) this.judging++;
    else if (this.waiting.length < MOST_WAITING_TO_BE_JUDGED)
      await new Promise<void>((go) => this.waiting.push(go));
    else throw new RequestError('too many sign in at once', 503, { hint: 'try again in a moment' });
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.judging--;
      else next();
    }
  }

  /** Reads the file again if it has changed: users come and go without a restart. */
  private refresh(): void {
    let text: string;
    try {
      const { mtimeMs, size, ino } = statSync(this.file);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version === this.read) return;
      if (size > LONGEST_FILE) throw new UsageError(`${this.file}: a users file has at most 1 MiB`);
      text = readFileSync(this.file, 'utf8');
      this.users = parseUsers(text, this.file);
      this.read = version;
    } catch (error) {
      // A file that is being written is whole in a moment; the users are those of before.
      if (this.read !== '') return;
      if (error instanceof UsageError) throw error;
      throw new UsageError(`${this.file}: the users file cannot be read: ${(error as Error).message}`);
    }
  }
}

/** @throws UsageError that names the line */
export function parseUsers(text: string, file: string): Map<string, User> {
  const users = new Map<string, User>();
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const where = `${file}:${i + 1}`;
    const parts =
      /^([^:\s]{1,100}):([a-z,]*):scrypt\$(\d{1,7})\$(\d{1,2})\$(\d)\$([\w+/=]+)\$([\w+/=]+)$/.exec(
        line.trim(),
      );
    if (parts === null)
      throw new UsageError(
        `${where}: not a line of \`mirrorlake console passwd\`: name:view,packets:scrypt$…`,
      );
    const [, name, listed, N, r, p, salt, hash] = parts;
    const rights = listed === '' ? [] : listed.split(',');
    const wrong = rights.find((right) => !(RIGHTS as readonly string[]).includes(right));
    if (wrong !== undefined)
      throw new UsageError(`${where}: ${wrong} is no right; there are ${RIGHTS.join(', ')}`);
    const cost = { N: Number(N), r: Number(r), p: Number(p) };
    if (cost.N > MOST_COST.N || cost.r > MOST_COST.r || cost.p > MOST_COST.p || (cost.N & (cost.N - 1)) !== 0)
      throw new UsageError(
        `${where}: its scrypt costs more than ${MOST_COST.N}, ${MOST_COST.r}, ${MOST_COST.p}`,
      );
    if (users.has(name)) throw new UsageError(`${where}: ${name} is in the file twice`);
    users.set(name, {
      name,
      rights: rights as Right[],
      cost: costOf(cost),
      salt: Buffer.from(salt, 'base64'),
      hash: Buffer.from(hash, 'base64'),
    });
    if (users.get(name)?.hash.length !== HASH_BYTES)
      throw new UsageError(`${where}: its hash has not ${HASH_BYTES} bytes`);
  }
  return users;
}

/** @throws UsageError for what cannot be a user's name */
export function checkUserName(name: string): void {
  if (!/^[^:\s#]{1,100}$/.test(name))
    throw new UsageError(`${name} cannot be a user's name: no spaces, : or #`);
}

/** A line of the file. @throws UsageError for a name that cannot be one, or a short password */
export async function userLine(name: string, rights: readonly Right[], password: string): Promise<string> {
  checkUserName(name);
  if (password.length < 8) throw new UsageError('a password has at least 8 characters');
  const salt = randomBytes(16);
  const hash = await derived(password, salt, costOf(COST));
  const { N, r, p } = COST;
  const secret = ['scrypt', N, r, p, salt.toString('base64'), hash.toString('base64')].join('$');
  return `${name}:${rights.join(',')}:${secret}`;
}

function costOf(cost: typeof COST): User['cost'] {
  // Node refuses what takes more memory than this.
  return { ...cost, maxmem: 256 * cost.N * cost.r };
}

function derived(password: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same password is written in several ways (RFC 8265).
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, cost, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
