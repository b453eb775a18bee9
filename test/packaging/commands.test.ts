import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMANDS_PAGE, commandsPage } from '../../packaging/commands-page.js';

it('docs/reference/commands.md is up to date (npx tsx packaging/commands-page.ts writes it)', async () => {
  expect(readFileSync(COMMANDS_PAGE, 'utf8')).toBe(await commandsPage());
});
