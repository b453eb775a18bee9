/** The tables that segments fill. */
import { CERTIFICATES } from './certificates.js';
import type { Table } from './column.js';
import { MIRRORS } from './mirrors.js';
import { NAMES } from './names.js';
import { NETWORK_LOADS } from './network-loads.js';
import { PACKETS } from './packets.js';
import { HOPS, PATHS } from './paths.js';
import { SESSIONS } from './sessions.js';
import { TRANSACTIONS } from './transactions.js';
import { TUNNELS } from './tunnels.js';

export type TableName =
  | 'sessions'
  | 'transactions'
  | 'certificates'
  | 'mirrors'
  | 'tunnels'
  | 'packets'
  | 'paths'
  | 'hops'
  | 'names'
  | 'network_loads';

export const TABLES: Readonly<Record<TableName, Table>> = {
  sessions: SESSIONS,
  transactions: TRANSACTIONS,
  certificates: CERTIFICATES,
  mirrors: MIRRORS,
  tunnels: TUNNELS,
  packets: PACKETS,
  paths: PATHS,
  hops: HOPS,
  names: NAMES,
  network_loads: NETWORK_LOADS,
};

export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];
