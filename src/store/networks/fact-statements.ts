/**
 * The statements of `mirrorlake networks apply`: what rows of a day say of their addresses, and how they come
 * to say something else. An address is told apart by VNI and VLAN ids only where a network has one.
 */
import { type Layout, SHARDING } from '../migrations.js';

/** The tables that say something of both ends. */
export const APPLIED_TABLES = ['sessions', 'transactions'] as const;
export type AppliedTable = (typeof APPLIED_TABLES)[number];

/** What is said of an end, without `client_` and `server_`, and its type where the answers are. */
const FACTS = {
  network: 'LowCardinality(String)',
  role: 'LowCardinality(String)',
  site: 'LowCardinality(String)',
  asn: 'UInt32',
  as_org: 'LowCardinality(String)',
  country: 'LowCardinality(String)',
} as const;
const ALL = Object.keys(FACTS);
/** What files of owners say: left as it is where there are none. */
const OWNED = new Set(['asn', 'as_org', 'country']);

/** What of a day is rewritten. */
export interface FactChange {
  readonly table: AppliedTable;
  /** In UTC, YYYY-MM-DD. */
  readonly day: string;
  /** Whether any network has a VNI, and whether any has a VLAN id. */
  readonly vnis: boolean;
  readonly vlans: boolean;
  /** Whether AS and country are written too. */
  readonly owners: boolean;
  /** Of transactions with VLAN ids: those whose session has this rest when divided by so many. */
  readonly part: number;
  readonly parts: number;
}

/** Names of the tables that exist while a change is made. */
export interface FactTables {
  readonly layout: Layout;
  /** What a statement reads is written with it: nodes of a cluster run it in a database of their own. */
  readonly database: string;
}

/** Answers by address: ENGINE = Join. */
export const ANSWERS = 'networks_facts';
/** The same on a cluster before every node has them. */
const ROWS = 'networks_facts_rows';
/** VLAN ids of sessions, of which transactions have none. */
const SESSIONS = 'networks_facts_sessions';

const TIME: Readonly<Record<AppliedTable, string>> = { sessions: 'first_seen', transactions: 'time' };
const NO_VNI = -1;

/** The days that have rows, the newest first, and about how many addresses and sessions each has. */
export function daysQuestion(table: AppliedTable, prefix: string, from: string, to: string): string {
  const day = `toDate(${TIME[table]})`;
  const addresses = ['client_ip', 'server_ip'].map((end) => `uniqCombined(${end})`).join(' + ');
  return (
    `SELECT toString(${day}) AS day, ${addresses}, uniqCombined(session_id) FROM ${prefix}${table} ` +
    `WHERE ${day} BETWEEN '${from}' AND '${to}' GROUP BY day ORDER BY day DESC`
  );
}

/**
 * What rows of a day say of their addresses: address, VNI (-1: none, or it makes no difference), VLAN ids as
 * `[1,2]` ('': they make no difference), and the facts. A share of the addresses is asked for at once.
 */
export function saidQuestion(change: FactChange, prefix: string, share: number, shares: number): string {
  const { table, day, vlans } = change;
  const names = writtenNames(change);
  const ofSessions = table === 'transactions' && vlans;
  const session = ofSessions ? 's.vlan_texts' : undefined;
  const ends = ['client', 'server'].map(
    (end) =>
      `SELECT t.${end}_ip AS address, ${vniOf(change, 't.')} AS vni_key, ` +
      `${vlansOf(change, 't.', session)} AS vlans_key, ` +
      `${names.map((name) => `t.${end}_${name} AS ${name}`).join(', ')} FROM ${prefix}${table} AS t ` +
      (ofSessions
        ? `ANY LEFT JOIN (${sessionVlans(change, `${prefix}sessions`)}) AS s ON s.session_id = t.session_id `
        : '') +
      `WHERE toDate(t.${TIME[table]}) = '${day}' AND ${isIp('t.')} AND ${isOfPart(change, 't.')} ` +
      `AND cityHash64(t.${end}_ip) % ${shares} = ${share}`,
  );
  const columns = ['address', 'vni_key', 'vlans_key', ...names].join(', ');
  return `SELECT DISTINCT ${columns} FROM (${ends.join(' UNION ALL ')})`;
}

