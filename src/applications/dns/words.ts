/** The words of DNS' numbers, and what they mean for a question. */
import { Outcome } from '../../model/told.js';
import type { Texts } from '../engine/texts.js';
import { knownRcode, knownType } from './numbers.js';

export { Type } from './numbers.js';

/** The word of a record's or query's type; `TYPE65280` (RFC 3597, 5) where it has none. */
export function typeWord(texts: Texts, type: number): string {
  return knownType(type) ?? numbered(texts, 'TYPE', type);
}

/** The word of a response code with its extension in EDNS; `RCODE17` where it has none. */
export function rcodeWord(texts: Texts, rcode: number): string {
  return knownRcode(rcode) ?? numbered(texts, 'RCODE', rcode);
}

/** How a question ended: FORMERR and NXDOMAIN are the client's errors, the others the server's. */
export function rcodeOutcome(rcode: number): Outcome {
  if (rcode === 0) return Outcome.Ok;
  return rcode === 1 || rcode === 3 ? Outcome.ClientError : Outcome.ServerError;
}

function numbered(texts: Texts, word: string, n: number): string {
  texts.begin();
  texts.addWord(word);
  texts.addNumber(n);
  return texts.take();
}
