/** Questions from the control socket, for the store that this collector fills. */

import { UsageError } from '../../model/errors.js';
import type { QuestionLimits } from '../../model/question-limits.js';
import type { BodyWriter } from '../../observe/body.js';
import type { ControlAnswer, ControlRequest } from '../../observe/control.js';
import type { StoreThread, ThreadQuestion } from './store-thread.js';

/** Bounds of a question. */
export interface QuestionRules {
  readonly limits: QuestionLimits;
  /** The longest time that a question may ask for, in seconds. */
  readonly longest: number;
}

/**
 * Answers a question, no faster than the client reads, and ends it when the client disconnects.
 *
 * @throws UsageError for an invalid question, and the store's errors
 */
export async function answerQuery(
  store: StoreThread,
  rules: QuestionRules,
  request: ControlRequest,
  answer: ControlAnswer,
): Promise<void> {
  const question = questionOf(request, rules);
  let body: BodyWriter | undefined;
  const asked = store.query(question, async (bytes) => {
    body ??= answer.begin();
    if (answer.closed) return false;
    if (!body.write(bytes)) await body.drained();
    return !answer.closed;
  });
  answer.onClose(() => asked.cancel());
  await asked.ended;
  (body ?? answer.begin()).end();
}

/** The question in a request. Any local client may send anything, so it is validated. */
function questionOf(request: ControlRequest, rules: QuestionRules): ThreadQuestion {
  const { sql, format, params = {}, color, timeout } = request;
  if (typeof sql !== 'string') throw new UsageError('query: there is no statement');
  if (format !== undefined && (typeof format !== 'string' || !/^\w{1,64}$/.test(format)))
    throw new UsageError('query: --format is one of the names of ClickHouse, as JSONEachRow');
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw new UsageError('query: parameters are names with values');
  for (const [name, value] of Object.entries(params)) {
    if (!/^[A-Za-z_]\w{0,63}$/.test(name) || typeof value !== 'string')
      throw new UsageError(
        `query: --param ${name.slice(0, 64)}: write name=value, the name of letters, digits and _`,
      );
  }
  const seconds =
    timeout === undefined ? rules.limits.seconds : timeout === 'longest' ? rules.longest : Number(timeout);
  if (!(seconds >= 1 && seconds <= rules.longest))
    throw new UsageError(
      `query: --timeout is from 1s to ${rules.longest}s here: questions.longest of the ` +
        `collector's configuration says so`,
    );
  return {
    sql,
    format,
    params: params as Record<string, string>,
    color: color === true,
    limits: { ...rules.limits, seconds },
  };
}
