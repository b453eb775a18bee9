import type { Command } from 'commander';
import { DEFAULT_LAYOUT, migrations, migrationsTable, statements } from '../store/migrations.js';
import { openStore } from '../store/open.js';
import { DEFAULT_STORE } from './read.js';

export function registerSchema(program: Command): void {
  const schema = program
    .command('schema')
    .summary("print the store's tables, or bring them up to date")
    .description("The store's tables: printed as SQL, or made and brought up to this version in a store.");
  schema
    .command('print')
    .description('Prints every statement that makes the tables, in order.')
    .action(print);
  schema
    .command('apply')
    .description(
      'Applies the migrations the store has not had. Other commands that store do so by themselves.',
    )
    .option('--store <store>', 'a directory, or http://user:password@host:8123/database', DEFAULT_STORE)
    .action(apply);
}

function print(): void {
  const layout = DEFAULT_LAYOUT;
  let sql = `${migrationsTable(layout)};\n`;
  for (const migration of migrations()) {
    sql += `\n-- ${String(migration.version).padStart(4, '0')} ${migration.name}\n`;
    for (const statement of statements(migration, layout)) sql += `${statement};\n`;
  }
  process.stdout.write(sql);
}

async function apply(options: { store: string }): Promise<void> {
  const store = openStore(options.store, { create: true });
  try {
    const applied = await store.migrate();
    for (const { version, name } of applied)
      process.stderr.write(`applied ${String(version).padStart(4, '0')} ${name}\n`);
    if (applied.length === 0) process.stderr.write(`${store.name} is up to date\n`);
  } finally {
    await store.close();
  }
}
