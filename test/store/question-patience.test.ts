import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ChdbProcess } from '../../src/store/embedded/process.js';
import { KILL_PATIENCE, Questions } from '../../src/store/embedded/questions.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-patience-'));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

/** An engine whose questions end only when it is restarted. */
class DeafEngine {
  readonly owner = undefined;
  kills = 0;
  restarts = 0;
  private fail: (error: Error) => void = () => {};

  ready(): Promise<void> {
    return Promise.resolve();
  }

  question(): Promise<{ ended: Promise<unknown>; kill: () => void }> {
    const ended = new Promise((_, failed) => {
      this.fail = failed;
    });
    return Promise.resolve({ ended, kill: () => void this.kills++ });
  }

  restart(): void {
    this.restarts++;
    this.fail(new Error('the process holding the store ended (SIGKILL)'));
  }
}

it('the engine is restarted if a question does not end after it was killed', async () => {
  const engine = new DeafEngine();
  const questions = new Questions(engine as unknown as ChdbProcess, directory, new Set(), 'here');
  const left = new AbortController();
  const limits = { seconds: 3600, memory: 1e9, rows: 1e9, bytes: 1e9 };
  const answer = questions
    .ask({ sql: 'SELECT 1', params: {}, format: 'TSV', color: false, limits, signal: left.signal })
    .catch((error: Error) => error.message);
  await expect.poll(() => readdirSync(directory).length).toBe(1);
  left.abort();
  expect(await answer).toContain('nobody waits for the answer');
  expect([engine.kills, engine.restarts]).toEqual([1, 0]);
  vi.advanceTimersByTime(KILL_PATIENCE - 1);
  expect(engine.restarts).toBe(0);
  vi.advanceTimersByTime(1);
  expect(engine.restarts).toBe(1);
});

it('the engine is told to end a question that takes too long, and restarted if it does not', async () => {
  const engine = new DeafEngine();
  const questions = new Questions(engine as unknown as ChdbProcess, directory, new Set(), 'here');
  const limits = { seconds: 1, memory: 1e9, rows: 1e9, bytes: 1e9 };
  const answer = questions
    .ask({ sql: 'SELECT 1', params: {}, format: 'TSV', color: false, limits, signal: undefined })
    .catch((error: Error) => error.message);
  await expect.poll(() => readdirSync(directory).length).toBe(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await answer).toContain('the question took longer than 1 s');
  expect(engine.kills).toBeGreaterThan(0);
  await vi.advanceTimersByTimeAsync(KILL_PATIENCE);
  expect(engine.restarts).toBe(1);
});
