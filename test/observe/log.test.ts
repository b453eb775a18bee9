import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { describeWith } from '../support/needs.js';
import { onTerminal } from '../support/terminal.js';

const LOG = new URL('../../src/observe/log.ts', import.meta.url).href;
const program = (level: string, readable: boolean): string[] => [
  process.execPath,
  '--import',
  import.meta.resolve('tsx'),
  '--input-type=module',
  '--eval',
  `import { createLogger } from ${JSON.stringify(LOG)};
   const log = createLogger(${JSON.stringify(level)}, ${readable});
   log.debug('a'); log.info('b'); log.warn({ n: 1 }, 'c'); log.error('d');`,
];

it('a JSON line of the log has its level as a word', () => {
  const [command, ...words] = program('debug', false);
  const { stderr } = spawnSync(command, words, { encoding: 'utf8' });
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ level, msg, name }) => ({ level, msg, name }))).toEqual([
    { level: 'debug', msg: 'a', name: 'mirrorlake' },
    { level: 'info', msg: 'b', name: 'mirrorlake' },
    { level: 'warn', msg: 'c', name: 'mirrorlake' },
    { level: 'error', msg: 'd', name: 'mirrorlake' },
  ]);
  expect(lines[2]).toMatchObject({ n: 1, time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) });
});

it('messages below the level are not logged', () => {
  const [command, ...words] = program('warn', false);
  const { stderr } = spawnSync(command, words, { encoding: 'utf8' });
  expect(stderr.match(/"level":"\w+"/g)).toEqual(['"level":"warn"', '"level":"error"']);
});

describeWith(['script'], 'on a terminal', () => {
  it('a line of the log is readable text, with its level as a word', () => {
    const lines = onTerminal(80, program('info', true));
    expect(lines[0]).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: b$/);
    expect(lines.join('\n')).toMatch(/WARN: c\n +n: 1\n.* ERROR: d$/);
  });
});
