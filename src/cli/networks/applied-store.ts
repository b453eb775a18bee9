/** The store whose rows are written anew: opened by this process, or held by a running collector. */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Network } from '../../model/network.js';
import { LONGEST_QUESTION, QUESTION_DEFAULTS } from '../../model/question-limits.js';
import { isServer } from '../../model/store-location.js';
import { readNetworks } from '../../networks/read-networks.js';
import { askCollector, openReply } from '../../observe/control.js';
import { tablePrefix } from '../../store/location.js';
import type { FactLine } from '../../store/networks/fact-lines.js';
import type { FactChange } from '../../store/networks/fact-statements.js';
import { interrupted } from '../../store/networks/stored-facts.js';
import { openStore } from '../../store/open.js';
import type { FoundStore } from '../find-store.js';
import { linesOf, networksInEffect } from './in-effect.js';

export interface AppliedStore {
  /** Of its tables' names. */
  readonly prefix: string;
  /** The networks in effect. @param file that the configuration names */
  networks(file: string | undefined): Promise<readonly Network[]>;
  /** The lines of an answer, JSONCompactEachRow. */
  ask(sql: string): AsyncIterable<string>;
  /** @param progress told the parts of tables that are still to do */
  rewrite(
    change: FactChange,
    facts: readonly FactLine[],
    progress: (parts: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
}

const FORMAT = 'JSONCompactEachRow';
/** Lines that are sent at once. */
const AT_ONCE = 1000;

export async function openApplied(found: FoundStore): Promise<AppliedStore> {
  const { collector, location } = found;
  return collector === undefined || isServer(location)
    ? openOwn(location)
    : throughCollector(found, collector);
}

async function openOwn(location: string): Promise<AppliedStore> {
  const store = openStore(location, { create: false });
  let end: () => Promise<void>;
  try {
    await store.migrate();
    end = await store.facts.begin(!isServer(location));
  } catch (error) {
    await store.close();
    throw error;
  }
  const limits = { ...QUESTION_DEFAULTS, seconds: LONGEST_QUESTION };
  return {
    prefix: tablePrefix(location),
    networks: async (file) => (file === undefined ? store.networks.read() : readNetworks(file).networks),
    ask: async function* (sql) {
      yield* linesOf(await store.query(sql, { format: FORMAT, limits }));
    },
    rewrite: async (change, facts, progress, signal) => {
      try {
        const rewrite = await store.facts.open(change);
        for (const fact of facts) {
          if (rewrite.add(fact)) await rewrite.flush();
          if (signal.aborted) break;
        }
        await rewrite.run(progress, signal);
      } finally {
        await store.facts.clean();
      }
    },
    close: async () => {
      try {
        await end();
      } finally {
        await store.close();
      }
    },
  };
}

function throughCollector(found: FoundStore, collector: string): AppliedStore {
  const run = randomBytes(16).toString('hex');
  return {
    prefix: '',
    networks: async () => (await networksInEffect(found, {})).networks,
    ask: async function* (sql) {
      const reply = await openReply(collector, { command: 'query', sql, format: FORMAT, timeout: 'longest' });
      yield* linesOf(Readable.from(reply.body, { objectMode: false }));
    },
    rewrite: async (change, facts, progress, signal) => {
      try {
        await rewriteThrough(collector, { run, ...change }, facts, progress, signal);
      } catch (error) {
        if (signal.aborted) throw interrupted();
        throw error;
      }
    },
    // Others need not wait.
    close: async () => {
      await askCollector(collector, { command: 'apply_networks', run, end: true }).catch(() => undefined);
    },
  };
}

/** Ends without an answer if it is interrupted: the collector then cleans up. */
async function rewriteThrough(
  collector: string,
  what: FactChange & { run: string },
  facts: readonly FactLine[],
  progress: (parts: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const reply = await openReply(collector, { command: 'apply_networks', ...what }, { signal });
  const answer = (async () => {
    for await (const line of linesOf(Readable.from(reply.body, { objectMode: false })))
      progress(Number(line));
  })();
  let over = false;
  answer.catch(() => {
    over = true;
  });
  for (let i = 0; i < facts.length && !over; i += AT_ONCE) {
    const lines = facts.slice(i, i + AT_ONCE).map((fact) => `${JSON.stringify(fact)}\n`);
    if (!reply.upload.write(Buffer.from(lines.join(''))))
      await Promise.race([reply.upload.drained(), answer]);
  }
  reply.upload.endUpload();
  await answer;
}
