import type { Question } from '../question.js';
import type { State } from '../read.js';
import { Room } from '../room.js';

/** What a question is, in its note. */
export const Kind = {
  Login: 1,
  /** A statement, or several, that are answered as one. */
  Simple: 2,
  /** A statement that is prepared, and not executed so far. */
  Parse: 3,
  Execute: 4,
  /** Beside one of these: the last one before the server says that it is ready. */
  Synced: 8,
} as const;

export function kindOf(q: Question): number {
  return q.note & 7;
}

export function isSynced(q: Question): boolean {
  return (q.note & Kind.Synced) !== 0;
}

const MOST_REMEMBERED = 16;

/** Statements by their names, or by those of the portals that they are bound to: the latest ones. */
export class Statements {
  private readonly names: string[] = new Array<string>(MOST_REMEMBERED).fill('');
  private readonly texts: string[] = new Array<string>(MOST_REMEMBERED).fill('');
  private readonly words: string[] = new Array<string>(MOST_REMEMBERED).fill('');
  private used = 0;
  private next = 0;

  /** @param room what all statements and portals of the conversation have together */
  constructor(private readonly room: Room) {}

  reset(): void {
    this.names.fill('');
    this.texts.fill('');
    this.words.fill('');
    this.used = this.next = 0;
  }

  /** @returns its place; -1 if it is not known */
  find(name: string): number {
    for (let i = 0; i < this.used; i++) if (this.names[i] === name) return i;
    return -1;
  }

  set(name: string, text: string, word: string): void {
    let at = this.find(name);
    if (at < 0) {
      at = this.next;
      this.next = (at + 1) % MOST_REMEMBERED;
      this.used = Math.max(this.used, at + 1);
    }
    // Forgotten, rather than found by half of its name.
    this.names[at] = this.room.exchange(this.names[at], name);
    if (this.names[at] !== name) this.words[at] = '';
    this.texts[at] = this.room.exchange(this.texts[at], text);
    this.words[at] = word;
  }

  text(place: number): string {
    return place < 0 ? '' : this.texts[place];
  }

  /** Its first word, in upper case. */
  word(place: number): string {
    return place < 0 ? '' : this.words[place];
  }
}

export class PostgresqlState implements State {
  /** Whether it is known who is the client. */
  isSure = false;
  /** The client asked for encryption: the server answers with one byte. */
  isEncryptionAsked = false;
  user = '';
  database = '';
  /** A backslash in a string takes away the meaning of what is behind it. */
  backslashes = false;
  /** The server will say that it is ready, for a question that is answered. */
  isReadyDue = false;
  /** The error that makes the server pass over what is before the next Sync. */
  error = '';
  rows = -1;
  /** Questions, and those that are answered: each has its number. */
  questions = 0;
  answered = 0;
  private readonly room = new Room();
  readonly statements = new Statements(this.room);
  readonly portals = new Statements(this.room);

  reset(): void {
    this.isSure = this.isEncryptionAsked = this.backslashes = this.isReadyDue = false;
    this.user = this.database = this.error = '';
    this.questions = this.answered = 0;
    this.rows = -1;
    this.statements.reset();
    this.portals.reset();
    this.room.reset();
  }
}
