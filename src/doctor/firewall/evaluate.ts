/** Evaluates a table for a packet, as the kernel does (nft_do_chain, ipt_do_table). */
import type { Doubt } from './judgement.js';
import type { Packet } from './packet.js';
import type { Action, Chain, Rule, Table, Verdict } from './ruleset.js';

/** One way in which a packet may leave a table. */
export interface Ending {
  readonly verdict: Verdict;
  /** Undefined: the base chain's policy. */
  readonly rule: Rule | undefined;
  /** The chain that the rule is in. */
  readonly chain: string;
  /** What it depends on; if empty, it is certain. */
  readonly doubts: readonly Doubt[];
}

/**
 * What a chain may result in: endings, one per verdict, and whether the packet may reach its end, and on
 * which doubts that depends.
 */
interface Outcome {
  readonly endings: readonly Ending[];
  readonly falls: readonly Doubt[] | undefined;
}

const NOTHING: Outcome = { endings: [], falls: [] };

/**
 * Evaluates a base chain.
 *
 * @returns the ways in which the packet may leave it, one per verdict; a single one is certain
 */
export function endingsOf(table: Table, base: Chain, packet: Packet): Ending[] {
  const { endings, falls } = new Walk(table, packet).chain(base.name);
  const all = [...endings];
  if (falls !== undefined && base.base !== undefined)
    add(all, { verdict: base.base.policy, rule: undefined, chain: base.name, doubts: falls });
  return all;
}

class Walk {
  private readonly known = new Map<string, Outcome>();

  constructor(
    private readonly table: Table,
    private readonly packet: Packet,
  ) {}

  chain(name: string): Outcome {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    // The kernel rejects loops; a loop in a listing is followed once.
    this.known.set(name, NOTHING);
    const outcome = this.rules(this.table.chains.get(name));
    this.known.set(name, outcome);
    return outcome;
  }

  private rules(chain: Chain | undefined): Outcome {
    const endings: Ending[] = [];
    let falls: readonly Doubt[] | undefined;
    /** The doubts on which reaching this rule depends. */
    let here: readonly Doubt[] = [];
    for (const rule of chain?.rules ?? []) {
      for (const { when, action } of rule.branches(this.packet)) {
        if (when === false) continue;
        const by = when === true ? here : [...here, when];
        const done = this.act(action, rule, chain!.name, by);
        for (const e of done.endings) add(endings, e);
        if (done.returns !== undefined) falls ??= done.returns;
        // Everything after it depends on it.
        if (when !== true) here = by;
        else if (done.goesOn === undefined) return { endings, falls };
        else here = done.goesOn;
        if (when === true) break;
      }
    }
    return { endings, falls: falls === undefined || here.length < falls.length ? here : falls };
  }

  /**
   * @returns endings, and the doubts on which it depends that the packet reaches the next rule, or leaves the
   * chain
   */
  private act(
    action: Action,
    rule: Rule,
    chain: string,
    by: readonly Doubt[],
  ): { endings: readonly Ending[]; goesOn?: readonly Doubt[]; returns?: readonly Doubt[] } {
    if (action.kind === 'verdict') {
      return { endings: [{ verdict: action.verdict, rule, chain, doubts: by }] };
    }
    if (action.kind === 'return') return { endings: [], returns: by };
    const { endings, falls } = this.chain(action.chain);
    const there = endings.map((e) => ({ ...e, doubts: [...by, ...e.doubts] }));
    if (falls === undefined) return { endings: there };
    const on = [...by, ...falls];
    return action.kind === 'goto' ? { endings: there, returns: on } : { endings: there, goesOn: on };
  }
}

/** Keeps one ending per verdict: the one with the fewest doubts. */
function add(endings: Ending[], e: Ending): void {
  const at = endings.findIndex((have) => have.verdict === e.verdict);
  if (at < 0) endings.push(e);
  else if (e.doubts.length < endings[at].doubts.length) endings[at] = e;
}
