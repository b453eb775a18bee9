/** Captures that are dropped into the page, in a real browser. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { CHROMIUM, visit } from '../support/browser.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';
import { describeWith } from '../support/needs.js';

const CAPTURE = readFileSync('test/fixtures/tcp-states.pcap');

describeWith([CHROMIUM], 'captures in the page', () => {
  let served: TestConsole;
  beforeAll(async () => {
    served = await demoConsole();
  });

  it('takes one that is dropped anywhere, shows it on every page, and leads back', async () => {
    const { page, complaints } = await visit(`${served.url}compare#token=${served.token}`);
    await page.getByRole('heading', { name: 'Compare' }).waitFor();
    const dropped = await page.evaluateHandle(`(() => {
      const bytes = Uint8Array.from(atob('${CAPTURE.toString('base64')}'), (c) => c.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], 'dropped.pcap'));
      return transfer;
    })()`);
    await page.dispatchEvent('main', 'drop', { dataTransfer: dropped });
    const strip = page.getByRole('region', { name: 'Capture' });
    await strip.getByText('dropped.pcap').waitFor();
    await page.getByRole('img', { name: /^Traffic: / }).waitFor();
    const id = new URL(page.url()).searchParams.get('c');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.getByRole('button', { name: /^10\.1\.0\.1: / }).waitFor();
    expect(new URL(page.url()).searchParams.get('c')).toBe(id);
    await strip.getByRole('button', { name: 'back to the store' }).click();
    await strip.waitFor({ state: 'detached' });
    expect(page.url()).toBe(served.url);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says in one line what is no capture, and removes those that are', async () => {
    const { page, complaints } = await visit(served.link);
    await page.getByRole('region', { name: 'Traffic' }).waitFor();
    const choose = async (): Promise<void> => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'What to do' }).fill('capture');
      await page.getByRole('option', { name: 'Look into a capture' }).click();
    };
    await choose();
    await page.getByLabel('Look into a file').setInputFiles({
      name: 'notes.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('These are notes, and not a capture. '.repeat(100)),
    });
    await page.getByText(/^notes\.txt: it is no capture/).waitFor();
    await choose();
    await page.getByRole('button', { name: 'Remove dropped.pcap' }).click();
    await page.getByText('Capture dropped.pcap removed').waitFor();
    await expect.poll(async () => (await served.json<Answer<'captures'>>('/captures')).captures).toEqual([]);
    // The browser itself reports the answer that refuses it.
    expect(complaints.filter((text) => !text.includes('422'))).toEqual([]);
    await page.close();
  });
});
