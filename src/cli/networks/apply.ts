/** Has rows of earlier days say what is known of their addresses now. */
import { counted, grouped } from '../../model/words.js';
import { AddressFacts } from '../../networks/address-facts.js';
import { NetworkTable, networkTable } from '../../networks/network-table.js';
import { readOwners } from '../../networks/owners.js';
import { readNetworks } from '../../networks/read-networks.js';
import type { FactLine } from '../../store/networks/fact-lines.js';
import {
  APPLIED_TABLES,
  type AppliedTable,
  daysQuestion,
  type FactChange,
  saidQuestion,
} from '../../store/networks/fact-statements.js';
import { interrupted, MOST_ANSWERS } from '../../store/networks/stored-facts.js';
import { failpoint } from '../../store/spool/failpoint.js';
import { heldBy, storeToWrite } from '../find-store.js';
import { type AppliedStore, openApplied } from './applied-store.js';
import { Knower } from './knower.js';
import type { ApplyOptions } from './options.js';

/** Addresses whose facts are asked for at once, and sessions whose VLAN ids are in the engine's memory. */
const SHARE_ADDRESSES = 200_000;
const PART_SESSIONS = 1_000_000;
/** How often progress is told, milliseconds. */
const TOLD_MS = 5_000;

export async function apply(options: ApplyOptions): Promise<void> {
  const config =
    options.config === undefined
      ? undefined
      : (await import('../../config/load.js')).loadConfig(options.config);
  const owners = options.owners.length > 0 ? options.owners : (config?.owners ?? []);
  const files = owners.map(readOwners);
  const given = options.networks === undefined ? undefined : readNetworks(options.networks).networks;
  const found = await heldBy(await storeToWrite(options));
  const store = await openApplied(found);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const networks = given ?? (await store.networks(config?.networks));
    if (networks.length === 0 && files.length === 0 && given === undefined)
      process.stderr.write('there are no networks: rows will say of none\n');
    const memory = networkTable(networks);
    const knower = new Knower(
      new AddressFacts({ networks: memory, owners: files, names: undefined }),
      files.length > 0,
    );
    const { hasVlans: vlans, hasVnis: vnis } = new NetworkTable(memory);
    const run = new Run(store, knower, { vlans, vnis, owners: files.length > 0 }, stop.signal);
    for (const table of APPLIED_TABLES) await run.table(table, options.since, options.until);
    process.stderr.write(`${run.told()}\n`);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await store.close();
  }
}

type Keys = Pick<FactChange, 'vlans' | 'vnis' | 'owners'>;

class Run {
  private days = 0;
  private changed = 0;

  constructor(
    private readonly store: AppliedStore,
    private readonly knower: Knower,
    private readonly keys: Keys,
    private readonly signal: AbortSignal,
  ) {}

  told(): string {
    if (this.days === 0) return 'there are no rows of these days';
    if (this.changed === 0) return 'rows say what is known already: nothing was written anew';
    return 'rows say what is known now';
  }

  /** The rows of a table, the newest day first. @param since, until days in UTC */
  async table(table: AppliedTable, since: string, until: string): Promise<void> {
    const days: [string, number, number][] = [];
    for await (const line of this.store.ask(daysQuestion(table, this.store.prefix, since, until)))
      days.push(JSON.parse(line) as [string, number, number]);
    for (const [day, addresses, sessions] of days) {
      this.days++;
      const parts =
        table === 'transactions' && this.keys.vlans ? Math.ceil(Number(sessions) / PART_SESSIONS) : 1;
      for (let part = 0; part < parts; part++)
        await this.day(
          { table, day, ...this.keys, part, parts },
          Math.ceil(Number(addresses) / SHARE_ADDRESSES),
        );
    }
  }

  /** A day, or a part of it. Addresses whose rows say already what is known are left out. */
  private async day(change: FactChange, shares: number): Promise<void> {
    let facts: FactLine[] = [];
    let seen = new Set<string>();
    for (let share = 0; share < shares; share++) {
      if (this.signal.aborted) throw interrupted();
      for await (const line of this.store.ask(saidQuestion(change, this.store.prefix, share, shares))) {
        const fact = this.knower.changed(line);
        const key = fact === undefined ? '' : `${fact[0]} ${fact[1]} ${fact[2]}`;
        if (fact === undefined || seen.has(key)) continue;
        seen.add(key);
        facts.push(fact);
        if (facts.length < MOST_ANSWERS) continue;
        await this.rewrite(change, facts);
        facts = [];
      }
      // An address is in one share.
      seen = new Set();
    }
    if (facts.length > 0) await this.rewrite(change, facts);
  }

  private async rewrite(change: FactChange, facts: readonly FactLine[]): Promise<void> {
    const { day, table } = change;
    this.changed += facts.length;
    let told = performance.now();
    await this.store.rewrite(
      change,
      facts,
      (parts) => {
        failpoint('told-progress');
        if (performance.now() - told < TOLD_MS) return;
        told = performance.now();
        process.stderr.write(`${day}: ${table}: ${counted(parts, 'part')} to write\n`);
      },
      this.signal,
    );
    const addresses = `${grouped(facts.length)} ${facts.length === 1 ? 'address' : 'addresses'}`;
    process.stderr.write(`${day}: ${table}: rows of ${addresses} written anew\n`);
  }
}
