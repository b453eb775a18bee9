/** How the page's questions take turns, are asked once, and are kept. */
import { setMaxListeners } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Asker } from '../../src/console/asker.js';
import { KEEP_RUNNING, MOST_RUNNING, MOST_WAITING, Questions, URGENCY } from '../../src/console/questions.js';

/** An engine that answers when it is told to, and remembers what it was asked. */
class Engine {
  held: number | undefined;
  readonly asked: { readonly sql: string; readonly signal: AbortSignal; answer(n: number): void }[] = [];

  ask(sql: string, { signal }: { signal: AbortSignal }): Promise<Readable> {
    const stream = new PassThrough();
    signal.addEventListener('abort', () => stream.destroy(new Error('ended')));
    const answer = (n: number): void => {
      stream.write('{"meta":[{"name":"n","type":"UInt8"}]}\n');
      stream.write('{"progress":{"read_rows":"7","total_rows_to_read":"9","elapsed_ns":"2000000"}}\n');
      stream.end(`{"row":[${n}]}\n`);
    };
    this.asked.push({ sql: sql.split(' SETTINGS')[0], signal, answer });
    return Promise.resolve(stream);
  }
}

function made() {
  const engine = new Engine();
  let now = 0;
  const questions = new Questions(engine as unknown as Asker, () => now);
  const pass = (ms: number): void => {
    now += ms;
  };
  /** Lets what is ready happen. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { engine, questions, pass, settle };
}

describe('questions', () => {
  it('are asked once by all who ask at once, and end when the last has left', async () => {
    const { engine, questions, settle } = made();
    const [one, other] = [new AbortController(), new AbortController()];
    const first = questions.ask('q', { signal: one.signal }).catch((e: Error) => e.message);
    const second = questions.ask('q', { signal: other.signal }).catch((e: Error) => e.message);
    await settle();
    expect(engine.asked).toHaveLength(1);
    one.abort();
    expect(await first).toBe('nobody waits for the answer any more');
    expect(engine.asked[0].signal.aborted).toBe(false);
    other.abort();
    expect(await second).toBe('nobody waits for the answer any more');
    expect(engine.asked[0].signal.aborted).toBe(true);
    // Whoever asks now does not get the one that is ending.
    const third = questions.ask('q');
    await settle();
    expect(engine.asked).toHaveLength(2);
    engine.asked[1].answer(3);
    expect((await third).rows).toEqual([[3]]);
  });

  it('are kept while they are true', async () => {
    const { engine, questions, pass, settle } = made();
    const ask = async (keep?: number): Promise<unknown> => {
      const answer = questions.ask('q', keep === undefined ? {} : { keep });
      await settle();
      engine.asked.at(-1)?.answer(engine.asked.length);
      return (await answer).rows[0][0];
    };
    expect(await ask()).toBe(1);
    pass(KEEP_RUNNING - 1);
    expect(await ask()).toBe(1);
    pass(2);
    expect(await ask()).toBe(2);
  });

  it('about rows are kept as long as nobody else can write any', async () => {
    const { engine, questions, pass, settle } = made();
    const ask = async (keep: number): Promise<unknown> => {
      const answer = questions.ask(`q${keep}`, { keep });
      await settle();
      engine.asked.at(-1)?.answer(engine.asked.length);
      return (await answer).rows[0][0];
    };
    engine.held = 1;
    expect(await ask(5000)).toBe(1);
    expect(await ask(KEEP_RUNNING)).toBe(2);
    pass(100_000);
    expect(await ask(5000)).toBe(1);
    expect(await ask(KEEP_RUNNING)).toBe(3);
    // Somebody else had the directory.
    engine.held = 2;
    expect(await ask(5000)).toBe(4);
    engine.held = undefined;
    pass(5001);
    expect(await ask(5000)).toBe(5);
  });

  it('say how far they are', async () => {
    const { engine, questions, settle } = made();
    const reached: number[] = [];
    const answer = questions.ask('q', {
      progress: ({ rowsRead, rowsToRead }) => reached.push(rowsRead, rowsToRead),
    });
    await settle();
    engine.asked[0].answer(1);
    expect(await answer).toMatchObject({ rowsRead: 7, elapsedMs: 2 });
    expect(reached).toEqual([7, 9]);
  });

  it('take turns: what is urgent before what may wait', async () => {
    const { engine, questions, settle } = made();
    const answers = ['a', 'b'].map((q) => questions.ask(q));
    answers.push(
      questions.ask('late', { urgency: URGENCY.last }),
      questions.ask('card', { urgency: URGENCY.card }),
    );
    await settle();
    expect(engine.asked.map(({ sql }) => sql)).toEqual(['a', 'b']);
    engine.asked[0].answer(1);
    await answers[0];
    await settle();
    expect(engine.asked.map(({ sql }) => sql)).toEqual(['a', 'b', 'card']);
    for (const at of [1, 2]) engine.asked[at].answer(1);
    await answers[3];
    await settle();
    engine.asked[3].answer(1);
    await Promise.all(answers);
    expect(engine.asked.map(({ sql }) => sql)).toEqual(['a', 'b', 'card', 'late']);
  });

  it('are refused when too many wait, and a place that is left is free', async () => {
    const { engine, questions, settle } = made();
    const leaving = new AbortController();
    setMaxListeners(0, leaving.signal);
    const waiting: Promise<unknown>[] = [];
    for (let i = 0; i < MOST_RUNNING + MOST_WAITING; i++)
      waiting.push(questions.ask(`q${i}`, { signal: leaving.signal }).catch(() => undefined));
    await settle();
    await expect(questions.ask('one more')).rejects.toThrow('too many questions wait');
    leaving.abort();
    await Promise.all(waiting);
    await settle();
    const after = questions.ask('after');
    await settle();
    engine.asked.at(-1)?.answer(5);
    expect((await after).rows).toEqual([[5]]);
  });

  it('fail with what the engine says in the middle', async () => {
    const broken = { ask: () => Promise.resolve(Readable.from(['{"exception":"Memory limit exceeded"}\n'])) };
    const questions = new Questions(broken as unknown as Asker);
    await expect(questions.ask('q')).rejects.toThrow('Memory limit exceeded');
  });

  it('fail where the answer breaks off, and what has come of it is not kept', async () => {
    const meta = '{"meta":[{"name":"n","type":"UInt8"}]}\n';
    const answers: Readable[] = [
      Readable.from([]),
      new PassThrough(),
      Readable.from([meta, '{"row":[1]}\n']),
    ];
    const breaking = answers[1] as PassThrough;
    breaking.write(`${meta}{"row":[1]}\n`);
    const engine = { ask: () => Promise.resolve(answers.shift()!) };
    const questions = new Questions(engine as unknown as Asker);
    await expect(questions.ask('q')).rejects.toThrow('the store did not answer');
    const second = questions.ask('q');
    breaking.destroy();
    await expect(second).rejects.toThrow('Premature close');
    expect((await questions.ask('q')).rows).toEqual([[1]]);
  });
});
