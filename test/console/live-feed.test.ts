/** What tabs are told of rows that come faster than they read, and what the page keeps of them. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LiveRow } from '../../src/console/contract/live.js';
import { Feed, MOST_ROWS, matches, shownRow, wordsOf } from '../../web/src/pages/live/feed.js';
import { StatusRates } from '../../web/src/pages/live/rates.js';
import { STATUS } from '../support/collector-status.js';

const row = (n: number): LiveRow => ({
  session_id: String(n),
  part: 0,
  first_seen: '2025-06-02T08:00:00Z',
  last_seen: '2025-06-02T08:00:01Z',
  end_reason: 'fin',
  mirror: 'erspan2,10.0.0.11,1,',
  mirror_name: 'core-1',
  client: '10.20.0.28',
  client_port: n,
  server: '10.30.0.30',
  server_port: 8443,
  transport: 'tcp',
  app: 'tls',
  tcp_state: 'REJ',
  server_name: 'Shop.Example',
  packets: 2,
  bytes: 100,
});

describe('the page', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('keeps the newest rows, newest first, and is told once of many', () => {
    vi.useFakeTimers();
    const feed = new Feed((show) => setTimeout(show, 16));
    let told = 0;
    feed.subscribe(() => told++);
    const many = Array.from({ length: 1500 }, (_, i) => row(i));
    feed.add(many);
    feed.add(many.map((one) => ({ ...one, session_id: `b${one.session_id}` })));
    expect(feed.get()).toEqual([]);
    vi.runAllTimers();
    expect(told).toBe(1);
    expect(feed.get()).toHaveLength(MOST_ROWS);
    expect(feed.get()[0].session_id).toBe('b1499');
    expect(feed.get().at(-1)!.session_id).toBe('1000');
  });

  it('finds rows that have every word, whatever its case', () => {
    const shown = shownRow(row(40_000), 0);
    for (const words of ['10.20.0.28:40000 TLS', ':8443 rej', 'shop.example core', ''])
      expect(matches(shown, wordsOf(words)), words).toBe(true);
    expect(matches(shown, wordsOf('tls 10.20.0.29'))).toBe(false);
  });

  it('has rates of the last seconds, anew after the collector has', () => {
    const rates = new StatusRates();
    const at = (s: number, packets: number, lost: number, started = STATUS.started) => {
      const [mirror] = STATUS.mirrors;
      return rates.add(
        {
          ...STATUS,
          started,
          sessions: { ...STATUS.sessions, opened: packets },
          mirrors: [{ ...mirror, policy: 'observe', packets, bytes: packets * 100, lost, late: 0 }],
        },
        s * 1000,
      );
    };
    expect(at(0, 1000, 0).mirrors[0]).toMatchObject({ packets: 0, lost: 0, course: [] });
    expect(at(1, 1010, 0).mirrors[0].packets).toBe(10);
    const { mirrors, opened } = at(2, 1040, 4);
    expect(mirrors[0]).toMatchObject({ packets: 20, bits: 16_000, lost: 2, course: [10, 30] });
    expect(opened).toBe(20);
    expect(at(3, 5, 0, 'later').mirrors[0]).toMatchObject({ packets: 0, lost: 0, course: [] });
  });
});
