/**
 * What ClickHouse makes of the tables, for docs/reference/columns.md: name, type and meaning of each column.
 */
import { SESSIONS } from './sessions.js';

export interface ViewColumn {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
}

const AS_IN_SESSIONS = 'As in `sessions`.';

/** The view in which the parts of a conversation are one row. */
const CONVERSATIONS: readonly ViewColumn[] = [
  { name: 'session_id', type: 'UUID', doc: AS_IN_SESSIONS },
  { name: 'parts', type: 'UInt32', doc: 'Rows of `sessions` it is made of.' },
  {
    name: 'complete',
    type: 'UInt8',
    doc:
      '1 where these are all from its first on, 0 where some are gone (`retention`), or not stored yet, ' +
      'while later ones are.',
  },
  ...SESSIONS.columns
    .filter(({ name }) => name !== 'session_id' && name !== 'part')
    .map(({ name, type, whole }) => ({
      name,
      type: whole?.type ?? type.clickhouse,
      doc: whole?.doc ?? AS_IN_SESSIONS,
    })),
  ...SESSIONS.derived.map(({ name, derived, whole }) => ({
    name,
    type: derived,
    doc: whole?.doc ?? AS_IN_SESSIONS,
  })),
];

const KEYS_BY_MINUTE = ['mirror_type', 'mirror_source', 'mirror_session'];
const FLOW_BY_MINUTE = ['client_ip', 'server_ip', 'server_port', 'protocol'];
const SUMMED_BY_MINUTE = ['client_packets', 'server_packets', 'client_bytes', 'server_bytes'];

function typeOf(name: string): string {
  return SESSIONS.columns.find((column) => column.name === name)?.type.clickhouse ?? '';
}

const SESSIONS_BY_MINUTE: readonly ViewColumn[] = [
  { name: 'minute', type: "DateTime('UTC')", doc: 'Start of the minute.' },
  ...[...KEYS_BY_MINUTE, ...FLOW_BY_MINUTE].map((name) => ({
    name,
    type: typeOf(name),
    doc: AS_IN_SESSIONS,
  })),
  {
    name: 'sessions',
    type: 'UInt64',
    doc:
      'Rows of `sessions`: a long conversation counts once for each of its parts, in the minute of the ' +
      'part.',
  },
  ...SUMMED_BY_MINUTE.map((name) => ({ name, type: typeOf(name), doc: 'Their sum.' })),
];

const SCHEMA_MIGRATIONS: readonly ViewColumn[] = [
  { name: 'version', type: 'UInt32', doc: 'Number of a migration the store has had.' },
  { name: 'name', type: 'String', doc: 'Its name.' },
  { name: 'applied_at', type: "DateTime64(3, 'UTC')", doc: 'When.' },
];

export const VIEWS: Readonly<Record<string, readonly ViewColumn[]>> = {
  conversations: CONVERSATIONS,
  sessions_by_minute: SESSIONS_BY_MINUTE,
  schema_migrations: SCHEMA_MIGRATIONS,
};