/** Statements that make place for answers: those that are left from before go. */
export function placeStatements(change: FactChange, tables: FactTables): string[] {
  const { layout, database } = tables;
  const { prefix, cluster } = layout;
  const place = placed(tables);
  const made = [...removeStatements(tables)];
  if (cluster === undefined) made.push(`CREATE TABLE ${prefix}${ANSWERS} (${COLUMNS}) ${JOIN}`);
  else
    made.push(
      `CREATE TABLE ${place(ROWS)} (${COLUMNS}) ENGINE = ReplicatedMergeTree(` +
        `'/clickhouse/tables/{shard}/{database}/${prefix}${ROWS}_local', '{replica}') ORDER BY address`,
      `CREATE TABLE ${prefix}${ROWS} ON CLUSTER ${cluster} AS ${prefix}${ROWS}_local ENGINE = ` +
        `Distributed('${cluster}', currentDatabase(), '${prefix}${ROWS}_local', cityHash64(address))`,
    );
  if (change.table === 'transactions' && change.vlans) {
    const on = cluster === undefined ? '' : ` ON CLUSTER ${cluster}`;
    const from = `${database}.${prefix}sessions${cluster === undefined ? '' : '_local'}`;
    made.push(
      `CREATE TABLE ${prefix}${SESSIONS}${on} (session_id UUID, vlan_texts String) ` +
        `ENGINE = Join(ANY, LEFT, session_id) AS ${sessionVlans(change, from)}`,
    );
  }
  return made;
}

/** Begins a statement that takes answers: lines of {@link factLine} follow. */
export function insertAnswers({ layout: { prefix, cluster } }: FactTables): string {
  return (
    `INSERT INTO ${prefix}${cluster === undefined ? ANSWERS : ROWS} ` +
    'SETTINGS distributed_foreground_insert = 1 FORMAT JSONCompactEachRow\n'
  );
}

/** Statements that have every row of the day say what the answers are, in the background. */
export function rewriteStatements(change: FactChange, tables: FactTables): string[] {
  const { table, day } = change;
  const { layout, database } = tables;
  const { prefix, cluster } = layout;
  const place = placed(tables);
  const spread =
    cluster === undefined
      ? []
      : [
          `SYSTEM SYNC REPLICA ON CLUSTER ${cluster} ${database}.${prefix}${ROWS}_local`,
          // Every node fills its own from all shards.
          `CREATE TABLE ${prefix}${ANSWERS} ON CLUSTER ${cluster} (${COLUMNS}) ${JOIN} ` +
            `AS SELECT * FROM ${database}.${prefix}${ROWS}`,
        ];
  const session =
    table === 'transactions' && change.vlans
      ? `joinGet('${database}.${prefix}${SESSIONS}', 'vlan_texts', session_id)`
      : undefined;
  const key = (end: string): string => `${end}_ip, ${vniOf(change, '')}, ${vlansOf(change, '', session)}`;
  const answer = (name: string, end: string): string =>
    `joinGet('${database}.${prefix}${ANSWERS}', '${name}', ${key(end)})`;
  const set = ['client', 'server'].flatMap((end) =>
    writtenNames(change).map(
      (name) => `${end}_${name} = if(${answer('known', end)} = 1, ${answer(name, end)}, ${end}_${name})`,
    ),
  );
  return [
    ...spread,
    `ALTER TABLE ${place(table)} UPDATE ${set.join(', ')} IN PARTITION '${day}' WHERE ${isIp('')} AND ` +
      `${isOfPart(change, '')} AND (${answer('known', 'client')} = 1 OR ${answer('known', 'server')} = 1) ` +
      'SETTINGS mutations_sync = 0, allow_nondeterministic_mutations = 1',
  ];
}

