/**
 * Groups of mirror points, whose frames share conversations: a group stands for its members in the keys of
 * the session table, and a frame that several members see counts once.
 */
import { MirrorPoint } from '../model/mirror-point.js';
import type { Frame } from '../wire/walk/frame.js';
import { GroupCopies } from './group-copies.js';

/** Identities from here on are those of groups; the indexes of mirror points are below. */
export const FIRST_GROUP = 1 << 24;
/** Mirror points of a group that are told apart. */
export const MOST_MEMBERS = 64;
const WORD_BITS = 32;

/** What a mirror point is a member of. */
export interface Membership {
  /** The group's name. */
  readonly group: string;
  /** What the group calls the member; several mirror points may have the same name. */
  readonly name: string;
  /** Nanoseconds that a packet waits for its copies. */
  readonly window: number;
}

class Group {
  window = 0;
  /** By number: the members' names. */
  readonly names: string[] = [];
  /** Numbers whose points are forgotten, oldest first. */
  readonly free: number[] = [];

  constructor(
    readonly name: string,
    readonly identity: number,
  ) {}

  /** A number for a member; undefined: there is none. */
  number(): number | undefined {
    return this.names.length < MOST_MEMBERS ? this.names.length : this.free.shift();
  }
}

export class Groups {
  /** By slot: the index of the mirror point that saw the conversation's first packet. */
  readonly first: Uint32Array;
  /** By slot, two words: the numbers of the members that saw a packet of the row. */
  private readonly seen: Uint32Array;
  /** By name, and in the order of their identities. */
  private readonly byName = new Map<string, Group>();
  private readonly groups: Group[] = [];
  /** By index of a mirror point: the same one, by the name of its group. */
  private readonly named: MirrorPoint[] = [];
  private readonly frames = new GroupCopies();
  /** Frames found to be copies; and mirror points that share a number because there were too many. */
  copies = 0;
  overflowed = 0;

  constructor(capacity: number) {
    this.first = new Uint32Array(capacity);
    this.seen = new Uint32Array(2 * capacity);
  }

  /** Frames that lost their place within their window: their copies count as packets. */
  get forgotten(): number {
    return this.frames.forgotten;
  }

  /** Makes a mirror point a member of a group, or takes what has changed of its membership. */
  join(point: MirrorPoint, { group: name, name: member, window }: Membership): void {
    const group = this.groupOf(name);
    group.window = window;
    if (point.identity !== group.identity) {
      this.leave(point);
      point.identity = group.identity;
      const number = group.number();
      if (number === undefined) this.overflowed++;
      point.member = number ?? MOST_MEMBERS - 1;
    }
    group.names[point.member] = member;
    const named = new MirrorPoint(
      point.index,
      point.type,
      point.source,
      point.target,
      point.session,
      point.key,
      point.origin,
    );
    named.name = name;
    named.site = point.site;
    this.named[point.index] = named;
  }

  /** Takes a mirror point out of its group. */
  leave(point: MirrorPoint): void {
    if (point.member < 0) return;
    // One that others may share is never free.
    if (point.member < MOST_MEMBERS - 1) this.of(point.identity).free.push(point.member);
    point.member = -1;
    point.identity = point.index;
  }

  /** The mirror point as rows of conversations name it. */
  rowPoint(point: MirrorPoint): MirrorPoint {
    return point.member < 0 ? point : this.named[point.index];
  }

  /** Whether a member's frame is a copy of one that another member has sent. */
  isCopy(f: Frame, point: MirrorPoint): boolean {
    const group = this.of(point.identity);
    const isCopy = this.frames.isCopy(f, group.identity, point.member, group.window);
    if (isCopy) this.copies++;
    return isCopy;
  }

  /** A slot has a new conversation, opened by a frame of this point. */
  open(slot: number, point: MirrorPoint): void {
    this.first[slot] = point.index;
    this.beginPart(slot);
  }

  /** A slot's next row begins. */
  beginPart(slot: number): void {
    this.seen[2 * slot] = this.seen[2 * slot + 1] = 0;
  }

  /** A member saw a packet of the conversation in a slot. */
  note(slot: number, point: MirrorPoint): void {
    const { member } = point;
    this.seen[2 * slot + (member >>> 5)] |= 1 << (member & (WORD_BITS - 1));
  }

  /**
   * The names of the members that saw packets of a slot's row, in their order.
   *
   * @param identity what its conversation belongs to
   */
  seenBy(slot: number, identity: number): readonly string[] {
    const group = this.of(identity);
    const found = new Set<string>();
    for (let number = 0; number < group.names.length; number++) {
      const word = this.seen[2 * slot + (number >>> 5)];
      if ((word & (1 << (number & (WORD_BITS - 1)))) !== 0) found.add(group.names[number]);
    }
    return [...found].sort();
  }

  private of(identity: number): Group {
    return this.groups[identity - FIRST_GROUP];
  }

  private groupOf(name: string): Group {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    // By name, so that a group keeps its conversations when the configuration is read again.
    const group = new Group(name, FIRST_GROUP + this.groups.length);
    this.byName.set(name, group);
    this.groups.push(group);
    return group;
  }
}
