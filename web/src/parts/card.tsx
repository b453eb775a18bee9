import { Popover } from '@base-ui/react/popover';
import { Link } from '@tanstack/react-router';
import { CodeXml } from 'lucide-react';
import type { CSSProperties, ReactNode } from 'react';
import type { Meta } from '../../../src/console/contract.js';
import type { ApiError } from '../api/client.js';
import { count } from '../format/numbers.js';
import { copy } from './copy.js';
import { Icon } from './icon.js';
import { type Awaited, Going, Waiting, Wrong } from './states.js';

export interface CardProps {
  readonly title: string;
  /** Beside the title, in grey. */
  readonly sub?: ReactNode;
  /** At the right of the head. */
  readonly tools?: ReactNode;
  /** How the answer came to be: shown and copied at `</>`. */
  readonly meta?: Meta | undefined;
  readonly className?: string;
  readonly style?: CSSProperties;
  /** The question: while it has no answer, its bones, how it goes, or its error are shown. */
  readonly of?: Awaited & {
    readonly isPending: boolean;
    readonly isPlaceholderData: boolean;
    readonly error: ApiError | null;
  };
  readonly bones?: number;
  readonly children: ReactNode;
}

/** A card: a question, its answer, and the SQL behind it. */
export function Card(props: CardProps) {
  const { title, sub, tools, meta, of, bones, children, className = '', style } = props;
  const stale = of?.isPlaceholderData === true ? ' stale' : '';
  return (
    <section className={`card${stale} ${className}`} style={style} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {sub !== undefined && <span className="sub">{sub}</span>}
        <span className="r">
          {tools}
          {meta !== undefined && <Statement meta={meta} />}
        </span>
      </header>
      <div className="in">
        {of?.error ? (
          <Wrong error={of.error} again={() => void of.refetch()} />
        ) : of?.isPending === true ? (
          <Waiting of={of} {...(bones !== undefined && { lines: bones })} />
        ) : (
          <>
            {of?.isPlaceholderData === true && <Going of={of} />}
            {children}
          </>
        )}
        {meta?.note !== undefined && <p className="faint">{meta.note}</p>}
      </div>
    </section>
  );
}

/** The statement behind an answer: to read, to copy, to change. */
export function Statement({ meta }: { readonly meta: Meta }) {
  return (
    <Popover.Root>
      <Popover.Trigger className="btn sm icon" aria-label="The SQL behind this">
        <Icon of={CodeXml} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end">
          <Popover.Popup className="popup statement">
            <pre className="code">{meta.statement}</pre>
            <p className="faint">
              {count(meta.rows_read)} rows of {meta.table} read in {count(Math.round(meta.elapsed_ms))} ms
            </p>
            <div className="flex">
              <button type="button" className="btn sm" onClick={() => void copy(meta.statement, 'SQL')}>
                Copy SQL
              </button>
              <button
                type="button"
                className="btn sm"
                onClick={() => void copy(commandFor(meta.statement), 'Command')}
              >
                Copy as command
              </button>
              <Link to={'/sql' as string} search={{ q: meta.statement } as never} className="btn sm">
                Open in SQL
              </Link>
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** A command line for a POSIX shell. */
export function commandFor(statement: string): string {
  return `mirrorlake query '${statement.replaceAll("'", `'\\''`)}'`;
}
