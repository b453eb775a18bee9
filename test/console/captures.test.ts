/** Captures that somebody looks into: read, bounded, asked. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MOST_CAPTURES } from '../../src/console/captures.js';
import type { Answer, Problem } from '../../src/console/contract.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';

type Capture = Answer<'addCapture'>;
const DEMO = readFileSync('lab/demo.pcapng.gz');
const SHORT = readFileSync('test/fixtures/tcp-states.pcap');

let served: TestConsole;
let state: string;
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'console-'));
  state = join(directory, 'state');
  served = await startConsole(await demoStore(join(directory, 'store')), { state, capture_limit: 2e7 });
});
afterAll(() => served.close());

const send = (name: string, body: NonNullable<RequestInit['body']>): Promise<Response> =>
  served.get(`/captures?name=${encodeURIComponent(name)}`, {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { 'content-type': 'application/octet-stream' },
  } as RequestInit);
const problem = async (answer: Response): Promise<Problem> => (await answer.json()) as Problem;
const kept = (): string[] => readdirSync(join(state, 'captures'));

describe('a capture', () => {
  it('is read into a store of its own, which every route asks, and removed again', async () => {
    const added = await send('demo.pcapng.gz', DEMO);
    expect(added.status).toBe(200);
    const { id, ...capture } = (await added.json()) as Capture;
    expect(capture).toMatchObject({ name: 'demo.pcapng.gz', bytes: DEMO.length, who: 'token' });
    const about = await served.json<Answer<'about'>>(`/about?capture=${id}`);
    expect(about).toMatchObject({ capture: 'demo.pcapng.gz', collector: null, packets: true });
    expect((await served.json<Answer<'about'>>('/about')).capture).toBe('');
    const range = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
    const [own, its] = await Promise.all([
      served.json<Answer<'map'>>(`/map?${range}`),
      served.json<Answer<'map'>>(`/map?${range}&capture=${id}`),
    ]);
    expect(its.links).toEqual(own.links);
    expect((await served.json<Answer<'captures'>>('/captures')).captures).toEqual([{ id, ...capture }]);
    expect((await served.get(`/captures/${id}`, { method: 'DELETE' })).status).toBe(200);
    expect(kept()).toEqual([]);
    expect((await served.get(`/about?capture=${id}`)).status).toBe(404);
    expect((await served.get('/about?capture=../store')).status).toBe(404);
  });

  it('need hold no mirror: its frames are the traffic, under its name', async () => {
    const added = await send('office, 2nd floor.pcap', readFileSync('test/fixtures/plain.pcap'));
    const { id } = (await added.json()) as Capture;
    const scope = `from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z&capture=${id}`;
    const { mirrors } = await served.json<Answer<'mirrors'>>(`/mirrors?${scope}`);
    expect(mirrors).toMatchObject([
      {
        id: 'capture,office; 2nd floor.pcap,0,',
        name: 'office, 2nd floor.pcap',
        type: 'capture',
        account: { packets: 27 },
      },
    ]);
    const of = async (mirror: string): Promise<number> =>
      (await served.json<Answer<'sessions'>>(`/sessions?${scope}&mirror=${encodeURIComponent(mirror)}`)).rows
        .length;
    expect(await of(mirrors[0].id)).toBe(5);
    expect(await of('capture,another.pcap,0,')).toBe(0);
    expect(await of('capture,::,0,')).toBe(5);
    expect((await served.get(`/captures/${id}`, { method: 'DELETE' })).status).toBe(200);
  });

  it('that is none is refused in one line, and leaves nothing', async () => {
    const answer = await send('passwd', 'root:x:0:0:root:/root:/bin/bash\n'.repeat(40_000));
    expect(answer.status).toBe(422);
    expect((await problem(answer)).detail).toMatch(
      /^passwd: it is no capture \(it starts with 72 6f 6f 74\)/,
    );
    expect((await problem(await send('empty', ''))).detail).toBe(
      'empty: it is empty: there is no capture to read',
    );
    expect(kept()).toEqual([]);
  });

  it('that is too large is refused, whether it says so or not', async () => {
    const large = new Uint8Array(2e7 + 1);
    large.set([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]);
    expect((await send('large.pcap', large)).status).toBe(413);
    const streamed = new ReadableStream({
      start(controller) {
        controller.enqueue(large);
        controller.close();
      },
    });
    const answer = await send('large.pcap', streamed);
    expect(answer.status).toBe(413);
    expect((await problem(answer)).detail).toBe('large.pcap is larger than 20000000 bytes');
    expect(kept()).toEqual([]);
  });

  it('is read alone, and takes the place of none that is kept', async () => {
    // Its end comes when the second has been refused.
    let end = (): void => undefined;
    const slow = new ReadableStream({
      start(controller) {
        controller.enqueue(SHORT.subarray(0, 1000));
        end = () => {
          controller.enqueue(SHORT.subarray(1000));
          controller.close();
        };
      },
    });
    const first = send('one.pcap', slow);
    await expect.poll(kept).toHaveLength(1);
    expect((await problem(await send('two.pcap', SHORT))).detail).toBe(
      'one.pcap is being read: one capture at a time',
    );
    end();
    expect((await first).status).toBe(200);
    for (let i = 1; i < MOST_CAPTURES; i++) {
      const id = `made-${i}`;
      mkdirSync(join(state, 'captures', id));
      const label = { id, name: `${i}.pcap`, bytes: 1, at: `2025-06-0${i}T00:00:00Z`, who: 'ann' };
      writeFileSync(join(state, 'captures', id, 'capture.json'), JSON.stringify(label));
    }
    const refused = await send('more.pcap', SHORT);
    expect(refused.status).toBe(409);
    expect((await problem(refused)).hint).toContain('the oldest is 1.pcap');
    const { captures } = await served.json<Answer<'captures'>>('/captures');
    expect(captures).toHaveLength(MOST_CAPTURES);
    for (const { id } of captures) await served.get(`/captures/${id}`, { method: 'DELETE' });
    expect(kept()).toEqual([]);
  });
});
