/** Two mirrors compared: the route against plain SQL, and the reasons. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { reasons } from '../../web/src/pages/compare/why.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole, demoRows } from '../support/demo.js';

const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
const [A, B] = ['erspan2,10.0.0.11,1,', 'erspan3,10.0.0.12,2,'];

/** The same by another way: Community IDs and sums, without the console. */
const PLAIN = `SELECT countIf(a = b) AS same, countIf(a > 0 AND b > 0 AND a != b) AS differ,
  countIf(b = 0) AS only_a, countIf(a = 0) AS only_b
FROM (
  SELECT sumIf(client_packets + server_packets, mirror_session = 1 AND mirror_type = 'erspan2') AS a,
         sumIf(client_packets + server_packets, mirror_session = 2 AND mirror_type = 'erspan3') AS b
  FROM sessions WHERE mirror_type IN ('erspan2', 'erspan3')
  GROUP BY if(community_id = '', concat(client, ' ', server), community_id))`;

let served: TestConsole;
let plain: Record<string, number>;
beforeAll(async () => {
  [plain] = await demoRows<typeof plain>(PLAIN);
  served = await demoConsole();
});

describe('two mirrors', () => {
  it('are compared as plain SQL compares them', async () => {
    const answer = await served.json<Answer<'compare'>>(`/compare?${RANGE}&a=${A}&b=${B}`);
    for (const name of ['same', 'differ', 'only_a', 'only_b'] as const)
      expect(answer[name], name).toBe(plain[name]);
    expect(answer.differ).toBe(answer.rows.length);
    expect(answer.rows.reduce((sum, row) => sum + Math.max(row.packets_a - row.packets_b, 0), 0)).toBe(
      answer.fewer_b,
    );
    expect(answer.loss_b.lost).toBe(232);
    expect(answer.loss_a.lost).toBe(0);
    expect(answer.networks_a.reduce((sum, one) => sum + one.conversations, 0)).toBeLessThanOrEqual(
      answer.only_a,
    );
  });

  it('are the same the other way round', async () => {
    const [one, other] = await Promise.all([
      served.json<Answer<'compare'>>(`/compare?${RANGE}&a=${A}&b=${B}`),
      served.json<Answer<'compare'>>(`/compare?${RANGE}&a=${B}&b=${A}&show=only_b`),
    ]);
    expect([one.only_a, one.only_b, one.fewer_b]).toEqual([other.only_b, other.only_a, other.fewer_a]);
    expect(other.rows.every((row) => row.packets_a === 0 && row.packets_b > 0)).toBe(true);
  });

  it('are never there at once where they are not', async () => {
    const answer = await served.json<Answer<'compare'>>(
      `/compare?from=2025-06-03T08:00:00Z&to=2025-06-03T08:10:00Z&a=${A}&b=${B}`,
    );
    expect(answer).toMatchObject({ from: null, to: null, same: 0, rows: [] });
  });

  it('are two', async () => {
    expect((await served.get(`/compare?${RANGE}&a=${A}&b=${A}`)).status).toBe(400);
  });
});

describe('why they differ', () => {
  const none = { packets: 1000, lost: 0 };
  const sides = {
    same: 10,
    differ: 2,
    only_a: 0,
    only_b: 0,
    fewer_a: 0,
    fewer_b: 5,
    otherwise: 0,
    loss_a: none,
    loss_b: none,
  };
  const titles = (more: object): string[] =>
    reasons({ ...sides, ...more }, 'a', 'b').map(({ title }) => title);

  it('is told apart from what a mirror lost itself', () => {
    expect(titles({})).toEqual(['Packets do not come as far as b']);
    expect(titles({ loss_b: { packets: 100, lost: 9 } })).toEqual(["b's mirror lost 9 packets itself"]);
    expect(titles({ loss_b: { packets: 100, lost: 2 } })).toEqual([
      'b has fewer packets than its mirror lost',
    ]);
    expect(titles({ differ: 0, fewer_b: 0 })).toEqual(['What both saw is the same']);
    expect(titles({ same: 0, differ: 0, fewer_b: 0 })).toEqual(['They have no conversation in common']);
  });
});
