/** Hosts, services and names: the routes' answers against plain SQL on the same store. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';

const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
const DURING = "first_seen >= '2025-06-02 08:00:00' AND first_seen < '2025-06-02 08:10:00'";

let served: TestConsole;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'console-'));
  const names = join(directory, 'names');
  writeFileSync(names, '# ours\n10.20.0.28 scanner\n2001:DB8:cd:0::1  web-1 alias\n10.30.0.30 other\n');
  served = await startConsole(await demoStore(join(directory, 'store')), { address_names: names });
});
afterAll(() => served.close());

/** The rows of a statement, as the SQL page asks for them. */
async function sql(statement: string): Promise<unknown[][]> {
  const response = await served.get('/sql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql: statement, id: crypto.randomUUID() }),
  });
  expect(response.status).toBe(200);
  const lines = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines.at(-1)).toHaveProperty('done');
  return lines.flatMap((line) => ('rows' in line ? (line.rows as unknown[][]) : []));
}

async function detail(path: string): Promise<string> {
  const response = await served.get(path);
  expect(response.status).toBe(400);
  return ((await response.json()) as { detail: string }).detail;
}

describe('hosts', () => {
  it('have what they sent and received, and what failed', async () => {
    const { rows, of_all } = await served.json<Answer<'hosts'>>(`/hosts?${RANGE}&limit=5&order=failed`);
    expect(rows).toHaveLength(5);
    const [[all]] = await sql(`SELECT uniqExact(arrayJoin([client, server])) FROM sessions WHERE ${DURING}`);
    expect(of_all).toBe(Number(all));
    const [first] = rows;
    expect(first.address).toBe('10.20.0.28');
    const [[sent, received, conversations, failed, peers]] = await sql(
      'SELECT sum(client_bytes), sum(server_bytes), uniqExact(session_id), ' +
        "uniqExactIf(session_id, tcp_state IN ('REJ', 'S0', 'RSTOS0', 'RSTRH')), uniqExact(server) " +
        `FROM sessions WHERE client = '10.20.0.28' AND ${DURING}`,
    );
    expect(first).toMatchObject({
      sent: Number(sent),
      received: Number(received),
      conversations: Number(conversations),
      failed: Number(failed),
      peers: Number(peers),
    });
  });

  it('that scan are said to, and the ports they tried are put together', async () => {
    const host = await served.json<Answer<'host'>>(`/hosts/10.20.0.28?${RANGE}`);
    expect(host.findings.rows.map((f) => f.title)).toEqual(['It scans']);
    const [[doors, hosts, refused]] = await sql(
      'SELECT uniqExact(server_ip, server_port), uniqExact(server_ip), ' +
        "uniqExactIf((server_ip, server_port), tcp_state = 'REJ') FROM sessions " +
        `WHERE client = '10.20.0.28' AND tcp_state IN ('REJ', 'S0', 'RSTOS0', 'RSTRH') AND ${DURING}`,
    );
    expect(host.findings.rows[0].text).toContain(
      `${doors} ports of ${hosts} hosts within 6 min: ${refused} refused`,
    );
    const shut = host.asks.rows.find((d) => d.server === '10.30.0.30' && d.ports > 1)!;
    const [[ports]] = await sql(
      "SELECT uniqExact(server_port) FROM sessions WHERE client = '10.20.0.28' AND server = '10.30.0.30' " +
        `AND tcp_state IN ('REJ', 'S0') AND ${DURING}`,
    );
    // One of them others ask for, too, but this is what the scanner asked.
    expect(shut.ports).toBe(Number(ports));
    expect(shut.answered).toBe(0);
  });

  it('and networks have what stands out by itself, too', async () => {
    const found = (host: string) =>
      served.json<Answer<'hostFindings'>>(`/findings/host?${RANGE}&host=${host}`);
    for (const [host, page] of [
      ['10.20.0.28', '10.20.0.28'],
      ['10.30.0.30', '10.30.0.30'],
      ['10.30.0.0/24', '10.30.0.0/24'],
    ] as const) {
      const { findings } = await served.json<Answer<'host'>>(`/hosts/${page}?${RANGE}`);
      expect((await found(host)).rows).toEqual(findings.rows);
      expect(findings.rows.length).toBeGreaterThan(0);
    }
    expect(await detail(`/findings/host?${RANGE}&host=nobody`)).toMatch(/^nobody is not an address/);
  });

  it('have what they serve, for whom, and what stands out', async () => {
    const host = await served.json<Answer<'host'>>(`/hosts/10.30.0.30?${RANGE}`);
    expect(host.serves.rows.map((d) => [d.port, d.ports > 1, d.answered > 0])).toEqual([
      [80, false, true],
      [expect.any(Number), true, false],
      [8443, false, false],
    ]);
    expect(host.findings.rows.map((f) => f.title)).toEqual([
      'Was scanned by 10.20.0.28',
      'Port 8443 refuses everybody',
      'Port 80 is slow for 10.50.0.0/24 only',
    ]);
    expect(host.asks.rows).toMatchObject([{ server: '10.30.0.20', port: 3306, app: 'mysql' }]);
    const [[bytes, clients]] = await sql(
      'SELECT sum(client_bytes + server_bytes), uniqExact(client) FROM sessions ' +
        `WHERE server = '10.30.0.30' AND ${DURING}`,
    );
    expect(host.facts.served_bytes).toBe(Number(bytes));
    expect(host.clients.of_all).toBe(Number(clients));
    expect(host.traffic.as_server.reduce((a, b) => a + b, 0)).toBe(Number(bytes));
    expect(host.facts.macs).toEqual(['02:30:00:00:00:1e']);
  });

  it('are also prefixes, IPv6, and MAC addresses of frames that are not IP', async () => {
    const network = await served.json<Answer<'network'>>(`/hosts/10.20.0.77/24?${RANGE}`);
    expect(network).toMatchObject({ address: '10.20.0.0/24', kind: 'prefix' });
    const [[asked]] = await sql(
      `SELECT uniqExact(session_id) FROM sessions WHERE startsWith(client, '10.20.0.') AND ${DURING}`,
    );
    expect(network.facts.asked).toBe(Number(asked));
    const six = await served.json<Answer<'host'>>(`/hosts/2001:DB8:cd:0::1?${RANGE}`);
    expect(six).toMatchObject({ address: '2001:db8:cd::1', kind: 'address', facts: { asked: 0 } });
    expect(six.facts.served).toBeGreaterThan(0);
    const mac = await served.json<Answer<'host'>>(`/hosts/02-30-00-00-00-1E?${RANGE}`);
    expect(mac).toMatchObject({ address: '02:30:00:00:00:1e', kind: 'mac', facts: { conversations: 0 } });
  });

  it('that are none are wrong in one sentence', async () => {
    expect(await detail('/hosts/nobody')).toBe('nobody is not an address, a prefix or a MAC address');
    expect(await detail('/hosts/10.0.0.0/33')).toBe(
      '10.0.0.0/33 is not an address, a prefix or a MAC address',
    );
    expect(await detail('/services/10.0.0.1')).toBe('10.0.0.1 is no service');
    expect(await detail('/services/10.0.0.1:70000')).toBe('10.0.0.1:70000 is no service');
  });

  it('answer with statements that run as they are', async () => {
    const host = await served.json<Answer<'host'>>(`/hosts/10.30.0.30?${RANGE}&mirror=once`);
    const service = await served.json<Answer<'service'>>(`/services/203.0.113.80:443?${RANGE}`);
    const metas = [...Object.values(host), ...Object.values(service)].flatMap((part) =>
      typeof part === 'object' && 'meta' in part ? [part.meta] : [],
    );
    expect(metas).toHaveLength(13);
    for (const { statement } of metas) {
      expect(statement).toMatch(/first_seen >= |time >= /);
      expect((await sql(statement)).length).toBeGreaterThan(0);
    }
  });
});

