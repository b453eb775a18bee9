/** What stands before every route: who comes in, from where, and what is wrong with a request. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';

let served: TestConsole;
beforeAll(async () => {
  served = await demoConsole();
});

const bare = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${served.url}${path}`, init);

async function cookieOf(): Promise<string> {
  const response = await bare('api/v1/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ token: served.token }),
  });
  expect(response.status).toBe(200);
  const set = response.headers.get('set-cookie') ?? '';
  expect(set).toMatch(/HttpOnly; SameSite=Strict/);
  return set.split(';')[0];
}

describe('who comes in', () => {
  it('asks for a token on loopback too', async () => {
    const response = await bare('api/v1/about');
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ detail: 'you are not signed in' });
  });

  it('lets a cookie in from this site, and not from another', async () => {
    const cookie = await cookieOf();
    const asked = (headers: Record<string, string>): Promise<number> =>
      bare('api/v1/me', { headers: { cookie, ...headers } }).then((r) => r.status);
    expect(await asked({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await asked({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await asked({ 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await asked({ origin: 'http://evil.example' })).toBe(403);
    expect(await asked({})).toBe(200);
    const out = await bare('api/v1/logout', { method: 'POST', headers: { cookie } });
    expect(out.status).toBe(403);
    const same = { cookie, 'sec-fetch-site': 'same-origin' };
    expect((await bare('api/v1/logout', { method: 'POST', headers: same })).status).toBe(200);
    expect(await asked({ 'sec-fetch-site': 'same-origin' })).toBe(401);
  });

  it('is kept out by nobody who tries wrong tokens from the same address', async () => {
    const asked = (token: string): Promise<number> =>
      bare('api/v1/me', { headers: { authorization: `Bearer ${token}` } }).then((r) => r.status);
    for (let i = 0; i < 10; i++) expect(await asked(`wrong${i}`)).toBe(401);
    expect(await asked(served.token)).toBe(200);
  });
});

describe('requests', () => {
  it('are only answered under a name of this host', async () => {
    const { port } = new URL(served.url);
    const { request } = await import('node:http');
    const status = await new Promise<number>((resolve, reject) => {
      const asking = request(
        { host: '127.0.0.1', port, path: '/api/v1/me', headers: { host: 'rebound.example' } },
        (response) => resolve(response.statusCode ?? 0),
      );
      asking.on('error', reject);
      asking.end();
    });
    expect(status).toBe(403);
  });

  it.each([
    ['/series?by=nonsense', /^by: /],
    ['/series?points=5', /^points: must be between 10 and 2000/],
    ['/series?from=yesterday', /^from: yesterday is not a time/],
    ['/series?from=-1h&to=-2h', /^from: the range ends before it begins/],
    ['/series?f=nonsense:1', /^nonsense is no column/],
    ['/nothing', /^there is no such route/],
  ])('%s is wrong in one sentence', async (path, message) => {
    const response = await served.get(path);
    expect([400, 404]).toContain(response.status);
    expect(((await response.json()) as { detail: string }).detail).toMatch(message);
  });

  it('carry a policy that lets in nothing from elsewhere', async () => {
    const policy = (await bare('')).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self' 'nonce-");
    expect(policy).toContain("require-trusted-types-for 'script'");
  });

  it('take a condition in SQL only from those with the right to it', async () => {
    const viewer = await startConsole('/nowhere', { token_rights: ['view'] });
    expect((await viewer.get('/series?q=1')).status).toBe(403);
    await viewer.close();
  });
});

describe('answers', () => {
  it('count each conversation once', async () => {
    type Sums = { series: { name: string; total: number }[] };
    const total = ({ series }: Sums): number => series.reduce((sum, one) => sum + one.total, 0);
    const range = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z&by=none&unit=sessions';
    const [all, once] = await Promise.all([
      served.json<Sums>(`/series?${range}`),
      served.json<Sums>(`/series?${range}&mirror=once`),
    ]);
    expect(total(all)).toBe(1710);
    expect(total(once)).toBeLessThan(total(all));
    const point = await Promise.all(
      ['erspan2,10.0.0.11,1,', 'erspan3,10.0.0.12,2,', 'gretap,10.0.0.50,0,300'].map((id) =>
        served.json<Sums>(`/series?${range}&mirror=${id}`),
      ),
    );
    expect(point.map(total).reduce((a, b) => a + b)).toBe(1710);
  });

  it('say which statement they came from, and it runs as it is', async () => {
    const { meta } = await served.json<{ meta: { statement: string; rows_read: number } }>(
      '/series?from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z&f=server:10.30.0.30',
    );
    expect(meta.rows_read).toBeGreaterThan(0);
    expect(meta.statement).toContain("server_ip = toIPv6('10.30.0.30')");
  });
});
