import type { ROUTES, RouteName } from '../../../src/console/contract.js';

type Declared<N extends RouteName> = (typeof ROUTES)[N];

/** Method and path of every route. The contract itself stays with the server: the page needs no schemas. */
export const PATHS: { readonly [N in RouteName]: `${Declared<N>['method']} ${Declared<N>['path']}` } = {
  login: 'POST /login',
  logout: 'POST /logout',
  me: 'GET /me',
  about: 'GET /about',
  status: 'GET /status',
  sql: 'POST /sql',
  cancel: 'DELETE /queries/:id',
  explain: 'POST /sql/explain',
  schema: 'GET /schema',
  compare: 'GET /compare',
  series: 'GET /series',
  sessionPackets: 'GET /sessions/:id/packets',
  sessionCopies: 'GET /sessions/:id/copies',
  packetsCount: 'GET /packets/count',
  packetsCapture: 'GET /packets.pcapng',
  sessionCapture: 'GET /sessions/:id/packets.pcapng',
  figures: 'GET /figures',
  loss: 'GET /loss',
  top: 'GET /top',
  findings: 'GET /findings',
  applications: 'GET /applications',
  sessions: 'GET /sessions',
  sessionsCount: 'GET /sessions/count',
  session: 'GET /sessions/:id',
  sessionTransactions: 'GET /sessions/:id/transactions',
  transactions: 'GET /transactions',
  transactionsCount: 'GET /transactions/count',
  values: 'GET /values',
  without: 'GET /without',
};
