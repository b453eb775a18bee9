import type { Question } from '../question.js';

/** Open questions in the order in which they were asked. */
export class Ages {
  oldest: Question | undefined;
  private newest: Question | undefined;

  add(q: Question): void {
    q.older = this.newest;
    q.newer = undefined;
    if (this.newest === undefined) this.oldest = q;
    else this.newest.newer = q;
    this.newest = q;
  }

  remove(q: Question): void {
    if (q.older === undefined) this.oldest = q.newer;
    else q.older.newer = q.newer;
    if (q.newer === undefined) this.newest = q.older;
    else q.newer.older = q.older;
    q.older = q.newer = undefined;
  }
}
