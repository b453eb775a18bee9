/** What the workers read of applications, added up. */
import type { ApplicationStatus } from './status.js';

/** Of a worker that has not reported yet. */
export const NOTHING_READ: ApplicationStatus = {
  conversations: 0,
  transactions: {},
  left_out: 0,
  certificates: 0,
  certificates_forgotten: 0,
  names: 0,
  names_early: 0,
  partial: { cut: 0, gap: 0, limit: 0, malformed: 0 },
  conversations_given_up: 0,
  questions_given_up: 0,
  messages_given_up: 0,
  words_left_out: 0,
};

/** The sums over all workers. */
export function addedUp(all: readonly ApplicationStatus[]): ApplicationStatus {
  return all.reduce((a, b) => {
    const transactions = { ...a.transactions };
    for (const [name, rows] of Object.entries(b.transactions))
      transactions[name] = (transactions[name] ?? 0) + rows;
    return {
      conversations: a.conversations + b.conversations,
      transactions,
      left_out: a.left_out + b.left_out,
      certificates: a.certificates + b.certificates,
      certificates_forgotten: a.certificates_forgotten + b.certificates_forgotten,
      names: a.names + b.names,
      names_early: a.names_early + b.names_early,
      partial: {
        cut: a.partial.cut + b.partial.cut,
        gap: a.partial.gap + b.partial.gap,
        limit: a.partial.limit + b.partial.limit,
        malformed: a.partial.malformed + b.partial.malformed,
      },
      conversations_given_up: a.conversations_given_up + b.conversations_given_up,
      questions_given_up: a.questions_given_up + b.questions_given_up,
      messages_given_up: a.messages_given_up + b.messages_given_up,
      words_left_out: a.words_left_out + b.words_left_out,
    };
  }, NOTHING_READ);
}
