/** Words that sessions and transactions are told in. */
import { printable } from '../../format/text.js';

const OUTCOMES: Readonly<Record<string, { readonly kind: string; readonly words: string }>> = {
  ok: { kind: 'ok', words: 'answered' },
  client_error: { kind: 'warn', words: 'refused, or wrongly asked' },
  server_error: { kind: 'bad', words: 'the server could not' },
  unanswered: { kind: 'bad', words: 'no answer' },
  unasked: { kind: '', words: 'an answer whose question was not seen' },
};

/** How a transaction ended: the protocol's own word, in the color of the outcome. */
export function Outcome({ outcome, status }: { readonly outcome: string; readonly status: string }) {
  const { kind, words } = OUTCOMES[outcome] ?? { kind: '', words: outcome };
  return (
    <span className={`tag ${kind}`} title={`${outcome}: ${words}`}>
      {printable(status === '' ? outcome : status)}
    </span>
  );
}

const ENDS: Readonly<Record<string, string>> = {
  idle: 'ended by silence',
  active: 'goes on, or nothing came after',
  fin: 'ended by FIN',
  rst: 'ended by RST',
  pressure: 'ended because the session table was full',
  shutdown: 'ended when the collector did',
  eof: 'ended with the capture',
};

export function endWords(reason: string): string {
  return ENDS[reason] ?? reason;
}
