import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './style.css';
import { ApiError } from './api/client.js';
import { takeArrived } from './api/early.js';
import { startKeys } from './app/keys.js';
import { router } from './app/router.js';
import { NONCE } from './app/served.js';
import { ME, SignedIn } from './app/signed-in.js';
import { askedFirst } from './first.js';
import { knowFirst } from './parts/names.js';
import { Toasts } from './parts/toasts.js';

startKeys();

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // What is wrong with a question is wrong the second time, too.
      retry: (failures, error) => failures < 2 && error instanceof ApiError && error.status === 0,
      refetchOnWindowFocus: false,
    },
  },
});

// The frame that is seen (first.ts) stays until there is more.
await client.prefetchQuery(ME);
for (const { key, answer } of await takeArrived(askedFirst)) client.setQueryData(key, answer);
// Undefined where they have not come yet.
const named = await Promise.race([askedFirst, undefined]);
if (named !== undefined) knowFirst(named);
createRoot(document.getElementById('page')!).render(
  <StrictMode>
    <CSPProvider nonce={NONCE}>
      <QueryClientProvider client={client}>
        <SignedIn>
          <RouterProvider router={router} />
        </SignedIn>
        <Toasts />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
