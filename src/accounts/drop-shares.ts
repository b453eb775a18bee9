/**
 * Divides losses between the mirrors and this host's kernel. Sequence numbers tell how many packets are
 * missing, the kernel's counters how many of these the kernel itself dropped for lack of room; the latter are
 * subtracted from the mirrors' losses. If several mirrors miss packets, the kernel's drops are divided among
 * them in proportion. Drops that leave no gap (of a mirror without sequence numbers, or the last packets
 * before a pause) wait for a gap, and are divided by packets if none can appear. In the end packets + lost +
 * kernel_drops is what was sent.
 */
import type { Account } from './mirror-account.js';

/** Milliseconds until the gap left by a drop is known, at most. */
const TURN_MS = 2000;

export class DropShares {
  /**
   * The kernel's drops, those that were assigned to a mirror, and those that were unassigned one turn ago.
   */
  private drops = 0;
  private shared = 0;
  private waiting = 0;
  private nextTurn = 0;
  /**
   * Mirrors whose missing packets are not all settled, and those that sent since the last turn and in the
   * turn before.
   */
  private readonly unsettled = new Set<Account>();
  private lately = new Set<Account>();
  private before = new Set<Account>();

  /** @param changed called for every mirror that gets a share */
  constructor(private readonly changed: (account: Account) => void) {}

  /** A mirror has sent packets. */
  sent(account: Account, packets: number): void {
    account.lately += packets;
    this.lately.add(account);
  }

  /** The number of packets that a mirror misses has changed. */
  missing(account: Account): void {
    this.unsettled.add(account);
  }

  forget(account: Account): void {
    this.unsettled.delete(account);
    this.lately.delete(account);
    this.before.delete(account);
  }

  /**
   * Takes the kernel's drops since the start, and divides those that no mirror has yet.
   *
   * @param all every mirror, iterated only if drops wait and no mirror that sent lately can account for them
   */
  share(drops: number, now: number, all: Iterable<Account>): void {
    this.drops = drops;
    this.giveMissing();
    if (now < this.nextTurn) return;
    this.nextTurn = now + TURN_MS;
    this.turn(all);
  }

  /** Divides every drop: no more input comes. */
  finish(all: Iterable<Account>): void {
    this.giveMissing();
    const accounts = [...all];
    this.give(
      accounts,
      accounts.map((a) => a.packets),
      this.drops - this.shared,
    );
  }

  private giveMissing(): void {
    const left = this.drops - this.shared;
    if (left <= 0 || this.unsettled.size === 0) return;
    const accounts = [...this.unsettled];
    const missing = accounts.map((a) => Math.max(0, a.missing - a.settled));
    this.give(accounts, missing, Math.min(left, sumOf(missing)));
  }

  /** Settles packets that were missing one turn ago, and drops of that time without a gap. */
  private turn(all: Iterable<Account>): void {
    const amount = Math.min(this.drops - this.shared, this.waiting);
    if (amount > 0) this.givePlain(amount, all);
    this.waiting = this.drops - this.shared;
    for (const a of this.unsettled) {
      a.settled = Math.max(a.settled, a.settling);
      if (a.settling === a.missing && a.settled >= a.missing) this.unsettled.delete(a);
      a.settling = a.missing;
    }
    for (const a of this.before) a.before = 0;
    for (const a of this.lately) {
      a.before = a.lately;
      a.lately = 0;
    }
    [this.before, this.lately] = [this.lately, this.before];
    this.lately.clear();
  }

  /**
   * Assigns drops to mirrors without sequence numbers: to those that sent at the time of the drops, if any
   * did.
   */
  private givePlain(amount: number, all: Iterable<Account>): void {
    const sent = [...new Set([...this.lately, ...this.before])].filter((a) => !a.numbered);
    const weights = sent.map((a) => a.lately + a.before);
    if (sumOf(weights) > 0) {
      this.give(sent, weights, amount);
      return;
    }
    const plain = [...all].filter((a) => !a.numbered);
    this.give(
      plain,
      plain.map((a) => a.packets),
      amount,
    );
  }

  /** Assigns drops to mirrors in proportion to their weights. */
  private give(accounts: readonly Account[], weights: readonly number[], amount: number): void {
    const sum = sumOf(weights);
    if (sum === 0 || amount <= 0) return;
    let carried = 0;
    let handed = 0;
    for (const [i, a] of accounts.entries()) {
      carried += (weights[i] / sum) * amount;
      const share = Math.round(carried) - handed;
      if (share === 0) continue;
      handed += share;
      a.kernelDrops += share;
      a.settled += share;
      this.changed(a);
    }
    this.shared += amount;
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
