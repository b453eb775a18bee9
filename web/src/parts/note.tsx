/** What is to be said about something: a mark, a sentence, and what to do. */
import { Check, CircleDashed, Terminal, TriangleAlert, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { CopyButton } from './code.js';
import { Icon } from './icon.js';
import type { NoteKind } from './note-kind.js';

const MARKS = {
  ok: { icon: Check, color: 'var(--ok)', words: 'well:' },
  warn: { icon: TriangleAlert, color: 'var(--warn)', words: 'beware:' },
  bad: { icon: X, color: 'var(--bad)', words: 'wrong:' },
  wait: { icon: CircleDashed, color: 'var(--faint)', words: 'not yet:' },
  do: { icon: Terminal, color: 'var(--text)', words: '' },
} as const satisfies Record<NoteKind, object>;

export function Note(props: {
  readonly kind: NoteKind;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  /** Commands that mend it, or find out more. */
  readonly commands?: readonly string[];
}) {
  const { kind, title, children, commands = [] } = props;
  const { icon, color, words } = MARKS[kind];
  return (
    <li className="note" data-kind={kind}>
      <span style={{ color }}>
        <Icon of={icon} />
        <span className="sr">{words}</span>
      </span>
      <div className="said">
        <b>{title}</b> {children}
        {commands.map((command) => (
          <div key={command} className="flex">
            <code className="mono command">{command}</code>
            <CopyButton text={command} what="Command" small />
          </div>
        ))}
      </div>
    </li>
  );
}

export function Notes({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <ul className="notes" aria-label={label}>
      {children}
    </ul>
  );
}
