/** What `mirrorlake doctor` finds. */
import type { FindingSaid } from '../../../src/console/contract/setup.js';
import { Note } from './note.js';

const KINDS = { good: 'ok', poor: 'warn', bad: 'bad' } as const;

/** A command and what is said behind it in brackets: `ip link set … (and on the way from the mirror)`. */
function command(fix: string): { readonly command: string; readonly more: string } {
  const parts = /^(.*?) (\([^()]*\))$/.exec(fix);
  return { command: parts?.[1] ?? fix, more: parts?.[2] ?? '' };
}

export function Finding({ finding }: { readonly finding: FindingSaid }) {
  const { state, subject, text, fix } = finding;
  const mend = fix === undefined ? undefined : command(fix);
  return (
    <Note kind={KINDS[state]} title={subject} {...(mend !== undefined && { commands: [mend.command] })}>
      <span className="muted">
        {text} {mend?.more}
      </span>
    </Note>
  );
}