describe('a service', () => {
  /** Medians of the three parts, as anybody would ask for them. */
  const medians = (where: string): Promise<unknown[][]> =>
    sql(
      'SELECT toUInt32(median(client_rtt_us)), toUInt32(median(server_rtt_us)), ' +
        'toUInt32(median(response_us / responses - server_rtt_us)) ' +
        `FROM sessions WHERE responses > 0 AND server_rtt_us > 0 AND ${where} AND ${DURING}`,
    );

  it.each([
    ['203.0.113.80', 'It is mostly the network: nearly all of the 333 ms that a client waits'],
    ['198.51.100.59', 'It is mostly the server: 240 of the 261 ms that a client waits'],
  ])('%s is told by its numbers', async (address, head) => {
    const service = await served.json<Answer<'service'>>(`/services/${address}:443?${RANGE}`);
    expect(service.told.head).toBe(head);
    const [[client, way, server]] = await medians(`server = '${address}' AND server_port = 443`);
    expect(service.waits.all).toMatchObject({
      client_rtt_us: Number(client),
      server_rtt_us: Number(way),
      server_us: Number(server),
    });
    expect(service.told.text).toContain(`for ${service.waits.others.servers} other TLS servers`);
    const [[servers]] = await sql(
      "SELECT uniqExact(server, server_port) FROM sessions WHERE app_protocol = 'tls' AND responses > 0 " +
        `AND ${DURING} AND server_rtt_us > 0 AND server != '${address}' ` +
        'AND client IN (SELECT client FROM sessions ' +
        `WHERE server = '${address}' AND server_port = 443 AND ${DURING})`,
    );
    expect(service.waits.others.servers).toBe(Number(servers));
  });

  it('that is slow for one network only is said to be', async () => {
    const service = await served.json<Answer<'service'>>(`/services/10.30.0.30:80?${RANGE}`);
    expect(service.told).toMatchObject({
      tone: 'warn',
      head: 'It is slow for 10.50.0.0/24 only: 54 ms where others wait 0.6 ms',
    });
    expect(service.told.text).toContain('it is the way there, not the server');
    const [[, way]] = await medians(
      "server = '10.30.0.30' AND server_port = 80 AND startsWith(client, '10.50.0.')",
    );
    expect(service.waits.networks[0]).toMatchObject({ prefix: '10.50.0.0/24', server_rtt_us: Number(way) });
    expect(service.slowest.of).toBe('transactions');
    expect(service.facts.names).toMatchObject([{ name: 'intranet.corp.example', source: 'http' }]);
  });

  it('that refuses everybody, and one without round trips, are told apart', async () => {
    const refusing = await served.json<Answer<'service'>>(`/services/10.30.0.30:8443?${RANGE}`);
    expect(refusing.told.head).toBe('It refuses everybody: 40 of 40 attempts, 12 clients');
    const dns = await served.json<Answer<'service'>>(`/services/10.30.0.5:53?${RANGE}`);
    expect(dns.told.head).toBe('Network and server cannot be told apart here');
    const nobody = await served.json<Answer<'service'>>(`/services/[2001:db8::9]:443?${RANGE}`);
    expect(nobody.told.head).toBe('Nobody asked it in this time');
  });

  it('has its course, its ends and its clients', async () => {
    const service = await served.json<Answer<'service'>>(`/services/203.0.113.80:443?${RANGE}&points=10`);
    const [[answers, p50]] = await sql(
      'SELECT sum(responses), round(median(response_us / responses)) FROM sessions ' +
        `WHERE server = '203.0.113.80' AND server_port = 443 AND responses > 0 AND ${DURING}`,
    );
    expect(service.times.answer).toMatchObject({ count: Number(answers), p50_us: Number(p50) });
    expect(service.times.answer.p50).toHaveLength(10);
    const sum = service.ended.states.reduce((n, s) => n + s.conversations, 0);
    expect(sum).toBe(service.facts.conversations);
    expect(service.clients.rows.reduce((n, c) => n + c.bytes, 0)).toBe(service.facts.bytes);
    expect(service.versions.versions.map((v) => v.value)).toEqual(['TLS 1.3', 'TLS 1.2']);
  });

  it('is among the services, ranked by what is asked for', async () => {
    const slow = await served.json<Answer<'services'>>(`/services?${RANGE}&order=response_p95&limit=3`);
    const values = slow.rows.map((row) => row.response_p95_us ?? 0);
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(slow.rows.map((row) => `${row.address}:${row.port}`)).toContain('203.0.113.80:443');
  });
});

