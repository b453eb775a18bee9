import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/units.js';
import { counted } from '../model/words.js';
import {
  distributedTables,
  type Layout,
  migrationStatements,
  migrations,
  migrationsTable,
  statements,
  viewStatements,
} from '../store/migrations.js';
import { retentionNotice } from '../store/retention.js';
import { storeToWrite } from './find-store.js';
import { WRITE_HELP } from './store-words.js';

interface SchemaOptions {
  store?: string;
  config?: string;
  cluster?: string;
  retention?: number | 'none';
}

export function registerSchema(program: Command): void {
  const schema = program
    .command('schema')
    .summary("print the store's tables, or bring them up to date")
    .description(
      "Prints the store's tables as SQL, or creates them in a store and brings them up to this version.",
    );
  schema
    .command('print')
    .description('Prints the statements that create the tables, in order.')
    .option('--cluster <name>', 'as replicated and distributed tables on this cluster', clusterName)
    .action(print);
  schema
    .command('apply')
    .description(
      'Applies the migrations that the store lacks, and the retention, and fills roll-ups for the days ' +
        'before they were made. Commands that write to a store apply migrations themselves.',
    )
    .option('--store <store>', WRITE_HELP)
    .option('--config <file>', 'a configuration, for its store and retention')
    .option(
      '--cluster <name>',
      'make replicated and distributed tables on this cluster, which the server must know',
      clusterName,
    )
    .option('--retention <age>', 'remove rows older than this (30d, 12h), or none to keep all', retention)
    .action(apply);
}

function clusterName(value: string): string {
  if (!/^[A-Za-z_]\w*$/.test(value))
    throw new InvalidArgumentError('give the name of a cluster of the server.');
  return value;
}

function retention(value: string): number | 'none' {
  if (value === 'none') return value;
  const seconds = parseDuration(value);
  // As in the configuration. ClickHouse counts seconds since 1970 in 32 bits: a much longer retention would
  // expire every row.
  if (!(seconds >= 3600 && seconds <= 20 * 366 * 86400))
    throw new InvalidArgumentError('give 1h to 7320d, as in 30d, or none.');
  return seconds;
}

function print(options: SchemaOptions): void {
  const layout: Layout = { prefix: '', cluster: options.cluster };
  const all = migrations();
  // Without what a later migration makes anew.
  const kept = new Set(migrationStatements(all, layout));
  let sql = `${migrationsTable(layout)};\n`;
  for (const migration of all) {
    sql += `\n-- ${String(migration.version).padStart(4, '0')} ${migration.name}\n`;
    for (const statement of statements(migration, layout)) if (kept.has(statement)) sql += `${statement};\n`;
  }
  const views = all.flatMap((migration) => viewStatements(migration, layout));
  for (const last of [distributedTables(layout), views.filter((view) => kept.has(view))])
    if (last.length > 0) sql += `\n${last.join(';\n')};\n`;
  process.stdout.write(sql);
}

async function apply(options: SchemaOptions): Promise<void> {
  const config =
    options.config === undefined ? undefined : (await import('../config/load.js')).loadConfig(options.config);
  const { location } = await storeToWrite(options);
  const { openStore } = await import('../store/open.js');
  const store = openStore(location, { create: true, cluster: options.cluster });
  try {
    const { applied, made } = await store.migrate();
    for (const { version, name } of applied)
      process.stderr.write(`applied ${String(version).padStart(4, '0')} ${name}\n`);
    for (const name of made) process.stderr.write(`made ${name} again, with nothing in it: it was missing\n`);
    for (const gap of await store.gaps()) {
      await store.fill(gap);
      process.stderr.write(`filled ${gap.rollup} of ${gap.day}: ${counted(gap.sessions, 'session')}\n`);
    }
    if (applied.length + made.length === 0) process.stderr.write(`${store.name} is up to date\n`);
    const age = options.retention ?? config?.retention;
    if (age !== undefined) await store.retain(age === 'none' ? undefined : age, false);
    const removed = await store.retention();
    if (removed !== undefined) process.stderr.write(`${retentionNotice(store.name, removed)}\n`);
  } finally {
    await store.close();
  }
}
