/** What stands where an answer is not there: the shape of what comes, how far it is, what is wrong. */
import { useEffect, useState } from 'react';
import type { ApiError } from '../api/client.js';
import { type Slow, useGoing } from '../api/slow.js';
import { count, seconds } from '../format/numbers.js';

/** Milliseconds after which the shape of what comes is shown: what comes sooner does not flicker. */
const SOON = 150;

export function Bones({ lines = 5 }: { readonly lines?: number }) {
  const [shown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), SOON);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <div className="bones" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <span key={i} style={{ width: `${100 - ((i * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

/** How far a question is. */
export interface Reached {
  readonly rowsRead: number;
  /** 0: not known. */
  readonly rowsToRead: number;
  readonly elapsedMs: number;
}

/** How far it is, and how to end it. */
export function Running({ reached, cancel }: { readonly reached: Reached; readonly cancel: () => void }) {
  const { rowsRead, rowsToRead, elapsedMs } = reached;
  const share = rowsToRead > 0 ? Math.min(1, rowsRead / rowsToRead) : 0;
  return (
    <div className="running" role="status">
      <progress value={share} max={1} aria-label="Progress" />
      <span className="muted">
        {rowsRead === 0 && rowsToRead === 0
          ? 'Waiting for the store'
          : `${count(rowsRead)} of ${rowsToRead > 0 ? count(rowsToRead) : '?'} rows read`}
        , {seconds(elapsedMs / 1000)}
      </span>
      <button type="button" className="btn sm" onClick={cancel}>
        Cancel
      </button>
    </div>
  );
}

/** A question whose answer is not there. */
export interface Awaited {
  readonly slow?: Slow;
  refetch(): unknown;
}

/** How a question goes that takes longer than a second; nothing before. */
export function Going({ of }: { readonly of: Awaited }) {
  const going = useGoing(of.slow);
  if (going === undefined) return null;
  if (going === 'stopped')
    return (
      <div className="running" role="status">
        <span className="muted">Stopped before there was an answer.</span>
        <button type="button" className="btn sm" onClick={() => void of.refetch()}>
          Ask again
        </button>
      </div>
    );
  const reached = {
    rowsRead: going.rows_read,
    rowsToRead: going.rows_to_read,
    elapsedMs: going.elapsed_ms,
  };
  return <Running reached={reached} cancel={() => of.slow?.cancel()} />;
}

/** The shape of what comes, and how it goes. */
export function Waiting({ of, lines }: { readonly of: Awaited; readonly lines?: number }) {
  const stopped = useGoing(of.slow) === 'stopped';
  return (
    <>
      <Going of={of} />
      {!stopped && <Bones {...(lines !== undefined && { lines })} />}
    </>
  );
}

/** Whether the same question may have an answer another time: what is wrong with it stays wrong. */
function mayBeRight({ status }: ApiError): boolean {
  return status < 400 || status >= 500 || status === 408 || status === 429;
}

export function Wrong({ error, again }: { readonly error: ApiError; readonly again?: () => void }) {
  return (
    <div className="wrong" role="alert">
      <b>{error.message}</b>
      {error.hint !== undefined && <p>{error.hint}</p>}
      {again !== undefined && mayBeRight(error) && (
        <button type="button" className="l" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Empty({ children }: { readonly children: React.ReactNode }) {
  return <div className="empty">{children}</div>;
}
