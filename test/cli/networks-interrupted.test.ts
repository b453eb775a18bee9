/** `mirrorlake networks apply` interrupted while the engine writes rows anew, and begun again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { APPLY, inOpened, NETWORKS, UNWRITTEN, writtenRows } from '../support/many-sessions.js';
import { program } from '../support/programs.js';
import { makeStore } from '../support/store-copies.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-interrupted-'));
writeFileSync(join(directory, 'networks.csv'), NETWORKS);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A run of the program in a process of its own, which tests end as they like. */
function begin(location: string, failpoint = '') {
  const words = [program('main'), 'networks', ...APPLY, '--networks', 'networks.csv', '--store', location];
  const child = spawn(process.execPath, words, {
    cwd: directory,
    env: { ...process.env, MIRRORLAKE_FAILPOINT: failpoint },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = Promise.all([text(child.stderr), once(child, 'exit')]).then(([stderr, [status, signal]]) => ({
    status: status as number | null,
    signal: signal as string | null,
    stderr,
  }));
  return { ended, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

const SAID = 'interrupted: rows that were not written anew keep what they said; apply goes on';
const REFUSED =
  'mirrorlake: networks are being applied to this store by somebody else: wait for it; after an ' +
  'interrupted run, 60 seconds\n';

async function expectFinished(location: string): Promise<void> {
  const last = await begin(location).ended;
  expect(last).toMatchObject({ status: 0, stderr: expect.stringMatching(/^rows say what is known now$/m) });
  await inOpened(location, async (store) => {
    expect(await writtenRows(store)).toEqual({ written: 'all', left: '' });
  });
  expect((await begin(location).ended).stderr).toBe(
    'rows say what is known already: nothing was written anew\n',
  );
}

describe('in an embedded store', () => {
  const location = join(directory, 'data');
  beforeAll(async () => {
    await makeStore(location);
    await inOpened(location, async () => undefined);
  });

  it('is taken up after Ctrl-C, and after a kill', async () => {
    const interrupted = await begin(location, 'rewriting:0:SIGINT').ended;
    expect(interrupted).toMatchObject({ status: 1, signal: null });
    // The first day may have been written by then.
    expect(interrupted.stderr.replace(/^\S+: sessions: rows of .*\n/, '')).toBe(`mirrorlake: ${SAID}\n`);
    await inOpened(location, async (store) => {
      expect(await writtenRows(store)).toEqual({ written: expect.stringMatching(/none|some/), left: '' });
    });
    const killed = await begin(location, 'rewriting').ended;
    expect(killed).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    await expectFinished(location);
  });
});

describe('on a server', () => {
  let server: ClickHouseServer;
  let location: string;
  beforeAll(async () => {
    server = await ClickHouseServer.start();
    location = `${server.url}/lake`;
    await inOpened(location, (store) => store.migrate());
  });
  afterAll(() => server?.stop());

  /** Begins a run, and waits until the engine has a rewrite to do, which waits too. */
  async function beginHeld() {
    await server.sql('SYSTEM STOP MERGES lake.sessions');
    const run = begin(location);
    await expect
      .poll(() => server.sql('SELECT count() FROM system.mutations WHERE NOT is_done'), { timeout: 60_000 })
      .toBe('1\n');
    return run;
  }

  it('ends the rewrite at Ctrl-C, and keeps others out until then', async () => {
    const run = await beginHeld();
    expect(await begin(location).ended).toEqual({ status: 1, signal: null, stderr: REFUSED });
    run.kill('SIGINT');
    expect(await run.ended).toEqual({ status: 1, signal: null, stderr: `mirrorlake: ${SAID}\n` });
    await inOpened(location, async (store) => {
      expect(await writtenRows(store)).toEqual({ written: 'none', left: '' });
    });
  });

  it('keeps others out after a kill, until it has been silent for a minute', async () => {
    const run = await beginHeld();
    run.kill('SIGKILL');
    await run.ended;
    expect(await begin(location).ended).toEqual({ status: 1, signal: null, stderr: REFUSED });
    // Stands for the minute.
    await server.sql('TRUNCATE TABLE lake.networks_apply');
    await server.sql('SYSTEM START MERGES lake.sessions');
    await expectFinished(location);
  });

  it('says that the server has gone, and is taken up when it is back', async () => {
    await inOpened(location, async (store: Store) => {
      await store.change(UNWRITTEN);
    });
    const run = await beginHeld();
    await server.kill();
    const { status, stderr } = await run.ended;
    expect(status).toBe(1);
    expect(stderr).toMatch(/^mirrorlake: .*\n$/);
    await server.restart();
    await expectFinished(location);
  });
});
