/**
 * What rows of earlier days say of their addresses, rewritten: the answers go into a table that the engine
 * looks up in memory, and a mutation of one day's partition writes the twelve columns anew. Rows that say it
 * already are not touched, so that an interrupted run is taken up by asking again.
 */
import { CommandError, UsageError } from '../../model/errors.js';
import { StoreError } from '../errors.js';
import { failpoint } from '../spool/failpoint.js';
import type { FactLine } from './fact-lines.js';
import {
  cleanStatements,
  type FactChange,
  type FactTables,
  insertAnswers,
  placeStatements,
  rewriteStatements,
  unfinishedQuestion,
} from './fact-statements.js';
import { clusterOf, type Engine } from './stored-networks.js';

/** Answers of one rewrite: they are in the engine's memory, about 200 bytes each. */
export const MOST_ANSWERS = 500_000;
/** Answers that are inserted at once. */
const AT_ONCE = 5_000;
/** How often a rewrite is asked whether it has ended, and how often it may have failed meanwhile. */
const ASK_MS = 300;
const MOST_FAILURES = 60;
/** How often a run says that it goes on, milliseconds; one that is silent for so many seconds is over. */
const BEAT_MS = 10_000;
const SILENT_SECONDS = 60;
const ALREADY_EXISTS = 57;
const LOCK = 'networks_apply';

/** Parts of tables that are still to be written. */
export type FactProgress = (parts: number) => void;

export class StoredFacts {
  private tables: FactTables | undefined;

  constructor(private readonly engine: Engine) {}

  /**
   * Begins a run, which no other process may have. What an interrupted one has left is removed.
   *
   * @param alone whether no other process can have this store
   * @returns what ends it
   * @throws CommandError if another one is going on
   */
  async begin(alone: boolean): Promise<() => Promise<void>> {
    const tables = await this.known();
    const { prefix, cluster } = tables.layout;
    const lock = `${prefix}${LOCK}`;
    const on = cluster === undefined ? '' : ` ON CLUSTER ${cluster}`;
    const drop = `DROP TABLE IF EXISTS ${lock}${on} SYNC`;
    const make = `CREATE TABLE ${lock}${on} (beat DateTime64(3)) ENGINE = Memory`;
    try {
      await this.engine.command(make);
    } catch (error) {
      if (!(error instanceof StoreError) || error.number !== ALREADY_EXISTS) throw error;
      if (!alone && (await this.beats(lock, cluster)))
        throw new CommandError(
          'networks are being applied to this store by somebody else: wait for it; after an interrupted ' +
            `run, ${SILENT_SECONDS} seconds`,
        );
      await this.engine.command(drop);
      await this.engine.command(make);
    }
    const beat = (): Promise<void> => this.engine.command(`INSERT INTO ${lock} VALUES (now64(3))`);
    await beat();
    // One that fails is made up for by the next.
    const beating = setInterval(() => void beat().catch(() => undefined), BEAT_MS);
    await this.clean();
    return async () => {
      clearInterval(beating);
      await this.engine.command(drop);
    };
  }

  private async beats(lock: string, cluster: string | undefined): Promise<boolean> {
    const from =
      cluster === undefined ? lock : `clusterAllReplicas('${cluster}', currentDatabase(), '${lock}')`;
    const fresh = await this.engine.words(
      `SELECT count() FROM ${from} WHERE beat > now64(3) - INTERVAL ${SILENT_SECONDS} SECOND`,
    );
    return Number(fresh) > 0;
  }

  /** Begins to rewrite rows of a day. The caller {@link clean}s up when it has run, or will not. */
  async open(change: FactChange): Promise<FactRewrite> {
    const tables = await this.known();
    for (const statement of placeStatements(change, tables)) await this.engine.command(statement);
    return new FactRewrite(this.engine, change, tables);
  }

  /** Ends what has not ended, and removes its tables. */
  async clean(): Promise<void> {
    for (const statement of cleanStatements(await this.known())) await this.engine.command(statement);
  }

  private async known(): Promise<FactTables> {
    if (this.tables === undefined) {
      const { layout } = this.engine;
      const database = (await this.engine.words('SELECT currentDatabase()')).trim();
      const cluster = await clusterOf(this.engine, `${layout.prefix}sessions`);
      this.tables = { database, layout: { prefix: layout.prefix, cluster } };
    }
    return this.tables;
  }
}

/** A rewrite on its way: answers first, then it runs. */
export class FactRewrite {
  private lines: string[] = [];
  private added = 0;

  constructor(
    private readonly engine: Engine,
    private readonly change: FactChange,
    private readonly tables: FactTables,
  ) {}

  /** @returns whether {@link flush} has to be called now. @throws UsageError for one too many */
  add(fact: FactLine): boolean {
    if (this.added++ === MOST_ANSWERS) throw new UsageError(`facts: no more than ${MOST_ANSWERS} at once`);
    this.lines.push(JSON.stringify([...fact, 1]));
    return this.lines.length === AT_ONCE;
  }

  async flush(): Promise<void> {
    const lines = this.lines.splice(0);
    if (lines.length > 0) await this.engine.command(insertAnswers(this.tables) + lines.join('\n'));
  }

  /**
   * Has the rows say it.
   *
   * @param signal aborted: it is ended, and rows that were not reached keep what they say
   */
  async run(progress: FactProgress, signal: AbortSignal): Promise<void> {
    await this.flush();
    if (signal.aborted) throw interrupted();
    for (const statement of rewriteStatements(this.change, this.tables)) await this.engine.command(statement);
    failpoint('rewriting');
    await this.watch(progress, signal);
  }

  private async watch(progress: FactProgress, signal: AbortSignal): Promise<void> {
    for (let failures = 0; ; ) {
      if (signal.aborted) throw interrupted();
      const answer = await this.engine.words(`${unfinishedQuestion(this.tables)} FORMAT JSONCompactEachRow`);
      const [unfinished, parts, why] = JSON.parse(answer) as [string, string, string];
      if (Number(unfinished) === 0) return;
      progress(Number(parts));
      // ClickHouse tries again what has failed.
      failures = why === '' ? 0 : failures + 1;
      if (failures > MOST_FAILURES) throw new StoreError(`rows cannot be written anew: ${why}`);
      await new Promise((again) => setTimeout(again, ASK_MS));
    }
  }
}

/** What is said when a run ends because somebody interrupts it. */
export function interrupted(): CommandError {
  return new CommandError('interrupted: rows that were not written anew keep what they said; apply goes on');
}
