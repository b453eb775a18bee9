import type { Dialogue } from './reader.js';

/**
 * For protocols whose answers come in the order of their questions, at an answer before which others are
 * missing (`d.isResumed`): it is one to what was asked last. What was asked before has had its own, unseen.
 */
export function giveUpOlder(d: Dialogue): void {
  const last = d.open.at(-1);
  if (last === undefined) return;
  for (let q = d.oldest; q !== undefined; q = d.oldest) {
    // What came in one packet was asked at once.
    if (q.askedSec === last.askedSec && q.askedNsec === last.askedNsec) return;
    d.giveUp(q, 'gap');
  }
}
