/** Whether a rule's condition holds for a packet that has not come yet; it may be that nobody can tell. */

/** What a condition depends on that is not known. */
export interface Doubt {
  /** `sender`: who sends, and where, as the rule's owner chose; `rule`: what cannot be judged here at all. */
  readonly of: 'sender' | 'rule';
  /** The condition in words. */
  readonly what: string;
}

export type Judgement = boolean | Doubt;

export const onSender = (what: string): Doubt => ({ of: 'sender', what });
export const onRule = (what: string): Doubt => ({ of: 'rule', what });

/** All of them; a doubt only where none fails. Of several doubts the one that cannot be judged counts. */
export function all(judgements: Iterable<Judgement>): Judgement {
  let doubt: Doubt | undefined;
  for (const j of judgements) {
    if (j === false) return false;
    if (j !== true && (doubt === undefined || j.of === 'rule')) doubt = j;
  }
  return doubt ?? true;
}

/** Any of them; a doubt only where none holds. */
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

/** One judgement where all agree; else that it depends on the sender. */
export function agreed(judgements: readonly Judgement[], what: string): Judgement {
  if (judgements.length === 0) return onSender(what);
  return judgements.every((j) => j === judgements[0]) ? judgements[0] : onSender(what);
}
