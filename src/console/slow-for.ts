/** Which networks of clients find a service slow that is not for the others. */

/** Of fewer conversations, a median says nothing. */
export const FEWEST = 3;
/** So many times as long as for the others, and at least so many microseconds more. */
const TIMES = 3;
const MORE_US = 5000;

export interface NetworkWait {
  readonly prefix: string;
  readonly conversations: number;
  /** The median, microseconds. */
  readonly us: number;
}

export interface SlowFor<N extends NetworkWait> {
  readonly slow: readonly N[];
  readonly others: readonly N[];
  /** The median of the others, weighed by their conversations, microseconds. */
  readonly othersUs: number;
}

/** @returns undefined: it is slow for none, or for all alike */
export function slowFor<N extends NetworkWait>(networks: readonly N[]): SlowFor<N> | undefined {
  const known = networks.filter((n) => n.conversations >= FEWEST).sort((a, b) => a.us - b.us);
  for (let i = 1; i < known.length; i++) {
    const [others, slow] = [known.slice(0, i), known.slice(i)];
    const othersUs = middle(others);
    if (slow[0].us >= TIMES * known[i - 1].us && slow[0].us >= othersUs + MORE_US)
      return { slow: slow.reverse(), others, othersUs };
  }
  return undefined;
}

function middle(networks: readonly NetworkWait[]): number {
  const half = networks.reduce((sum, n) => sum + n.conversations, 0) / 2;
  let sum = 0;
  for (const { conversations, us } of networks) {
    sum += conversations;
    if (sum >= half) return us;
  }
  return 0;
}
