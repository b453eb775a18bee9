/** The Packets page in a browser, used as a person does. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { CHROMIUM, visit } from '../support/browser.js';
import { runLine } from '../support/command-lines.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoConsole, demoSession } from '../support/demo.js';
import { demoStore } from '../support/demo-store.js';
import { describeWith } from '../support/needs.js';

describeWith([CHROMIUM], 'the page of packets', () => {
  let served: TestConsole;
  let directory: string;
  /** A copy of the console's store, for the command line. */
  let beside: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'console-'));
    beside = await demoStore(join(directory, 'beside'));
    served = await demoConsole();
  });

  async function mirrorlake(...words: string[]): Promise<string> {
    const { status, stdout, stderr } = await runLine(words);
    expect(status, stderr).toBe(0);
    return stdout;
  }
  const HTTP = "client_port = 49154 AND client_ip = toIPv6('10.20.0.27') AND server_port = 80";

  const link = (id: string, search = ''): string =>
    `${served.url}sessions/${id}/packets${search}#token=${served.token}`;
  /** The offsets of the bytes that are lit. */
  const lit = (page: Page): Promise<number[]> =>
    page
      .getByRole('group', { name: 'Bytes', exact: true })
      .locator('[data-at][class*=lit]')
      .evaluateAll((all) =>
        [...new Set(all.map((one) => Number(one.getAttribute('data-at'))))].sort((a, b) => a - b),
      );

  it('lights the bytes of a field, and finds the field of a byte', async () => {
    const id = await demoSession(`${HTTP} AND mirror_type = 'erspan2'`);
    const { page, complaints } = await visit(link(id));
    const list = page.getByRole('listbox', { name: 'Packets' });
    await list.getByRole('option', { name: /^6 .*HTTP\/1\.1 200 OK$/ }).click();
    await page.getByRole('heading', { name: 'Packet 6' }).waitFor();
    await page.waitForURL(/\?n=6$/);
    const tree = page.getByRole('tree', { name: 'Layers' });
    await tree.getByRole('treeitem', { name: /^status HTTP\/1\.1 200 OK/ }).click();
    await page.getByText('bytes 58–72 · HTTP status').waitFor();
    expect(await lit(page)).toEqual(Array.from({ length: 15 }, (_, i) => 58 + i));
    await page.waitForURL(/\?n=6&at=58~15$/);

    // The other way round: a byte of the addresses, whose field is not among the first ones.
    await page.getByRole('group', { name: 'Bytes', exact: true }).locator('[data-at="31"]').first().click();
    await tree.getByRole('treeitem', { name: 'source 10.30.0.30', selected: true }).waitFor();
    expect(await lit(page)).toEqual([30, 31, 32, 33]);

    // The next packet shows the same field, by the keyboard.
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'Packet 7' }).waitFor();
    await page.getByText('bytes 30–33 · IPv4 source').waitFor();
    await page.keyboard.press('k');
    await page.keyboard.press('h');
    await page.getByRole('button', { name: 'Text', pressed: true }).waitFor();
    await tree.focus();
    await page.keyboard.press('ArrowUp');
    await page.getByText('IPv4 ttl').waitFor();

    await list.getByText('sent again').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('opens with what its address says, and goes back one decision', async () => {
    const id = await demoSession(`${HTTP} AND mirror_type = 'erspan2'`);
    const { page } = await visit(link(id, '?n=6&at=58~15&f=server:10.30.0.30'));
    await page.getByText('bytes 58–72 · HTTP status').waitFor();
    await page.getByRole('tab', { name: 'Conversation' }).click();
    const turns = page.getByRole('region', { name: 'What was said' });
    await turns.getByText('GET /0/5936 HTTP/1.1').waitFor();
    const both = await turns.locator('pre').allInnerTexts();
    expect(both.length).toBe(4);
    expect(both[0]).toMatch(/^GET \/0\/5936 HTTP\/1\.1\n/);
    expect(both[1]).toMatch(/^HTTP\/1\.1 200 OK\nServer: nginx\n/);
    await page.getByRole('button', { name: 'Client', exact: true }).click();
    await expect.poll(() => turns.locator('pre').count()).toBe(1);
    await page.goBack();
    await page.getByRole('tab', { name: 'Packets', selected: true }).waitFor();
    await page.getByText('bytes 58–72 · HTTP status').waitFor();
    expect(await page.getByRole('link', { name: 'Sessions', exact: true }).last().getAttribute('href')).toBe(
      '/sessions?f=server:10.30.0.30',
    );
    await page.close();
  });

  it('shows a ladder, and the copies of other mirrors', async () => {
    const id = await demoSession(`${HTTP} AND mirror_type = 'erspan2'`);
    const { page, complaints } = await visit(link(id, '?tab=ladder'));
    const ladder = page.getByRole('region', { name: 'Ladder' });
    await ladder.getByText('SYN ACK', { exact: false }).first().waitFor();
    await ladder.getByText('HTTP/1.1 200 OK').first().click();
    await page.getByRole('heading', { name: 'Packet 6' }).waitFor();
    await page.getByRole('tab', { name: 'Copies by other mirrors 1' }).click();
    const copies = page.getByRole('region', { name: 'Copies by other mirrors' });
    await copies.getByText('seen by all', { exact: false }).waitFor();
    const rows = await copies.locator('tbody tr').count();
    expect(rows).toBeGreaterThanOrEqual(23);
    expect(await copies.locator('tbody tr').first().textContent()).toContain('first');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('downloads what the export writes', async () => {
    const id = await demoSession(HTTP);
    const { page } = await visit(link(id));
    for (const [name, more] of [
      ['pcapng', []],
      [/with .* headers/, ['--encapsulated']],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name }).click(),
      ]);
      expect(download.suggestedFilename()).toMatch(
        /^mirrorlake-10\.20\.0\.27-49154-10\.30\.0\.30-80-.*\.pcapng$/,
      );
      const file = join(mkdtempSync(join(directory, 'export-')), 'of.pcapng');
      await mirrorlake(
        'export',
        '--store',
        beside,
        '--where',
        `session_id = '${id}'`,
        '--output',
        file,
        ...more,
      );
      expect(readFileSync(await download.path()).equals(readFileSync(file))).toBe(true);
    }
    await page.close();
  });

  it.each([
    ["app_protocol = 'dns'", /A \S+$/],
    ["transport = 'icmp'", /echo request/],
    ["app_protocol = 'quic'", /Initial, version 1/],
    ["app_protocol = 'mysql'", /SELECT/],
    ["app_protocol = 'tls' AND server_name != ''", /ClientHello \S+/],
    ["app_protocol = 'snmp'", /get/],
  ])('says what is in packets where %s', async (condition, line) => {
    const { page, complaints } = await visit(link(await demoSession(condition)));
    const list = page.getByRole('listbox', { name: 'Packets' });
    await list.getByText(line).first().waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says how packets are kept where there are none, and what is not there', async () => {
    const empty = join(directory, 'empty');
    await mirrorlake('read', 'test/fixtures/tcp-states.pcap', '--store', empty);
    const id = await mirrorlake(
      'query',
      '--store',
      empty,
      '--format',
      'TSV',
      'SELECT toString(session_id) FROM sessions LIMIT 1',
    );
    const other = await startConsole(empty);
    const at = `${other.url}sessions/${id.trim()}/packets#token=${other.token}`;
    const { page } = await visit(at);
    await page.getByRole('heading', { name: 'No packets of this session are kept' }).waitFor();
    expect(await page.getByRole('button', { name: 'pcapng' }).isDisabled()).toBe(true);
    await page.goto(`${other.url}sessions/01972fa8-6607-7000-bfd2-000000000000/packets`);
    await page.getByText('there is no session 01972fa8').waitFor();
    await page.close();
    await other.close();
  });
});
