/** Lets in who has signed in with the link's token (first.ts), or before; asks for it where it is missing. */
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Answer } from '../../../src/console/contract.js';
import { ApiError, call } from '../api/client.js';
import { signedIn } from '../first.js';
import { Wrong } from '../parts/states.js';

export const ME = queryOptions<Answer<'me'>, ApiError>({
  queryKey: ['me'],
  queryFn: () => signedIn,
  retry: false,
  retryOnMount: false,
  staleTime: Number.POSITIVE_INFINITY,
});

export function SignedIn({ children }: { readonly children: ReactNode }) {
  const me = useQuery(ME);
  if (me.data !== undefined) return children;
  if (me.error === null) return null;
  return <SignIn error={me.error} />;
}

/** Who is signed in. */
export function useMe(): Answer<'me'> | undefined {
  return useQuery({ ...ME, enabled: false }).data;
}

function SignIn({ error }: { readonly error: ApiError }) {
  const client = useQueryClient();
  const [given, write] = useState('');
  const [wrong, say] = useState<ApiError | undefined>(error.status === 401 ? undefined : error);
  return (
    <main className="signin">
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault();
          const link = /token=([\w-]+)/.exec(given)?.[1] ?? given.trim();
          call('login', { body: { token: link } }).then(
            (me) => client.setQueryData(['me'], me),
            (e: unknown) => e instanceof ApiError && say(e),
          );
        }}
      >
        <h1>mirrorlake</h1>
        <p className="muted">
          Open the link that <span className="mono">mirrorlake console url</span> prints, or paste its token.
        </p>
        <label>
          Token or link
          <span className="search">
            <input
              type="password"
              autoComplete="current-password"
              value={given}
              onChange={(event) => write(event.target.value)}
              // biome-ignore lint/a11y/noAutofocus: it is all that the page asks for
              autoFocus
            />
          </span>
        </label>
        {wrong !== undefined && <Wrong error={wrong} />}
        <button type="submit" className="btn pri" disabled={given.trim() === ''}>
          Sign in
        </button>
      </form>
    </main>
  );
}
