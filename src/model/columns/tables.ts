/** The tables that segments fill. */
import type { Table } from './column.js';
import { MIRRORS } from './mirrors.js';
import { PACKETS } from './packets.js';
import { SESSIONS } from './sessions.js';
import { TUNNELS } from './tunnels.js';

export type TableName = 'sessions' | 'mirrors' | 'tunnels' | 'packets';

export const TABLES: Readonly<Record<TableName, Table>> = {
  sessions: SESSIONS,
  mirrors: MIRRORS,
  tunnels: TUNNELS,
  packets: PACKETS,
};

export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];
