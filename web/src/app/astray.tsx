/** What stands in place of a page that is not there, or has failed; and of a time range that is none. */
import { type ErrorComponentProps, Link, useRouterState, useSearch } from '@tanstack/react-router';
import { useAnswer } from '../api/use-answer.js';
import { span } from '../format/times.js';
import { Empty, Wrong } from '../parts/states.js';
import { useCarried } from './pages.js';
import { parseRange } from './range.js';
import { useChangeScope, useLookedAt } from './scope.js';
import { scopeSearch } from './search.js';

export function NoSuchPage() {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const carried = useCarried();
  return (
    <section className="card">
      <Empty>
        <b>There is no page {path}</b>
        <span>Nothing of this console has this address.</span>
        <Link to="/" className="l" search={carried as never}>
          Overview
        </Link>
      </Empty>
    </section>
  );
}

/** A defect of the page: what it was about is still in the address. */
export function FailedPage({ error, reset }: ErrorComponentProps) {
  return (
    <section className="card">
      <div className="wrong in" role="alert">
        <b>This page has failed: {error instanceof Error ? error.message : String(error)}</b>
        <p>That is a defect of the console: please report it, with the address of the page.</p>
        <button type="button" className="l" onClick={reset}>
          Try again
        </button>
      </div>
    </section>
  );
}

/** Where a page is not there at all, the list that has those that are. */
export function OthersAt({ to, children }: { readonly to: string; readonly children: string }) {
  const carried = useCarried();
  return (
    <Link to={to as string} className="l" search={carried as never}>
      {children}
    </Link>
  );
}

/**
 * Says why nothing is shown at all: what the store has is not known. It is asked again by itself.
 */
export function StoreAway() {
  const about = useAnswer('about');
  if (about.error === null || about.data !== undefined) return null;
  return <Wrong error={about.error} again={() => void about.refetch()} />;
}

/** Says that what the address has is no time range, and which one is shown in its place. */
export function WrongTime() {
  const { t } = scopeSearch(useSearch({ strict: false }) as Record<string, unknown>);
  const looked = useLookedAt();
  const change = useChangeScope();
  if (t === undefined || looked === undefined || parseRange(t, Date.now()) !== undefined) return null;
  const { begin, end } = looked.range;
  return (
    <div className="wrong" role="alert">
      <b>“{t}” is no time range</b>
      <p>
        What is shown is {span(begin, end)}. Write t=-1h, or t=2025-06-02T08:00~08:10 in UTC.{' '}
        <button type="button" className="l" onClick={() => change({ t: undefined })}>
          Without it
        </button>
      </p>
    </div>
  );
}
