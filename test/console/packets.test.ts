/** Packets over the API: frames of a session, its copies, and captures that are those of the export. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { BodyOutput, Downloads } from '../../src/console/downloads.js';
import { createLogger } from '../../src/observe/log.js';
import { runLine } from '../support/command-lines.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoRows, demoSession } from '../support/demo.js';
import { demoStore } from '../support/demo-store.js';

type Frames = Answer<'sessionPackets'>;

const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
/** A conversation that two mirrors saw, in which something was sent again. */
const HTTP = "client_port = 49154 AND client_ip = toIPv6('10.20.0.27') AND server_port = 80";

let directory: string;
/** Copies of one store: for the console, and for the command line beside it. */
let beside: string;
let served: TestConsole;
const logged: Record<string, unknown>[] = [];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'console-'));
  beside = await demoStore(join(directory, 'beside'));
  const log = createLogger('silent', false);
  log.info = ((fields: Record<string, unknown>, said: string) => logged.push({ ...fields, said })) as never;
  served = await startConsole(await demoStore(join(directory, 'store')), {}, { log });
});
afterAll(() => served.close());

describe('frames of a session', () => {
  it('are those of the store, in order, with what the mirror said', async () => {
    const id = await demoSession(`${HTTP} AND mirror_type = 'erspan2'`);
    const response = await served.get(`/sessions/${id}/packets`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('etag')).toBeNull();
    const { session, frames, more, kept, meta } = (await response.json()) as Frames;
    const rows = await demoRows<{
      data: string;
      original_length: number;
      mirror_port: number;
      vlan: number | null;
    }>(
      'SELECT base64Encode(frame) AS data, original_length, mirror_port, vlan FROM packets ' +
        `WHERE session_id = '${id}' ORDER BY time, number`,
    );
    expect(frames.length).toBe(rows.length);
    expect(more).toBe(false);
    expect(kept).toBe(rows.length);
    expect(session.packets).toBe(rows.length);
    expect(frames.map((frame) => frame.number)).toEqual(rows.map((_, i) => i + 1));
    for (const [i, row] of rows.entries()) expect(frames[i]).toMatchObject(row);
    expect(frames[0]).toMatchObject({
      direction: 'client',
      layer: 'ethernet',
      mirror_type: 'erspan2',
      mirror_source: '10.0.0.11',
      mirror_target: '10.0.0.100',
      mirror_session: 1,
      truncated: false,
    });
    expect(frames[0].time).toMatch(/^2025-06-02T08:0\d:\d\d\.\d{9}Z$/);
    expect(frames[1].direction).toBe('server');
    expect(Buffer.from(frames[0].data, 'base64').length).toBe(frames[0].length);
    expect(session).toMatchObject({ server: '10.30.0.30', server_port: 80, app_protocol: 'http' });
    expect(session).not.toHaveProperty('client_ip');
    // The statement runs as it is.
    expect((await demoRows(meta.statement)).length).toBe(rows.length);
    expect(logged).toContainEqual(
      expect.objectContaining({ audit: true, session: id, said: 'packets looked at' }),
    );
  });

  it('come in pages', async () => {
    const id = await demoSession(HTTP);
    const whole = await served.json<Frames>(`/sessions/${id}/packets`);
    const frames: Frames['frames'] = [];
    for (let more = true; more; ) {
      const page = await served.json<Frames>(`/sessions/${id}/packets?after=${frames.length}&limit=7`);
      expect(page.frames.length).toBeLessThanOrEqual(7);
      frames.push(...page.frames);
      ({ more } = page);
    }
    expect(frames).toEqual(whole.frames);
  });

  it('have a sender for every kind of conversation', async () => {
    const kinds = ["transport = 'udp'", "transport = 'icmp'", "transport = 'tcp'", "mirror_type = 'gretap'"];
    for (const kind of kinds) {
      const id = await demoSession(`${kind} AND client_packets > 0 AND server_packets > 0`);
      const { frames } = await served.json<Frames>(`/sessions/${id}/packets`);
      const [sums] = await demoRows<{ client: number; server: number }>(
        'SELECT sum(client_packets) AS client, sum(server_packets) AS server FROM sessions ' +
          `WHERE session_id = '${id}'`,
      );
      const of = (side: string): number => frames.filter((frame) => frame.direction === side).length;
      expect([kind, of('client'), of('server'), of('')]).toEqual([
        kind,
        Math.min(1000, Number(sums.client)),
        Math.min(1000, Number(sums.server)),
        0,
      ]);
    }
  });

  it.each([
    ['/sessions/01972fa8-6607-7000-bfd2-000000000000/packets', 404, /^there is no session/],
    ['/sessions/17/packets', 400, /^id: is no session_id/],
    ['/sessions/01972fa8-6607-7000-bfd2-000000000000/packets?limit=1001', 400, /^limit: must be between/],
    ['/sessions/01972fa8-6607-7000-bfd2-000000000000/packets?after=-1', 400, /^after: is not a whole/],
    ['/sessions/01972fa8-6607-7000-bfd2-000000000000/packets.pcapng', 404, /^there is no session/],
    ['/packets.pcapng?f=nonsense:1', 400, /nonsense is no column/],
    ['/packets.pcapng?encapsulated=2', 400, /^encapsulated: /],
  ])('%s is refused in one sentence', async (path, status, message) => {
    const response = await served.get(path);
    expect(response.status).toBe(status);
    expect(((await response.json()) as { detail: string }).detail).toMatch(message);
  });

  it('are only for those with the right to them', async () => {
    const viewer = await startConsole('/nowhere', { token_rights: ['view', 'sql'] });
    for (const path of [
      '/sessions/01972fa8-6607-7000-bfd2-000000000000/packets',
      '/sessions/01972fa8-6607-7000-bfd2-000000000000/copies',
      '/sessions/01972fa8-6607-7000-bfd2-000000000000/packets.pcapng',
      '/packets.pcapng',
      '/packets/count',
    ])
      expect((await viewer.get(path)).status).toBe(403);
    await viewer.close();
  });
});

