/** Lists that are longer than pages show, and a tab for which rows come too fast: each reaches its bound. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveEvents } from '../../src/console/contract/live.js';
import type { Answer } from '../../src/console/contract.js';
import { MOST_WAITING_ROWS } from '../../src/console/routes/live.js';
import { MOST_ROWS } from '../../src/console/statements/hosts.js';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { SessionRecord } from '../../src/model/session-record.js';
import { ControlServer } from '../../src/observe/control.js';
import { SessionSegment } from '../../src/store/segment/segments.js';
import { setU32 } from '../../src/wire/bytes.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { inStore, makeStore } from '../support/store-copies.js';

const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-02T09:00:00Z';
const AT = Date.parse('2025-06-02T08:00:00Z') / 1000;
/** Clients of the server, in so many networks; ports that it has, and services that it asks. */
const [CLIENTS, NETWORKS] = [250, 60];
const SERVER = '10.200.0.1';

const mapped = (...ip: number[]): Uint8Array =>
  new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ip]);

/** Conversations of a server with all of them. */
function segment(): Uint8Array {
  const made = new SessionSegment('test');
  const record = new SessionRecord();
  record.point = new MirrorPoint(0, MirrorType.Erspan2, mapped(10, 0, 0, 1), mapped(10, 0, 0, 2), 1, null);
  record.ipVersion = 4;
  record.protocol = 6;
  record.transport = 'tcp';
  record.clientPackets = record.serverPackets = 1;
  record.clientBytes = record.serverBytes = 100;
  let n = 0;
  const add = (client: Uint8Array, server: Uint8Array, port: number): void => {
    setU32(record.sessionId, 12, ++n);
    record.firstSeenSec = record.lastSeenSec = AT + n;
    record.clientIp.set(client);
    record.serverIp.set(server);
    record.clientPort = 20_000 + n;
    record.serverPort = port;
    made.session(record);
  };
  for (let i = 0; i < CLIENTS; i++) {
    const client = mapped(10, 1, i % NETWORKS, i);
    add(client, mapped(10, 200, 0, 1), 443);
    add(client, mapped(10, 200, 0, 1), 1000 + i);
    add(mapped(10, 200, 0, 1), mapped(10, 201, 0, i), 80);
  }
  return made.take();
}

describe('lists of a host and of a service', () => {
  let served: TestConsole;
  beforeAll(async () => {
    const store = await makeStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store'));
    await inStore(store, (opened) => opened.insert('sessions', segment(), 'lists', 3 * CLIENTS));
    served = await startConsole(store);
  });
  afterAll(() => served.close());

  it('have 100 rows, and say how many there are', async () => {
    const host = await served.json<Answer<'host'>>(`/hosts/${SERVER}?${RANGE}`);
    const lists = [host.serves, host.asks, host.clients];
    expect(lists.map(({ rows }) => rows.length)).toEqual([MOST_ROWS, MOST_ROWS, MOST_ROWS]);
    expect(lists.map(({ of_all }) => of_all)).toEqual([CLIENTS + 1, CLIENTS, CLIENTS]);
    const service = await served.json<Answer<'service'>>(`/services/${SERVER}:443?${RANGE}`);
    expect([service.clients.rows.length, service.clients.of_all]).toEqual([MOST_ROWS, CLIENTS]);
    expect(service.waits.networks).toHaveLength(50);
  });

  it('of a range have what is asked for, and say what is cut', async () => {
    const hosts = await served.json<Answer<'hosts'>>(`/hosts?${RANGE}&limit=100`);
    expect([hosts.rows.length, hosts.of_all, hosts.meta.cut]).toEqual([100, 501, 401]);
    const services = await served.json<Answer<'services'>>(`/services?${RANGE}&limit=100`);
    expect([services.rows.length, services.of_all, services.meta.cut]).toEqual([100, 501, 401]);
  });

  it('of services are the same summed up and one by one', async () => {
    const day = 'from=2025-06-02T00:00:00Z&to=2025-06-03T00:00:00Z';
    const parts = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:59:00Z';
    const [each, summed] = await Promise.all(
      [parts, day].map((range) => served.json<Answer<'services'>>(`/services?${range}&limit=501`)),
    );
    expect([each.meta.table, summed.meta.table]).toEqual(['sessions', 'services_by_hour']);
    expect(summed.rows).toEqual(each.rows);
    expect(summed.rows[0]).toMatchObject({ address: SERVER, port: 443, clients: CLIENTS });
    const byClients = await served.json<Answer<'services'>>(`/services?${day}&order=clients&limit=1`);
    expect([byClients.meta.table, byClients.rows[0].clients]).toEqual(['sessions', CLIENTS]);
  });
});

describe('rows that come faster than a tab is told', () => {
  it('wait up to 1,000 of them; the tab is told how many it misses', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'console-'));
    // Some turns of the tab, on a busy machine, take far less than that.
    const burst = 20_000;
    const control = await ControlServer.open(join(directory, 'control.sock'), {
      rows: async (_, answer) => {
        const body = answer.begin();
        const row = JSON.stringify({ session_id: 'one', ether_type: 0x0800, client_ip: '10.0.0.1' });
        body.write(Buffer.from(`${row}\n`.repeat(burst)));
        const second = { time: '2025-06-02T08:00:00Z', ended: burst, shown: burst, missed: 0 };
        body.write(Buffer.from(`${JSON.stringify({ second })}\n`));
        // The stream has no end: until its reader goes.
        await new Promise<void>((resolve) => answer.onClose(resolve));
      },
    });
    const served = await startConsole(
      await makeStore(join(directory, 'store')),
      {},
      { collector: () => Promise.resolve(control.path) },
    );
    const abort = new AbortController();
    const response = await served.get('/events?topics=rows', { signal: abort.signal });
    let rows = 0;
    let second: LiveEvents['second'] | undefined;
    let text = '';
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const events = text.split('\n\n');
      text = events.pop()!;
      for (const event of events) {
        const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
        if (name === 'rows') rows += (JSON.parse(data) as LiveEvents['rows']).rows.length;
        if (name === 'second') second = JSON.parse(data) as LiveEvents['second'];
      }
      if (second !== undefined) break;
    }
    abort.abort();
    expect(rows).toBeGreaterThanOrEqual(MOST_WAITING_ROWS);
    expect(rows).toBeLessThan(burst);
    expect(second).toMatchObject({ ended: burst, missed: burst - rows });
    await served.close();
    await control.close();
  });
});
