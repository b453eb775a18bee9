/**
 * What people come to the console for, as they do it: each job of the design in a real browser, with a mouse
 * and without one, in no more actions than the design gives. Two more are where what they need is: what
 * happens now in test/live/console-live.test.ts, a capture that is dropped in captures.test.ts.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';
import { type Hand, Keyboard, Mouse } from '../support/hand.js';
import { describeWith } from '../support/needs.js';

interface Job {
  readonly question: string;
  /** Where it begins, below the console's address. */
  readonly at: string;
  /** As many actions as it may take. */
  readonly actions: number;
  readonly done: (page: Page, hand: Hand, known: Known) => Promise<unknown>;
}

/** What somebody would copy from elsewhere. */
interface Known {
  readonly communityId: string;
  readonly strongest: string;
}

const TIME = 't=2025-06-02T08:00~08:10';
/** The overview's chart of ten minutes has a step for five seconds. */
const STEPS = 120;
const card = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
const table = (page: Page, name: string): Locator => page.getByRole('table', { name, exact: true });
const details = (page: Page): Locator => page.getByRole('complementary', { name: 'Details' });
const rail = (page: Page, name: string): Locator =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true });
const chart = (page: Page, name: RegExp): Locator => page.getByRole('img', { name });
const url = (page: Page): string => decodeURIComponent(page.url());

