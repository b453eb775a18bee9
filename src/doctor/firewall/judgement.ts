/** Whether a rule's condition holds for a packet that has not arrived yet; sometimes that cannot be known. */

/** An unknown that a condition depends on. */
export interface Doubt {
  /**
   * `sender`: who sends and where, as the rule's owner chose; `rule`: something that cannot be evaluated
   * here.
   */
  readonly of: 'sender' | 'rule';
  /** The condition in words. */
  readonly what: string;
}

export type Judgement = boolean | Doubt;

export const onSender = (what: string): Doubt => ({ of: 'sender', what });
export const onRule = (what: string): Doubt => ({ of: 'rule', what });

/** Conjunction; a doubt only if none fails. Of several doubts, one of kind `rule` counts. */
export function all(judgements: Iterable<Judgement>): Judgement {
  let doubt: Doubt | undefined;
  for (const j of judgements) {
    if (j === false) return false;
    if (j !== true && (doubt === undefined || j.of === 'rule')) doubt = j;
  }
  return doubt ?? true;
}

/** Disjunction; a doubt only if none holds. */
export function any(judgements: Iterable<Judgement>): Judgement {
  let doubt: Doubt | undefined;
  for (const j of judgements) {
    if (j === true) return true;
    if (j !== false && (doubt === undefined || j.of === 'rule')) doubt = j;
  }
  return doubt ?? false;
}

export function not(j: Judgement): Judgement {
  return typeof j === 'boolean' ? !j : j;
}

/** The common judgement if all agree; otherwise it depends on the sender. */
export function agreed(judgements: readonly Judgement[], what: string): Judgement {
  if (judgements.length === 0) return onSender(what);
  return judgements.every((j) => j === judgements[0]) ? judgements[0] : onSender(what);
}
