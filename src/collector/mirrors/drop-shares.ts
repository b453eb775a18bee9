/**
 * Who lost what did not arrive. Sequence numbers tell how many packets are missing, the kernel's counters how
 * many of them it dropped itself for want of room: these are taken off the mirrors' losses. Where several
 * mirrors miss packets, the kernel's drops are shared out in proportion; drops that leave no gap (a mirror
 * without sequence numbers, or the last packets before a pause) wait for one, and go to the mirrors by their
 * packets when none can come. So at the end packets + lost + kernel_drops is what was sent.
 */
import type { Account } from './mirror-account.js';

/** Milliseconds between a drop and the gap it leaves becoming known, at most. */
const TURN_MS = 2000;

export class DropShares {
  /** The kernel's drops, those that have a mirror, and those that had none a turn ago. */
  private drops = 0;
  private shared = 0;
  private waiting = 0;
  private nextTurn = 0;
  /**
   * Mirrors whose missing packets are not all settled, and those that sent since the last turn and in the one
   * before.
   */
  private readonly unsettled = new Set<Account>();
  private lately = new Set<Account>();
  private before = new Set<Account>();

  /** @param changed told of every mirror that gets a share */
  constructor(private readonly changed: (account: Account) => void) {}

  /** A mirror has sent packets. */
  sent(account: Account, packets: number): void {
    account.lately += packets;
    this.lately.add(account);
  }

  /** What a mirror misses has changed. */
  missing(account: Account): void {
    this.unsettled.add(account);
  }

  forget(account: Account): void {
    this.unsettled.delete(account);
    this.lately.delete(account);
    this.before.delete(account);
  }

  /**
   * Takes the kernel's drops since the start, and shares out those that have no mirror yet.
   *
   * @param all every mirror, looked at only where drops wait and no mirror has sent lately that may be theirs
   */
  share(drops: number, now: number, all: Iterable<Account>): void {
    this.drops = drops;
    this.giveMissing();
    if (now < this.nextTurn) return;
    this.nextTurn = now + TURN_MS;
    this.turn(all);
  }

  /** Shares out every drop: nothing more comes. */
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

  /** Settles what was missing a turn ago, and what the kernel dropped by then without a gap that shows it. */
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
   * Gives drops to mirrors whose numbers would not show them: those that sent when they were dropped, if any
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

  /** Gives drops to mirrors in proportion to their weights. */
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