const JOBS: readonly Job[] = [
  {
    question: 'Who talks most?',
    at: '',
    actions: 0,
    done: (page) => table(page, 'Top talkers').getByText('10.20.0.19').waitFor(),
  },
  {
    question: 'Why is it slow?',
    at: '',
    actions: 1,
    done: async (page, hand) => {
      await hand.take(table(page, 'Slow services').getByRole('link', { name: '203.0.113.80:443' }));
      await page.getByText('It is mostly the network: nearly all of the 333 ms').waitFor();
    },
  },
  {
    question: 'What fails?',
    at: '',
    actions: 0,
    done: (page) => table(page, 'Connections that fail').getByText('10.30.0.30:8443').waitFor(),
  },
  {
    question: 'Since when does it fail?',
    at: '',
    actions: 1,
    done: async (page, hand) => {
      const note = card(page, 'Worth a look')
        .getByRole('listitem')
        .filter({ hasText: '10.30.0.30:8443 refuses everybody' });
      await note.getByText(/since 08:0\d/).waitFor();
      await hand.take(note.getByRole('link', { name: 'Sessions' }));
      await details(page).getByText('attempt refused').waitFor();
    },
  },
  {
    question: 'What did the mirror lose, and who is to blame?',
    at: '',
    actions: 1,
    done: async (page, hand) => {
      const lost = table(page, 'Packets lost by mirrors').getByRole('row', { name: /10\.0\.0\.12/ });
      await lost.getByText(/^2\.0\d %$/).waitFor();
      await hand.take(lost.getByRole('link'));
      await card(page, 'Where its packets went')
        .getByText(/switch or network/)
        .waitFor();
      await page.getByText('This host is not the cause').waitFor();
    },
  },
  {
    question: 'Is this mirror well?',
    at: '',
    actions: 1,
    done: async (page, hand) => {
      await hand.take(rail(page, 'Mirrors'));
      await page.getByRole('row', { name: /10\.0\.0\.11.*well nothing lost/ }).waitFor();
    },
  },
  {
    question: 'Is this tunnel well?',
    at: '',
    actions: 1,
    done: async (page, hand) => {
      await hand.press('g t');
      await page.getByText('No tunnel here, and none in this time').waitFor();
    },
  },
  {
    question: 'From a spike to its packets',
    at: `?${TIME}`,
    actions: 3,
    done: async (page, hand) => {
      await hand.select(chart(page, /^Traffic: /), { first: 46, last: 49, all: STEPS });
      const sessions = page.getByRole('button', { name: /^\d+ sessions/ });
      await sessions.waitFor();
      await expect.poll(() => sessions.evaluate((button) => button.matches(':focus'))).toBe(true);
      await hand.press('Enter');
      await details(page)
        .getByRole('button', { name: /packets/ })
        .waitFor();
      await hand.press('p');
      await page.getByRole('heading', { name: 'Packet 1' }).waitFor();
      expect(url(page)).toContain('t=2025-06-02T08:03:50~08:04:10');
    },
  },
  {
    question: 'From one bar to its packets',
    at: `?${TIME}&by=outcome&unit=sessions`,
    actions: 2,
    done: async (page, hand) => {
      await hand.select(chart(page, /^Traffic: /), { first: 60, last: 60, all: STEPS });
      await page.getByRole('button', { name: /^\d+ sessions/ }).waitFor();
      await hand.press('p');
      await page.getByRole('heading', { name: 'Packet 1' }).waitFor();
      expect(url(page)).toContain('t=2025-06-02T08:05~08:05:05');
    },
  },
  {
    question: 'From a spike to Wireshark',
    at: `?${TIME}`,
    actions: 2,
    done: async (page, hand) => {
      await hand.select(chart(page, /^Traffic: /), { first: 46, last: 49, all: STEPS });
      const download = page.waitForEvent('download');
      await hand.take(card(page, 'Traffic').getByRole('link', { name: 'Packets' }));
      const capture = readFileSync(await (await download).path());
      // A pcapng begins with its section's header.
      expect(capture.subarray(0, 4).toString('hex')).toBe('0a0d0d0a');
      expect(capture.length).toBeGreaterThan(100_000);
    },
  },
  {
    question: 'What did 10.20.0.28 do?',
    at: `map?${TIME}`,
    actions: 1,
    done: async (page, hand) => {
      await hand.search('10.20.0.28');
      await card(page, 'Worth a look').getByText('It scans').waitFor();
    },
  },
  {
    question: "An id from Zeek's or Suricata's log",
    at: `?${TIME}`,
    actions: 1,
    done: async (page, hand, { communityId }) => {
      await hand.search(communityId);
      await details(page).getByText(communityId.slice(0, 10)).first().waitFor();
      expect(url(page)).toBe(`${new URL(page.url()).origin}/sessions?${TIME}&f=community_id:${communityId}`);
    },
  },
  {
    question: 'A MAC address from a table of a switch',
    at: `?${TIME}`,
    actions: 1,
    done: async (page, hand) => {
      await hand.search('0230.0000.001e');
      await details(page)
        .getByText(/10\.30\.0\.30/)
        .first()
        .waitFor();
      expect(url(page)).toContain('/sessions?t=2025-06-02T08:00~08:10&f=mac:02:30:00:00:00:1e');
    },
  },
  {
    question: 'Does the firewall between two mirrors drop something?',
    at: '',
    actions: 2,
    done: async (page, hand) => {
      await hand.take(rail(page, 'Compare'));
      await card(page, 'Why').getByText("10.0.0.12 session 2's mirror lost 232 packets itself").waitFor();
      await hand.take(page.getByRole('button', { name: /^\d+ only 10\.0\.0\.12 session 2$/ }));
      await card(page, 'Only 10.0.0.12 session 2 saw it').getByRole('row').nth(1).waitFor();
    },
  },
  {
    question: 'What happens right now?',
    at: '',
    actions: 1,
    done: async (page, hand) => {
      await hand.press('g l');
      await page.getByText('No collector runs beside this store').waitFor();
    },
  },
  {
    question: 'Who talks to whom in this network?',
    at: '',
    actions: 2,
    done: async (page, hand, { strongest }) => {
      await hand.take(rail(page, 'Map'));
      await page.getByRole('button', { name: new RegExp(`^${strongest}: `) }).waitFor();
      await hand.take(page.getByRole('button', { name: new RegExp(`^${strongest}: `) }));
      await page.getByRole('complementary', { name: `Selected: ${strongest}` }).waitFor();
      await table(page, 'Talks to').getByRole('row').nth(5).waitFor();
    },
  },
  {
    question: 'What did this client ask that name server, what was answered?',
    at: `sessions?${TIME}&f=app:dns`,
    actions: 2,
    done: async (page, hand) => {
      await hand.take(page.getByRole('button', { name: 'Transactions', exact: true }));
      const selected = table(page, 'Transactions').locator('tr[aria-selected="true"]');
      await details(page).getByText('Answered in').waitFor();
      const client = selected.locator('td[data-condition^="client:"]');
      const condition = await client.getAttribute('data-condition');
      await hand.only(client);
      await page.waitForURL((address) => address.searchParams.getAll('f').includes(condition!));
      await details(page).getByText('Outcome').waitFor();
    },
  },
  {
    question: 'Which values are there, how many?',
    at: `sessions?${TIME}`,
    actions: 2,
    done: async (page, hand) => {
      await table(page, 'Sessions').locator('tr[aria-selected="true"]').waitFor();
      await hand.press('v');
      await page.getByRole('combobox', { name: /^Values/ }).waitFor();
      await hand.pick(page.getByRole('option', { name: /^State/ }), 'state');
      await table(page, 'Top values of State').getByText('REJ').waitFor();
    },
  },
  {
    question: 'More or less than before?',
    at: '?t=2025-06-02T08:05~08:10',
    actions: 1,
    done: async (page, hand) => {
      await hand.take(page.getByRole('button', { name: 'Compare with the period before' }));
      await page.getByRole('group', { name: 'Traffic' }).getByText('−27 %').waitFor();
    },
  },
  {
    question: 'A question of my own',
    at: '',
    actions: 1,
    done: async (page, hand) => {
      await hand.press('g q');
      await page.getByRole('textbox', { name: /SQL|Statement/i }).waitFor();
    },
  },
  {
    question: "A card's question, changed",
    at: '',
    actions: 2,
    done: async (page, hand) => {
      await table(page, 'Top talkers').waitFor();
      await hand.take(card(page, 'Top talkers').getByRole('button', { name: 'The SQL behind this' }));
      await hand.take(page.getByRole('link', { name: 'Open in SQL' }));
      await page
        .getByRole('textbox', { name: /SQL|Statement/i })
        .getByText('FROM')
        .first()
        .waitFor();
    },
  },
  {
    question: 'Mirror this switch to here',
    at: `mirrors?${TIME}`,
    actions: 3,
    done: async (page, hand) => {
      await hand.take(page.getByRole('link', { name: 'Add a mirror' }));
      await page.getByText('Next free one; 1, 2 are taken').waitFor();
      await hand.take(page.getByRole('link', { name: /^Linux tc/ }));
      await hand.write(page.getByLabel("The device's address"), '192.0.2.77');
      await hand.write(page.getByLabel('This collector'), '192.0.2.10');
      await hand.write(page.getByLabel('Ports'), 'ens5');
      await page
        .getByRole('group', { name: 'Commands for the device' })
        .filter({ hasText: 'tc qdisc replace dev ens5 clsact' })
        .waitFor();
      await hand.take(page.getByRole('button', { name: 'Copy: Commands', exact: true }));
      await page.getByText('Commands copied').waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toContain(
        'local 192.0.2.77 remote 192.0.2.10',
      );
    },
  },
  {
    question: "See it in Arkime's own page",
    at: `sessions?${TIME}&f=server:10.30.0.30&f=app:http`,
    actions: 1,
    done: async (page, hand) => {
      const elsewhere = details(page).getByRole('link', { name: 'Arkime' });
      await elsewhere.waitFor();
      const opened = page.context().waitForEvent('page');
      await hand.take(elsewhere);
      const other = await opened;
      await other.waitForLoadState();
      const { searchParams, origin } = new URL(other.url());
      expect(origin).toBe('https://arkime.example');
      expect(searchParams.get('expression')).toMatch(/^communityId == "1:.{27}="$/);
      expect(await other.evaluate('opener === null')).toBe(true);
      await other.close();
    },
  },
  {
    question: 'Show it to a colleague',
    at: 'sessions?f=server:10.30.0.30',
    actions: 1,
    done: async (page, hand) => {
      await table(page, 'Sessions').locator('tr[aria-selected="true"]').waitFor();
      await hand.press('Shift+L');
      await page.getByText('Link copied').waitFor();
      const link = String(await page.evaluate('navigator.clipboard.readText()'));
      expect(link).toMatch(/\/sessions\?f=server:10\.30\.0\.30&t=2025-06-02T08:00~08:\d\d$/);
    },
  },
];

