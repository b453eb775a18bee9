import type { State } from '../reader.js';
import { Room } from '../room.js';

const MOST_SESSIONS = 8;
const MOST_TREES = 16;
const MOST_FILES = 32;

/** The last names of things that have two numbers. It takes memory as it fills. */
class Names {
  private readonly first: number[] = [];
  private readonly second: number[] = [];
  private readonly names: string[] = [];
  private oldest = 0;

  /** @param room what all names of the connection have together */
  constructor(
    private readonly most: number,
    private readonly room: Room,
  ) {}

  /** '' if it is not known. */
  get(first: number, second: number): string {
    const i = this.find(first, second);
    return i < 0 ? '' : this.names[i];
  }

  /** Keeps a name, in place of the oldest if there are too many. */
  set(first: number, second: number, name: string): void {
    let i = this.find(first, second);
    if (i < 0) {
      i = this.names.length;
      if (i === this.most) {
        i = this.oldest;
        this.oldest = (i + 1) % this.most;
      }
    }
    this.first[i] = first;
    this.second[i] = second;
    this.names[i] = this.room.exchange(this.names[i] ?? '', name);
  }

  delete(first: number, second: number): void {
    const i = this.find(first, second);
    if (i < 0) return;
    this.room.exchange(this.names[i], '');
    this.first[i] = this.first[this.names.length - 1];
    this.second[i] = this.second[this.names.length - 1];
    this.names[i] = this.names[this.names.length - 1];
    this.shorten(this.names.length - 1);
  }

  clear(): void {
    this.shorten(0);
  }

  private shorten(length: number): void {
    this.first.length = this.second.length = this.names.length = length;
    this.oldest = 0;
  }

  private find(first: number, second: number): number {
    for (let i = 0; i < this.names.length; i++)
      if (this.first[i] === first && this.second[i] === second) return i;
    return -1;
  }
}

/** What is remembered of a connection. */
export class SmbState implements State {
  /** Bytes of the packet at hand that are still to come: of the client's, of the server's. */
  readonly left: [number, number] = [0, 0];
  private readonly room = new Room();
  /** Users by SessionId (and 0), shares by SessionId and TreeId, files by the two halves of FileId. */
  readonly users = new Names(MOST_SESSIONS, this.room);
  readonly shares = new Names(MOST_TREES, this.room);
  readonly files = new Names(MOST_FILES, this.room);
  /** Who tried to log on first, and who does now (SMB 1). */
  tried = '';
  trying = '';
  /** The client offered SMB 2 in a NEGOTIATE of SMB 1, and waits for the answer. */
  offered = false;
  /** Ids of the client's message before, in the same packet: related messages mean the same. */
  session = 0;
  tree = 0;
  file = '';
  createId = -1;
  /** Packets in a row that are encrypted, and pieces that are no packets. */
  encrypted = 0;
  strange = 0;

  reset(): void {
    this.left[0] = this.left[1] = 0;
    this.users.clear();
    this.shares.clear();
    this.files.clear();
    this.room.reset();
    this.tried = this.trying = this.file = '';
    this.offered = false;
    this.session = this.tree = this.encrypted = this.strange = 0;
    this.createId = -1;
  }
}