describe('names', () => {
  const names = async (...addresses: string[]): Promise<Record<string, string[]>> => {
    const query = addresses.map((address) => `&address=${address}`).join('');
    const answer = await served.json<Answer<'names'>>(`/names?${RANGE}${query}`);
    return Object.fromEntries(
      answer.names.map((n) => [n.address, n.names.map(({ name, source }) => `${source} ${name}`)]),
    );
  };

  it('come from a file, DHCP, shares, what clients ask for, and DNS, in this order', async () => {
    expect(
      await names('198.51.100.10', '10.20.0.15', '10.30.0.30', '10.20.0.28', '2001:db8:cd::1', '10.9.9.9'),
    ).toEqual({
      '198.51.100.10': ['tls www.example.net', 'dns www.example.net'],
      '10.20.0.15': ['dhcp paul-laptop'],
      '10.30.0.30': ['file other', 'http intranet.corp.example'],
      '10.20.0.28': ['file scanner'],
      '2001:db8:cd::1': ['file web-1', 'tls www.example.org'],
    });
  });

  it('are those of before the end of the range', async () => {
    const [[name]] = await sql(
      "SELECT argMax(name, time) FROM transactions WHERE app_protocol = 'dns' " +
        "AND has(answers, toIPv6('10.30.0.10'))",
    );
    expect(await names('10.30.0.10')).toEqual({ '10.30.0.10': ['smb files', `dns ${name}`] });
    const before = 'from=2025-06-02T07:00:00Z&to=2025-06-02T07:59:00Z';
    expect(await served.json(`/names?${before}&address=10.30.0.10`)).toEqual({ names: [] });
  });

  it('are of at most 200 addresses, and leave out what is no address', async () => {
    expect(await names('02:30:00:00:00:1e', 'nobody')).toEqual({});
    const many = Array.from({ length: 201 }, (_, i) => `&address=10.0.0.${i % 250}`).join('');
    expect(await detail(`/names?${RANGE}${many}`)).toBe('address: 200 addresses at most');
  });
});
