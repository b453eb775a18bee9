/** The questions of docs/how-to/cookbook.md, which comes with the program. */
import { readFileSync } from 'node:fs';

export interface CookbookQuestion {
  readonly group: string;
  readonly question: string;
  /** What the page says of it, in Markdown. */
  readonly text: string;
  readonly sql: string;
}

const PAGE = new URL('../../docs/how-to/cookbook.md', import.meta.url);

/** Every question with a statement, in the page's order. @param page in Markdown */
export function cookbookQuestions(page: string): CookbookQuestion[] {
  const questions: CookbookQuestion[] = [];
  for (const part of page.split(/^## /m).slice(1)) {
    const group = part.slice(0, part.indexOf('\n'));
    for (const one of part.split(/^### /m).slice(1)) {
      const [, sql] = /^```sql\n([\s\S]*?)^```$/m.exec(one) ?? [];
      if (sql === undefined) continue;
      const end = one.indexOf('\n');
      const question = one.slice(0, end).replace(/^\d+\. /, '');
      const text = one.slice(end, one.indexOf('```')).trim();
      questions.push({ group, question, text, sql: sql.trimEnd() });
    }
  }
  return questions;
}

let read: CookbookQuestion[] | undefined;

/** The questions that came with the program; none where the pages are not there. */
export function cookbook(): CookbookQuestion[] {
  if (read !== undefined) return read;
  try {
    read = cookbookQuestions(readFileSync(PAGE, 'utf8'));
  } catch {
    read = [];
  }
  return read;
}