describeWith([CHROMIUM], 'the jobs', () => {
  let served: TestConsole;
  let browser: Browser;
  let known: Known;
  beforeAll(async () => {
    served = await startConsole(await demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store')), {
      links: [
        {
          name: 'Arkime',
          url: 'https://arkime.example/sessions?expression=communityId%20%3D%3D%20%22{community_id}%22',
        },
      ],
    });
    browser = await startBrowser();
    const range = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
    const [{ rows }, hosts] = await Promise.all([
      served.json<Answer<'sessions'>>(`/sessions?${range}&f=tcp_state:SF&limit=1&columns=community_id`),
      served.json<Answer<'hosts'>>(`/hosts?${range}&limit=1`),
    ]);
    known = { communityId: String(rows[0].community_id), strongest: hosts.rows[0].address };
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  describe.each([
    ['with a mouse', Mouse],
    ['without a mouse', Keyboard],
  ])('%s', (_, Kind) => {
    let context: BrowserContext;
    let page: Page;
    let complaints: string[];
    beforeAll(async () => {
      ({ context, page, complaints } = await openPage(browser, served.link));
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await context.route('https://arkime.example/**', (route) =>
        route.fulfill({ contentType: 'text/html', body: '<title>Arkime</title>' }),
      );
      await card(page, 'Traffic').waitFor();
    });
    afterAll(() => context.close());

    it.each(JOBS)('$question', async ({ at, actions, done }) => {
      await page.goto(`${served.url}${at}`);
      await rail(page, 'Overview').waitFor();
      const hand = new Kind(page);
      await done(page, hand, known);
      expect(hand.actions).toBeLessThanOrEqual(actions);
      expect(complaints).toEqual([]);
    });
  });

  it('has every key once in what `?` shows', async () => {
    const { context, page } = await openPage(browser, served.link);
    await card(page, 'Traffic').waitFor();
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: 'Keys' });
    await keys.getByText('Copy a link to what is shown').waitFor();
    const said = await keys.locator('tr td:first-child').allTextContents();
    expect(new Set(said).size).toBe(said.length);
    await context.close();
  });
});
