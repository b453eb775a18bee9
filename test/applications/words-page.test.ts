/**
 * docs/reference/columns.md says what method, name, resource, status and the attributes are in each
 * application; each attribute has a kind, by which it can be left out, or is known to be no personal data.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { APPLICATIONS } from '../../src/applications/registry.js';
import { OUTCOME_NAMES } from '../../src/model/told.js';
import { ATTRIBUTE_KINDS } from '../../src/sessions/message-rows.js';
import { Conversation } from '../support/conversation.js';
import type { Sample } from '../support/sample.js';

const ROOM = join(import.meta.dirname, '../../src/applications');
const page = readFileSync(join(import.meta.dirname, '../../docs/reference/columns.md'), 'utf8');

/** The rows of the table under a heading, each as its cells. */
function table(heading: string): string[][] {
  const section = page.split(/^##+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const [, , ...rows] = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** What the table says of each application, by its word. */
const said = new Map(
  table('What they are in each protocol').flatMap(([words, ...cells]) =>
    [...words.matchAll(/`(\w+)`/g)].map(([, word]) => [word, cells] as const),
  ),
);

/** Attributes that no reader of the text takes for a name, a user, a path or a statement. */
const PLAIN = new Set([
  ...['content_type', 'server', 'ua', 'user_agent', 'grpc_status'],
  ...['do', 'ede', 'edns_size'],
  ...['client_address', 'parameters', 'relay', 'vendor_class', 'xid'],
  ...['dialect', 'etype', 'till', 'scope', 'count', 'rows', 'hits', 'qos', 'version', 'stratum'],
  ...['iin', 'source', 'sender', 'packets', 'lost', 'jitter_us'],
]);

/** Attributes that the files of an application name. */
function attributesOf(name: string): string[] {
  const folder = join(ROOM, name);
  const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  return [...sources.join('\n').matchAll(/\.attribute\(\s*'(\w+)'/g)].map(([, attribute]) => attribute);
}

describe.each(APPLICATIONS.filter((a) => a.newReader !== undefined).map(({ name }) => name))('%s', (name) => {
  it('has a row on the page, with its attributes, if it has rows of its own', async () => {
    const file = join(import.meta.dirname, name, 'samples.ts');
    expect(existsSync(file)).toBe(true);
    const { samples } = (await import(file)) as { samples: readonly Sample[] };
    const rows = samples.flatMap((sample) => {
      const c = new Conversation(APPLICATIONS, { client: 40_000, server: sample.server });
      for (const [who, bytes] of sample.messages) {
        if (sample.udp) c.datagram(who === 'client' ? 0 : 1, bytes);
        else if (who === 'client') c.ask(bytes);
        else c.answer(bytes);
      }
      return c.end().pass(20).rows;
    });
    const own = rows.filter(({ app }) => app === name);
    expect(said.has(name)).toBe(own.length > 0);
    if (own.length === 0) return;
    const attributes = new Set([...attributesOf(name), ...own.flatMap((row) => Object.keys(row.attributes))]);
    const words = said.get(name)?.join(' ') ?? '';
    for (const attribute of attributes) {
      expect(words).toMatch(new RegExp(`\\b${attribute}\\b`));
      expect(ATTRIBUTE_KINDS.has(attribute), attribute).toBe(!PLAIN.has(attribute));
    }
  });
});

it('the page has no application that has no rows, and every outcome', () => {
  const names: string[] = APPLICATIONS.map(({ name }) => name);
  expect([...said.keys()].filter((name) => !names.includes(name))).toEqual([]);
  expect(
    table('What the outcomes are')
      .map(([word]) => word.replaceAll('`', ''))
      .toSorted(),
  ).toEqual(OUTCOME_NAMES.toSorted());
});
