/**
 * Links made today open for ever. Lines are added here and never changed: whoever renames a path or a
 * parameter lets the old one in, too. Times are those of the demo.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoStore } from '../support/demo-store.js';
import { describeWith } from '../support/needs.js';

/** A link below the console's address, and what whoever opens it sees: all of these texts. */
type Link = readonly [path: string, ...sees: (string | RegExp)[]];

/** `SESSION` is the id of a conversation of HTTP: a store that is made anew has others. */
const LINKS: readonly Link[] = [
  ['', 'Top talkers', '10.20.0.28 is scanning'],
  ['?t=2025-06-02T08:05~08:10&compare=before', 'the period before', '−27 %'],
  ['?by=outcome&unit=sessions&t=2025-06-02T08:00~08:10', 'by outcome'],
  ['?talkers=hosts&slow=response&app=http', 'intranet.corp.example'],
  ['?f=server:10.30.0.30&f=protocol:6', 'Without all'],
  ['?m=once&t=2025-06-02T08:00~08:10', 'Each conversation once'],
  ['?m=erspan3,10.0.0.12,2,', '10.0.0.12 session 2'],
  ['sessions?f=server:10.30.0.30&f=app:http&t=2025-06-02T08:00~08:10', /^1–\d+ of 152$/],
  ['sessions?f=tcp_state:!SF&f=client:10.20.0.0/24&f=handshake_us:>100', /^1–\d+ of \d+$/],
  ['sessions?f=server_name:*.example.com', /^1–\d+ of \d+$/],
  ['sessions?f=tcp_state:REJ&sort=-bytes&cols=first_seen,client,server,bytes,ja4', 'Ja4'],
  ['sessions?f=session_id:SESSION&sel=SESSION', '1–1 of 1', 'established and finished'],
  ['sessions?f=mac:02:30:00:00:00:1e', /^1–\d+ of \d+$/],
  ['sessions?details=0&f=app:dns', /of 4\d\d$/],
  ['sessions?of=transactions&f=app:dns', /of 415$/, 'Answered in'],
  ['sessions?of=transactions&f=method:GET&sort=-response_us', /^1–\d+ of \d+$/],
  ['sessions/SESSION/packets?n=3', 'Packet 3'],
  ['sessions/SESSION/packets?tab=conversation&side=client', /^GET \//],
  ['sessions/SESSION/packets?tab=ladder', 'ms since the first packet'],
  ['sessions/SESSION/packets?tab=copies', 'Copies by other mirrors'],
  ['hosts?sort=failed&t=2025-06-02T08:00~08:10', 'by failed'],
  ['hosts?q=intranet', '10.30.0.30'],
  ['hosts/10.20.0.28?t=2025-06-02T08:00~08:10', 'It scans'],
  ['hosts/10.20.0.0/24?t=2025-06-02T08:00~08:10', 'Addresses seen'],
  ['hosts/2001:db8:cd::1', 'What it serves'],
  ['hosts/02:30:00:00:00:1e', 'Nothing from or to 02:30:00:00:00:1e'],
  ['services?sort=response_p95', '203.0.113.80:443'],
  ['services/203.0.113.80:443?time=handshake&wait=clients', 'It is mostly the network', '25 handshakes'],
  ['services/[2001:db8:cd::1]:443', 'www.example.org', 'Response time'],
  ['map?level=net&g=16&by=sessions', '10.30.0.0/16'],
  ['map?n=60&sel=10.20.0.28&x=10.20.0.28', 'selected · talks to 11 hosts', 'It scans'],
  ['map?as=table&by=failed', 'Who talks to whom'],
  ['map?level=vlan', 'VLANs'],
  ['live?show=open&by=packets&q=tls', 'No collector runs beside this store'],
  ['mirrors?t=2025-06-02T08:00~08:11', 'loses 2.06 % in bursts'],
  ['mirrors/gretap,10.0.0.50,0,300?t=2025-06-02T08:00~08:11', 'GRE + Ethernet key 300'],
  ['mirrors/add?platform=tc&source=192.0.2.77&session=7&ports=ens5', /tc qdisc replace dev ens5 clsact/],
  ['compare?a=erspan2,10.0.0.11,1,&b=erspan3,10.0.0.12,2,&show=only_b', 'Only 10.0.0.12 session 2 saw it'],
  ['tunnels?tunnel=gre1', 'No tunnel here, and none in this time'],
  ['sql?q=SELECT+1+AS+one', 'SELECT'],
];

describeWith([CHROMIUM], 'links', () => {
  let served: TestConsole;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  let session: string;
  beforeAll(async () => {
    served = await startConsole(await demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'store')));
    browser = await startBrowser();
    ({ context, page, complaints } = await openPage(browser, served.link));
    await page.getByRole('region', { name: 'Traffic' }).waitFor();
    const range = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
    const { rows } = await served.json<Answer<'sessions'>>(
      `/sessions?limit=1&f=app:http&f=tcp_state:SF&${range}`,
    );
    session = String(rows[0].session_id);
  });
  afterAll(async () => {
    await context.close();
    await browser.close();
    await served.close();
  });

  it.each(LINKS.map(([link, ...sees]) => ({ link, sees })))('/$link', async ({ link, sees }) => {
    const path = link.replaceAll('SESSION', session);
    await page.goto(`${served.url}${path}`);
    for (const text of sees) await page.getByText(text).and(page.locator(':visible')).first().waitFor();
    // What is in the address stays there: it is what somebody passes on.
    const { searchParams, pathname } = new URL(page.url());
    const wanted = new URL(path, served.url);
    expect(pathname).toBe(wanted.pathname);
    for (const [name, value] of wanted.searchParams) expect(searchParams.getAll(name)).toContain(value);
    expect(complaints).toEqual([]);
  });
});
