/** Statements that people have running, so that they can end them: by who asked and the id they chose. */
import { RequestError } from './errors.js';

/** Statements that one person has running at once. */
export const MOST_OF_ONE = 4;

export class RunningStatements {
  private readonly running = new Map<string, AbortController>();

  /**
   * @param signal aborted when its page has left
   * @returns the signal of both ends, and what is to be called when it has ended
   * @throws RequestError for an id that is in use, and for too many
   */
  begin(who: string, id: string, signal: AbortSignal): { readonly signal: AbortSignal; end(): void } {
    const key = keyOf(who, id);
    if (this.running.has(key)) throw new RequestError(`${id} runs already`, 409);
    const mine = [...this.running.keys()].filter((one) => one.startsWith(`${who}\n`)).length;
    if (mine >= MOST_OF_ONE)
      throw new RequestError(`${MOST_OF_ONE} statements of yours run already`, 429, { hint: 'cancel one' });
    const abort = new AbortController();
    this.running.set(key, abort);
    const left = (): void => abort.abort();
    if (signal.aborted) left();
    signal.addEventListener('abort', left, { once: true });
    return { signal: abort.signal, end: () => this.running.delete(key) };
  }

  /** @returns whether there was such a one */
  cancel(who: string, id: string): boolean {
    const found = this.running.get(keyOf(who, id));
    found?.abort();
    return found !== undefined;
  }
}

function keyOf(who: string, id: string): string {
  return `${who}\n${id}`;
}
