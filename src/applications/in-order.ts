/** For protocols whose answers come in the order of their questions. */
import { Outcome } from '../model/told.js';
import type { Question } from './question.js';
import type { Dialogue } from './reader.js';

/**
 * At an answer before which others are missing (`d.isResumed`): it is one to what was asked last. What was
 * asked before has had its own, unseen.
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

/** The question that comes next to be answered. */
export function due(d: Dialogue): Question | undefined {
  const q = d.oldest;
  return q?.outcome === Outcome.Unasked ? undefined : q;
}

/**
 * An answer that nobody asked for. Where the server has had more of the client than came here, its question
 * may still come: mirrors change the order of two directions.
 */
export function answerEarly(d: Dialogue): Question {
  if (!d.knowsMore) return d.unasked();
  const q = d.ask(-1);
  q.byClient = !d.fromClient;
  q.outcome = Outcome.Unasked;
  d.asked = undefined;
  d.begin(q);
  return q;
}

/** Asks. A question whose answer came before it is answered with that. */
export function askInOrder(d: Dialogue, id = 0): Question {
  for (let q = d.oldest; q?.outcome === Outcome.Unasked; q = d.oldest) {
    if (d.isResumed) {
      d.giveUp(q);
      continue;
    }
    d.answer(q, q.status === '' ? Outcome.Ok : Outcome.ClientError);
    d.answering = undefined;
    d.asked = q;
    q.askedSec = q.begunSec;
    q.askedNsec = q.begunNsec;
    return q;
  }
  return d.ask(id);
}
