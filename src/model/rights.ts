/** What somebody who is signed in at the console may do. */

/** See sums, sessions and transactions; see packets' contents; ask in SQL; drop captures into the page. */
export const RIGHTS = ['view', 'packets', 'sql', 'captures'] as const;
export type Right = (typeof RIGHTS)[number];
