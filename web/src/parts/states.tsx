/** What stands where an answer is not there: the shape of what comes, how far it is, what is wrong. */
import { useEffect, useState } from 'react';
import type { ApiError } from '../api/client.js';

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
