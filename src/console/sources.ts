/** Which table answers, of what the store has. */
import type { Scope } from './contract/route.js';
import type { Services } from './handler.js';
import { objects } from './questions.js';
import type { Range, Surroundings } from './statements/scope.js';
import {
  completeQuestion,
  fromRollUp,
  fromSessions,
  ROLL_UPS,
  type RollUpName,
  type Source,
  type Wanted,
} from './statements/tables.js';

/** Milliseconds for which it holds that a roll-up is there, and complete. */
const KEEP = 60_000;

/**
 * The coarsest table that answers a question.
 *
 * @param wanted undefined where no roll-up has its columns
 * @throws RequestError that names the wrong parameter
 */
export async function sourceOf(
  services: Services,
  scope: Scope,
  around: Surroundings,
  wanted: Wanted | undefined,
  signal: AbortSignal,
): Promise<Source> {
  const source = wanted === undefined ? undefined : fromRollUp(scope, around, wanted);
  if (source === undefined || !(await isComplete(services, wanted!.rollUp, source.range, signal)))
    return fromSessions(scope, around);
  return source;
}

/** Whether a roll-up adds up to all sessions of the range's days: one made lately may still be filled. */
async function isComplete(
  { questions, facts }: Services,
  rollUp: RollUpName,
  range: Range,
  signal: AbortSignal,
): Promise<boolean> {
  const names = Object.keys(ROLL_UPS).map((name) => `'${facts.prefix}${name}'`);
  const there = await questions.ask(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND name IN (${names.join(', ')})`,
    { signal, keep: KEEP },
  );
  if (!there.rows.some(([name]) => name === `${facts.prefix}${rollUp}`)) return false;
  const [{ held, stored }] = objects<{ held: number; stored: number }>(
    await questions.ask(completeQuestion(rollUp, range, facts.prefix), { signal, keep: KEEP }),
  );
  return held >= stored;
}