describe('copies by other mirrors', () => {
  it('are found by the Community ID', async () => {
    const id = await demoSession(`${HTTP} AND mirror_type = 'erspan2'`);
    const { copies } = await served.json<Answer<'sessionCopies'>>(`/sessions/${id}/copies`);
    const rows = await demoRows<{ id: string }>(
      'SELECT toString(session_id) AS id FROM sessions WHERE community_id = ' +
        `(SELECT community_id FROM sessions WHERE session_id = '${id}') AND session_id != '${id}'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(copies.map((copy) => copy.session_id).sort()).toEqual(rows.map((row) => row.id).sort());
    expect(copies.every((copy) => copy.mirror.startsWith('erspan3,'))).toBe(true);
  });
});

describe('captures', () => {
  async function exported(where: string, encapsulated: boolean): Promise<Buffer> {
    const file = join(mkdtempSync(join(directory, 'export-')), 'of.pcapng');
    const words = ['export', '--store', beside, '--where', where, '--output', file];
    const { status, stderr } = await runLine(encapsulated ? [...words, '--encapsulated'] : words);
    expect(status, stderr).toBe(0);
    return readFileSync(file);
  }
  const bytes = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

  it.each([false, true])('of a session are the export, byte for byte; encapsulated: %s', async (outer) => {
    const id = await demoSession(HTTP);
    const response = await served.get(`/sessions/${id}/packets.pcapng?encapsulated=${outer ? 1 : 0}`);
    expect(response.headers.get('content-type')).toBe('application/x-pcapng');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-disposition')).toMatch(
      outer
        ? /^attachment; filename="mirrorlake-10\.20\.0\.27-49154-10\.30\.0\.30-80-\S+Z-encapsulated\.pcapng"$/
        : /^attachment; filename="mirrorlake-10\.20\.0\.27-49154-10\.30\.0\.30-80-2025-06-02T08\d{4}Z\.pcapng"$/,
    );
    expect((await bytes(response)).equals(await exported(`session_id = '${id}'`, outer))).toBe(true);
    expect(logged).toContainEqual(
      expect.objectContaining({ audit: true, encapsulated: outer, said: 'packets were downloaded', left: 0 }),
    );
  });

  it('of all that match are the export, byte for byte', async () => {
    const response = await served.get(`/packets.pcapng?${RANGE}&f=app_protocol:http,dns`);
    const all = await bytes(response);
    const where = "app_protocol IN ('http', 'dns')";
    expect(all.length).toBeGreaterThan(1_000_000);
    expect(all.equals(await exported(where, false))).toBe(true);
    const count = await served.json<Answer<'packetsCount'>>(
      `/packets/count?${RANGE}&f=app_protocol:http,dns`,
    );
    const [sums] = await demoRows<{ packets: number; bytes: number }>(
      'SELECT count() AS packets, sum(length(frame)) AS bytes FROM packets WHERE session_id IN ' +
        `(SELECT session_id FROM sessions WHERE ${where})`,
    );
    expect(count).toMatchObject({ packets: Number(sums.packets), bytes: Number(sums.bytes), left: 0 });
    expect(count.busy).toBe(false);
  });

  it('wait until they are read, two at once, and leave no trace when they are left', async () => {
    const leave = [new AbortController(), new AbortController()];
    const first = await served.get(`/packets.pcapng?${RANGE}`, { signal: leave[0].signal });
    // It waits for the first: the store answers others meanwhile.
    const second = served.get(`/packets.pcapng?${RANGE}`, { signal: leave[1].signal });
    second.catch(() => undefined);
    await expect
      .poll(async () => (await served.json<Answer<'packetsCount'>>(`/packets/count?${RANGE}`)).busy)
      .toBe(true);
    const third = await served.get(`/packets.pcapng?${RANGE}`);
    expect(third.status).toBe(429);
    expect(await third.json()).toMatchObject({ hint: expect.stringMatching(/wait/) as string });
    const reader = first.body!.getReader();
    expect((await reader.read()).value!.length).toBeGreaterThan(0);
    leave[0].abort();
    const whole = await bytes(await second);
    expect(whole.equals(await exported('1', false))).toBe(true);
    await expect
      .poll(async () => (await served.json<Answer<'packetsCount'>>(`/packets/count?${RANGE}`)).busy)
      .toBe(false);
    expect(logged).toContainEqual(
      expect.objectContaining({ audit: true, said: 'a download of packets broke off' }),
    );
  });
});

describe('a body', () => {
  it('takes a piece only when the one before it was read', async () => {
    const output = new BodyOutput(() => undefined);
    const reader = output.stream.getReader();
    const piece = new Uint8Array([1]);
    let written = 0;
    const writing = (async () => {
      for (let i = 0; i < 3; i++) {
        await output.write(piece);
        written++;
      }
      await output.close();
    })();
    for (let i = 1; i <= 3; i++) {
      expect((await reader.read()).value).toEqual(new Uint8Array([1]));
      expect(written).toBeLessThanOrEqual(i);
    }
    await writing;
    expect((await reader.read()).done).toBe(true);
  });

  it('ends with whoever takes nothing, and says so to the writer', async () => {
    const output = new BodyOutput(() => undefined, 1);
    await expect(output.write(new Uint8Array(1))).rejects.toThrow('takes nothing');
    let left = 0;
    const other = new BodyOutput(() => left++);
    const writing = other.write(new Uint8Array(1));
    await other.stream.cancel();
    await expect(writing).rejects.toThrow('nobody waits');
    expect(left).toBe(1);
  });
});

describe('downloads', () => {
  it('ask the store one after the other, and make room when they are aborted', async () => {
    const downloads = new Downloads();
    const { signal } = new AbortController();
    const endFirst = await downloads.begin('a', signal);
    const abort = new AbortController();
    const waiting = downloads.begin('a', abort.signal);
    await expect(downloads.begin('a', signal)).rejects.toThrow('2 downloads of yours');
    let began = false;
    const third = downloads.begin('b', signal).then((end) => {
      began = true;
      return end;
    });
    abort.abort();
    await expect(waiting).rejects.toThrow('nobody waits');
    expect(began).toBe(false);
    endFirst();
    (await third)();
    expect(downloads.isBusy('a')).toBe(false);
  });
});
