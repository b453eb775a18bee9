/** The lists of the API: against plain SQL on the same store. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../../src/console/contract/sessions.js';
import type { Answer } from '../../src/console/contract.js';
import { slices } from '../../src/console/statements/lists.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole, demoRows } from '../support/demo.js';

const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
const IN_RANGE = "first_seen >= '2025-06-02 08:00:00' AND first_seen < '2025-06-02 08:10:00'";

let served: TestConsole;
beforeAll(async () => {
  served = await demoConsole();
});

/** Rows of a statement, asked without the console. */
async function sql(statement: string): Promise<unknown[][]> {
  return (await demoRows<object>(statement)).map((row) => Object.values(row));
}

/** All rows of a list, page by page. */
async function pages(path: string, limit: number): Promise<Row[]> {
  const rows: Row[] = [];
  let after = '';
  do {
    const page = await served.json<Answer<'sessions'>>(`${path}&limit=${limit}${after}`);
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    rows.push(...page.rows);
    after = page.next === null ? '' : `&after=${page.next}`;
  } while (after !== '');
  return rows;
}

const refused = async (path: string): Promise<string> => {
  const response = await served.get(path);
  expect([400, 404]).toContain(response.status);
  return ((await response.json()) as { detail: string }).detail;
};

describe('lists', () => {
  it.each([
    ['-first_seen', 'first_seen DESC, session_id DESC, part DESC'],
    ['first_seen', 'first_seen, session_id, part'],
    ['-bytes', 'client_bytes + server_bytes DESC, session_id DESC, part DESC'],
    ['handshake_us', 'handshake_us, session_id, part'],
    ['tcp_state', 'tcp_state, session_id, part'],
    ['-server', 'server_ip DESC, session_id DESC, part DESC'],
    ['mirror', 'mirror_type, mirror_source, session_id, part'],
  ])('by %s are the same page by page as at once', async (order, by) => {
    const expected = await sql(`SELECT session_id FROM sessions WHERE ${IN_RANGE} ORDER BY ${by}`);
    expect(expected).toHaveLength(1710);
    const rows = await pages(`/sessions?${RANGE}&order=${order}`, 400);
    expect(rows.map((row) => row.session_id)).toEqual(expected.flat());
  });

  it('of transactions too', async () => {
    const expected = await sql(
      'SELECT session_id, number FROM transactions ' +
        'ORDER BY response_us DESC, session_id DESC, number DESC',
    );
    const rows = await pages(`/transactions?${RANGE}&order=-response_us`, 1000);
    expect(rows.map((row) => [row.session_id, row.number])).toEqual(expected);
  });

  it('begin where the page before ended, whatever has come since', async () => {
    const first = await served.json<Answer<'sessions'>>(`/sessions?${RANGE}&limit=2`);
    const earlier = 'from=2025-06-02T08:00:00Z&to=2025-06-02T09:00:00Z';
    const second = await served.json<Answer<'sessions'>>(`/sessions?${earlier}&limit=2&after=${first.next}`);
    const both = await served.json<Answer<'sessions'>>(`/sessions?${RANGE}&limit=4`);
    expect([...first.rows, ...second.rows]).toEqual(both.rows);
  });

  it('have the columns that are asked for, and say times, addresses and arrays as people do', async () => {
    const columns = 'client_ip,server_ip,vlan_ids,gre_key,end_reason,community_id,retransmits';
    const path = `/sessions?${RANGE}&limit=1&columns=${columns}&f=client:10.20.0.31&f=server_port:80`;
    const { rows } = await served.json<Answer<'sessions'>>(path);
    expect(rows[0]).toMatchObject({ client_ip: '10.20.0.31', server_ip: '10.30.0.30', gre_key: null });
    expect(rows[0]?.first_seen).toMatch(/^2025-06-02T08:0\d:\d\d\.\d{9}Z$/);
    expect(rows[0]?.vlan_ids).toEqual([expect.any(Number)]);
    expect(rows[0]?.community_id).toMatch(/^1:.{27}=$/);
  });

  it('are found by what their transactions say, and transactions by what their sessions do', async () => {
    const f = 'f=app:http&f=status:404&f=method:GET';
    const rows = await pages(`/sessions?${RANGE}&${f}`, 100);
    const expected = await sql(
      "SELECT DISTINCT session_id FROM transactions WHERE status = '404' AND method = 'GET' ORDER BY 1",
    );
    expect(expected.length).toBeGreaterThan(0);
    expect(rows.map((row) => row.session_id).sort()).toEqual(expected.flat().map(String).sort());

    const told = await pages(`/transactions?${RANGE}&f=vlan_ids:30`, 1000);
    const [[n]] = (await sql(
      'SELECT count() FROM transactions WHERE session_id IN ' +
        '(SELECT session_id FROM sessions WHERE has(vlan_ids, 30))',
    )) as [[number]];
    expect(n).toBeGreaterThan(0);
    expect(told).toHaveLength(Number(n));
  });

  it('are counted', async () => {
    const counted = await served.json<Answer<'sessionsCount'>>(`/sessions/count?${RANGE}&f=app:dns`);
    const [[rows, bytes]] = (await sql(
      'SELECT count(), sum(client_bytes + server_bytes) FROM sessions ' +
        `WHERE ${IN_RANGE} AND app_protocol = 'dns'`,
    )) as [[number, number]];
    expect([counted.rows, counted.bytes]).toEqual([Number(rows), Number(bytes)]);
    const told = await served.json<Answer<'transactionsCount'>>(`/transactions/count?${RANGE}`);
    expect(told.rows).toBe(2429);
  });

  it('of a mirror point without a name are found by its id', async () => {
    const id = 'erspan3,10.0.0.12,2,';
    const { rows } = await served.json<Answer<'sessionsCount'>>(`/sessions/count?${RANGE}&f=mirror:"${id}"`);
    const [[n]] = (await sql("SELECT count() FROM sessions WHERE mirror_source = toIPv6('10.0.0.12')")) as [
      [number],
    ];
    expect(rows).toBe(Number(n));
  });

  it.each([
    ['/sessions?order=vni', /^order: sessions cannot be ordered by vni/],
    ['/sessions?order=nonsense', /^order: sessions cannot be ordered by nonsense/],
    ['/sessions?columns=client,nonsense', /^columns: sessions has no column nonsense/],
    [`/sessions?columns=${Array.from({ length: 61 }, (_, i) => `c${i}`)}`, /64 columns; 60 at most/],
    ['/sessions?after=nonsense', /^after: is no place in this list/],
    ['/sessions?limit=1001', /^limit: must be between 1 and 1000/],
    ['/transactions?order=tcp_state', /^order: transactions cannot be ordered by tcp_state/],
    ['/values?column=attributes', /^column: attributes is no column/],
    ['/sessions/nonsense', /^id: is not a session's id/],
    ['/sessions/01972fa8-505c-7000-a25b-000000000000', /^there is no session/],
    // Not of version 7, and of a time that no table has.
    ['/sessions/ffffffff-ffff-4000-a25b-000000000000', /^there is no session/],
    ['/sessions/ffffffff-ffff-7000-a25b-000000000000', /^there is no session/],
    ['/sessions/ffffffff-ffff-7000-a25b-000000000000/packets', /^there is no session/],
  ])('%s is wrong in one sentence', async (path, message) => {
    expect(await refused(path)).toMatch(message);
  });

  it('go on in the same order only, and take no cursor that was made up', async () => {
    const { next } = await served.json<Answer<'sessions'>>(`/sessions?${RANGE}&limit=1&order=-bytes`);
    expect(await refused(`/sessions?${RANGE}&order=bytes&after=${next}`)).toMatch(/^after:/);
    const made = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const id = '01972fa8-505c-7000-a25b-c6a5f4000860';
    for (const wrong of [
      ['-bytes', '1) OR (1', id, 0],
      ['-bytes', 1, "x' OR 1", 0],
      ['-bytes', 1, id, '0'],
      ['-bytes', -1, id, 0],
    ])
      expect(await refused(`/sessions?${RANGE}&order=-bytes&after=${made(wrong)}`)).toMatch(/^after:/);
    // A text stays a text.
    const text = made(['tcp_state', "' OR 1 --", id, 0]);
    const { rows } = await served.json<Answer<'sessions'>>(
      `/sessions?${RANGE}&order=tcp_state&after=${text}`,
    );
    expect(rows.length).toBeGreaterThan(0);
  });
});

describe('slices of time', () => {
  const second = 1_000_000_000n;
  it.each([1n, 299n, 300n, 301n, 86_400n, 40n * 86_400n])('of %d s follow each other', (length) => {
    const range = { from: 1000n * second, to: (1000n + length) * second };
    const [newest, oldest] = [slices(range, true), slices(range, false)];
    expect(newest[0]?.to).toBe(range.to);
    expect(newest.at(-1)?.from).toBe(range.from);
    expect(oldest[0]?.from).toBe(range.from);
    expect(oldest.at(-1)?.to).toBe(range.to);
    for (let i = 1; i < newest.length; i++) expect(newest[i]?.to).toBe(newest[i - 1]?.from);
    for (let i = 1; i < oldest.length; i++) expect(oldest[i]?.from).toBe(oldest[i - 1]?.to);
    expect(newest.length).toBeLessThan(8);
  });
});

describe('one conversation', () => {
  it('has its columns, its packets, and who else mirrored it', async () => {
    const [[id, packets]] = (await sql(
      'SELECT session_id, client_packets + server_packets FROM sessions ' +
        "WHERE mirror_source = toIPv6('10.0.0.11') AND client_ip = toIPv6('10.20.0.12') " +
        'AND server_port = 80 ' +
        'ORDER BY first_seen DESC LIMIT 1',
    )) as [[string, number]];
    const said = await served.json<Answer<'session'>>(`/sessions/${id}`);
    expect(said.session).toMatchObject({ session_id: id, parts: 1, complete: 1, client: '10.20.0.12' });
    expect(said.packets_kept).toBe(Number(packets));
    expect(said.also).toHaveLength(1);
    expect(said.also[0]).toMatchObject({ mirror: 'erspan3,10.0.0.12,2,' });
    const other = await served.json<Answer<'session'>>(`/sessions/${said.also[0]?.session_id}`);
    expect(other.session.community_id).toBe(said.session.community_id);
    expect(other.also.map((row) => row.session_id)).toEqual([id]);
    // The mirror of the other one loses packets.
    expect(other.mirror.lost).toBeGreaterThan(0);
    expect(said.mirror.lost).toBe(0);
  });

  it('has its transactions, by number, a page at a time', async () => {
    const [[id, n]] = (await sql(
      'SELECT session_id, count() AS n FROM transactions GROUP BY session_id ORDER BY n DESC LIMIT 1',
    )) as [[string, number]];
    const numbers: unknown[] = [];
    let from: number | null = 0;
    while (from !== null) {
      const page: Answer<'sessionTransactions'> = await served.json(
        `/sessions/${id}/transactions?from=${from}&limit=5`,
      );
      numbers.push(...page.rows.map((row) => row.number));
      from = page.next;
    }
    expect(numbers).toEqual(Array.from({ length: Number(n) }, (_, i) => i));
  });
});

describe('values', () => {
  it.each([
    ['server', 'server_ip'],
    ['tcp_state', 'tcp_state'],
    ['vlan_ids', 'arrayJoin(vlan_ids)'],
  ])('of %s are counted', async (column, of) => {
    const said = await served.json<Answer<'values'>>(`/values?${RANGE}&column=${column}&limit=5`);
    const expected = await sql(
      `SELECT ${of} AS v, count() AS n, sum(client_bytes + server_bytes) FROM sessions WHERE ${IN_RANGE} ` +
        'GROUP BY v ORDER BY n DESC, v LIMIT 5',
    );
    expect(said.values.map(({ value, rows, bytes }) => [String(value), rows, bytes])).toEqual(
      expected.map(([v, n, b]) => [String(v).replace('::ffff:', ''), Number(n), Number(b)]),
    );
    const [[values]] = (await sql(
      `SELECT uniqExact(v) FROM (SELECT ${of} AS v FROM sessions WHERE ${IN_RANGE})`,
    )) as [[number]];
    expect(said.all_values).toBe(Number(values));
  });

  it('say which condition is to blame', async () => {
    const said = await served.json<Answer<'without'>>(
      `/without?${RANGE}&f=server:10.30.0.30&f=transport:sctp&f=status:200`,
    );
    expect(said.all).toBe(1710);
    const [server, transport, status] = said.without;
    expect([server?.rows, status?.rows]).toEqual([0, 0]);
    const [[n]] = (await sql(
      `SELECT count() FROM sessions WHERE server_ip = toIPv6('10.30.0.30') AND session_id IN
        (SELECT session_id FROM transactions WHERE status = '200')`,
    )) as [[number]];
    expect(transport).toEqual({ condition: 'transport:sctp', rows: Number(n) });
    expect(Number(n)).toBeGreaterThan(0);
  });
});