/** The question for rewrites that have not ended: how many, parts of tables to do, what went wrong. */
export function unfinishedQuestion(tables: FactTables): string {
  const { cluster } = tables.layout;
  const from =
    cluster === undefined ? 'system.mutations' : `clusterAllReplicas('${cluster}', system.mutations)`;
  return (
    "SELECT count(), sum(parts_to_do), anyIf(latest_fail_reason, latest_fail_reason != '') " +
    `FROM ${from} WHERE ` +
    ours(tables)
  );
}

/** Statements that end rewrites that have not ended, and remove the tables. Rows keep what they say. */
export function cleanStatements(tables: FactTables): string[] {
  const { cluster } = tables.layout;
  const on = cluster === undefined ? '' : ` ON CLUSTER ${cluster}`;
  return [`KILL MUTATION${on} WHERE ${ours(tables)} SYNC`, ...removeStatements(tables)];
}

function removeStatements({ layout: { prefix, cluster } }: FactTables): string[] {
  const on = cluster === undefined ? '' : ` ON CLUSTER ${cluster}`;
  const names = [ANSWERS, SESSIONS, ...(cluster === undefined ? [] : [ROWS, `${ROWS}_local`])];
  return names.map((name) => `DROP TABLE IF EXISTS ${prefix}${name}${on} SYNC`);
}

const COLUMNS = `address IPv6, vni Int64, vlans String, ${ALL.map(
  (name) => `${name} ${FACTS[name as keyof typeof FACTS]}`,
).join(', ')}, known UInt8`;
const JOIN = 'ENGINE = Join(ANY, LEFT, address, vni, vlans)';

function ours({ database, layout: { prefix } }: FactTables): string {
  return `database = '${database}' AND NOT is_done AND position(command, '.${prefix}${ANSWERS}') > 0`;
}

/** A table whose rows are changed, on all nodes. */
function placed({ layout: { prefix, cluster } }: FactTables): (table: string) => string {
  return (table) =>
    cluster === undefined ? `${prefix}${table}` : `${prefix}${table}_local ON CLUSTER ${cluster}`;
}

/** The columns that are written, without `client_` and `server_`. */
export function writtenNames({ owners }: FactChange): string[] {
  return ALL.filter((name) => owners || !OWNED.has(name));
}

function vniOf({ vnis }: FactChange, of: string): string {
  return vnis ? `ifNull(toInt64(${of}vni), ${NO_VNI})` : `toInt64(${NO_VNI})`;
}

/** @param session tells the VLAN ids of a row's session, '' where it has none; undefined: the row has them */
function vlansOf({ vlans }: FactChange, of: string, session: string | undefined): string {
  if (!vlans) return "''";
  return session === undefined ? `toString(${of}vlan_ids)` : `if(${session} = '', '[]', ${session})`;
}

/** What is not IP has no addresses. */
function isIp(of: string): string {
  return `(${of}client_ip != '::' OR ${of}server_ip != '::')`;
}

function isOfPart({ part, parts }: FactChange, of: string): string {
  return parts === 1
    ? '1'
    : `${SHARDING.sessions.replace('session_id', `${of}session_id`)} % ${parts} = ${part}`;
}

/** VLAN ids of the sessions whose transactions are of a day: a session may have begun the day before. */
function sessionVlans(change: FactChange, sessions: string): string {
  const { day } = change;
  return (
    `SELECT session_id, toString(argMax(vlan_ids, part)) AS vlan_texts FROM ${sessions} ` +
    `WHERE toDate(first_seen) BETWEEN toDate('${day}') - 1 AND toDate('${day}') + 1 AND notEmpty(vlan_ids) ` +
    `AND ${isOfPart(change, '')} GROUP BY session_id`
  );
}
