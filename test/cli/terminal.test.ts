import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displayWidth, table, terminalColumns } from '../../src/cli/terminal.js';
import { openStore } from '../../src/store/open.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { MAIN } from '../support/collector.js';
import { describeWith } from '../support/needs.js';
import { numberedSegment } from '../support/sessions.js';
import { onTerminal } from '../support/terminal.js';

describe('the width of text', () => {
  it.each([
    ['10.0.0.1', 8],
    ['京都-1', 6],
    ['Zürich', 6],
    ['Zu\u0308rich', 6],
    ['\u001b[31mdown\u001b[0m', 4],
    ['한국', 4],
    ['🚒', 2],
    ['─│→', 3],
  ])('%s takes %i columns', (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });
});

describe('a table', () => {
  const head = ['MIRROR', 'SOURCE', 'PACKETS'];
  const rows = [
    ['京都', '2001:db8:1111:2222:3333:4444:5555:6666', '1,234'],
    ['core', '10.0.0.1', '5'],
  ];
  const side = [
    'MIRROR  SOURCE                                  PACKETS',
    '京都    2001:db8:1111:2222:3333:4444:5555:6666    1,234',
    'core    10.0.0.1                                      5',
  ];

  it('has its columns side by side if it fits, or if there is no limit', () => {
    expect(table(head, rows, undefined)).toEqual(side);
    expect(table(head, rows, 55)).toEqual(side);
  });

  it('has one value per line if it would be wider than the terminal', () => {
    expect(table(head, rows, 54)).toEqual([
      'Row 1:',
      '──────',
      'MIRROR:  京都',
      'SOURCE:  2001:db8:1111:2222:3333:4444:5555:6666',
      'PACKETS: 1,234',
      '',
      'Row 2:',
      '──────',
      'MIRROR:  core',
      'SOURCE:  10.0.0.1',
      'PACKETS: 5',
    ]);
  });
});

describe('the width of a terminal', () => {
  const stream = (isTTY: boolean, columns: number) => ({ isTTY, columns }) as NodeJS.WriteStream;

  it.each([
    ['the width that the terminal reports', true, 132, undefined, 132],
    ['COLUMNS, if set', true, 132, '60', 60],
    ['80 if both are missing', true, 0, '', 80],
    ['undefined if stdout is no terminal', false, 0, '60', undefined],
  ])('is %s', (_, isTTY, columns, said, width) => {
    const before = process.env.COLUMNS;
    try {
      if (said === undefined) delete process.env.COLUMNS;
      else process.env.COLUMNS = said;
      expect(terminalColumns(stream(isTTY, columns))).toBe(width);
    } finally {
      if (before === undefined) delete process.env.COLUMNS;
      else process.env.COLUMNS = before;
    }
  });
});

describeWith(['script'], 'on a terminal', () => {
  /** A server, because every command would start an embedded engine. */
  let server: ClickHouseServer;
  let data: string;
  beforeAll(async () => {
    server = await ClickHouseServer.start();
    data = `${server.url}/mirrorlake`;
    const store = openStore(data, { create: true });
    await store.migrate();
    await store.insert('sessions', numberedSegment(0, 3), 'a', 3);
    await store.close();
  });
  afterAll(() => server?.stop());

  const QUESTION = 'SELECT client_ip, server_ip, server_port FROM sessions ORDER BY client_ip';
  const query = (columns: number, sql: string, env?: Record<string, string>): string[] =>
    onTerminal(columns, [process.execPath, MAIN, 'query', sql, '--store', data], { ...(env && { env }) });

  it('an answer is a table if it fits, to the last column, and otherwise has one value per line', () => {
    const wide = query(200, QUESTION);
    expect(wide[0]).toMatch(/^ +┌─client_ip─+┬─server_ip─+┬─server_port─┐$/);
    const width = displayWidth(wide[0]);
    expect(query(width, QUESTION)).toEqual(wide);
    const narrow = query(width - 1, QUESTION);
    expect(narrow.slice(0, 2)).toEqual(['Row 1:', '──────']);
    expect(narrow.filter((line) => /^client_ip: /.test(line))).toHaveLength(3);
    expect(query(200, QUESTION, { COLUMNS: '40' })).toEqual(narrow);
  });

  it('an answer keeps its form if the query names a format', () => {
    expect(query(20, `${QUESTION} FORMAT CSV`)).toHaveLength(3);
    expect(query(20, `${QUESTION} FORMAT PrettyCompact`)[0]).toContain('┌');
    expect(query(20, "SELECT repeat('x', 90) FORMAT TSVRaw")).toEqual(['x'.repeat(90)]);
  });
});
