import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Texts } from '../../../src/applications/engine/texts.js';
import { MYSQL, POSTGRESQL, Sql, TRANSACT_SQL } from '../../../src/applications/sql/dialects.js';
import { Statement } from '../../../src/applications/sql/statement.js';

const texts = new Texts(1);

function read(sql: string, dialect: number): [string, string] {
  const s = new Statement();
  const bytes = Buffer.from(sql, (dialect & Sql.Wide) !== 0 ? 'utf16le' : 'utf8');
  s.read(texts, bytes, 0, bytes.length, dialect);
  return [s.word, s.text];
}
const mysql = (sql: string) => read(sql, MYSQL)[1];
const postgresql = (sql: string) => read(sql, POSTGRESQL)[1];
const tsql = (sql: string) => read(sql, TRANSACT_SQL)[1];

/** Tokens of the dialects: what becomes a space, `;`, what becomes `?`, and others. */
const NUMBER = String.raw`0x[\w@$.]*|(?:\d|[.$](?=\d))(?:[\w@$.]|(?<=e)[+-](?=\d))*`;
const LEXERS = new Map([
  [
    MYSQL,
    String.raw`(?<space>\s+|#[^\r\n]*|--(?!\S)[^\r\n]*|/\*[^]*?(?:\*/|$))|(?<end>;)|` +
      String.raw`(?<literal>[nebx]?'(?:\\[^]|''|[^'\\])*(?:'|\\?$)|` +
      String.raw`"(?:\\[^]|""|[^"\\])*(?:"|\\?$)|${NUMBER})|` +
      '[\\w@$]+|`(?:``|[^`])*`?|[^]',
  ],
  [
    POSTGRESQL,
    String.raw`(?<space>\s+|--[^\r\n]*|/\*[^]*?(?:\*/|$))|(?<end>;)|` +
      String.raw`(?<literal>e'(?:\\[^]|''|[^'\\])*(?:'|\\?$)|[nbx]?'(?:''|[^'])*'?|` +
      String.raw`\$(?<tag>(?:[a-z_@#][\w@#]*)?)\$[^]*?(?:\$\k<tag>\$|$)|` +
      NUMBER.replaceAll('@$.]', '@$.#]').replace('[.$]', '[.]') +
      String.raw`)|\$\d*|[\w@#][\w@#$]*|"(?:""|[^"])*"?|` +
      '`(?:``|[^`])*`?|[^]',
  ],
  [
    TRANSACT_SQL,
    String.raw`(?<space>\s+|--[^\r\n]*|/\*[^]*?(?:\*/|$))|(?<end>;)|` +
      `(?<literal>[nebx]?'(?:''|[^'])*'?|${NUMBER.replaceAll('@$.]', '@$.#]')})|` +
      String.raw`[\w@$#]+|"(?:""|[^"])*"?|\[(?:\]\]|[^\]])*\]?|` +
      '`(?:``|[^`])*`?|[^]',
  ],
]);

/** What a statement of ASCII becomes, without nested and executed comments. */
function expected(sql: string, dialect: number): string {
  let text = '';
  let end = '';
  let space = '';
  for (const { 0: token, groups } of sql.matchAll(new RegExp(LEXERS.get(dialect)!, 'gi'))) {
    if (groups!.space !== undefined) space = ' ';
    else if (groups!.end !== undefined) end = ';';
    else {
      text += (text === '' ? '' : end + space) + (groups!.literal === undefined ? token : '?');
      end = space = '';
    }
  }
  const escaped = (c: string) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return text.replaceAll(/[^ -~]/g, escaped).slice(0, 1024);
}

describe('a statement', () => {
  it('keeps its words; white space, comments and a last semicolon go', () => {
    expect(read('  select\t*\r\n from  t1 -- all\n where a = b ; ', MYSQL)).toEqual([
      'SELECT',
      'select * from t1 where a = b',
    ]);
    expect(mysql('a/* x */b # c\n; d;')).toBe('a b; d');
    expect(postgresql('/* a /* b */ c */ SELECT 1--x')).toBe('SELECT ?');
    expect(mysql('select 5--2, 5 -- 2')).toBe('select ?--?, ?');
  });

  it('begins with a word, perhaps behind parentheses', () => {
    expect(read('((select a) union (select b))', MYSQL)[0]).toBe('SELECT');
    expect(read('{call p}', TRANSACT_SQL)[0]).toBe('CALL');
    expect(read('"x"', POSTGRESQL)[0]).toBe('');
    expect(read(';', POSTGRESQL)).toEqual(['', '']);
    expect(read('', TRANSACT_SQL)).toEqual(['', '']);
  });

  it('has no literals', () => {
    expect(mysql(`insert into t values ('it''s', "a""b", 'x\\'y', 1.5e-3, .5, 0xff, X'0a', -7, null)`)).toBe(
      'insert into t values (?, ?, ?, ?, ?, ?, ?, -?, null)',
    );
    expect(mysql('select `a b`.`c``d`, @x, t2.c1 from t2 limit 1#it\'s a "secret')).toBe(
      'select `a b`.`c``d`, @x, t2.c1 from t2 limit ?',
    );
    expect(
      postgresql(`select "My ""T""", 'a\\', E'b\\'c', $1, $12, $$it's$$, $t$ $$ $t$, U&'x', b'1', a[1]`),
    ).toBe('select "My ""T""", ?, ?, $1, $12, ?, ?, ?, ?, a[?]');
    expect(tsql(`select N'a', [My ]] T], #t.x, @p1, 0x1F, $5.00, "x y" from dbo.t`)).toBe(
      'select ?, [My ]] T], #t.x, @p1, ?, ?, "x y" from dbo.t',
    );
    expect(postgresql('select $a1$secret$a1$, $1$2')).toBe('select ?, $1$2');
    expect(read(`select "x y"`, TRANSACT_SQL | Sql.DoubleQuotedStrings)[1]).toBe('select ?');
    expect(postgresql('select x::int, now()')).toBe('select x::int, now()');
  });

  it('has no literals either where they were cut off', () => {
    expect(mysql("select 'secret")).toBe('select ?');
    expect(mysql("select 'secret\\")).toBe('select ?');
    expect(postgresql('select $a$secret')).toBe('select ?');
    expect(postgresql('select $a$secret$a')).toBe('select ?');
    expect(mysql('select 12')).toBe('select ?');
  });

  it('of MySQL is executed in comments with a mark', () => {
    expect(read("/*!40101 SET NAMES 'utf8' */", MYSQL)).toEqual(['SET', 'SET NAMES ?']);
    expect(mysql('/*M!100101 set a */ b')).toBe('set a b');
  });

  it('has other characters escaped', () => {
    expect(postgresql('select é')).toBe('select \\xc3\\xa9');
    expect(tsql('select ș')).toBe('select \\u0219');
  });

  it('is at most 1,024 characters', () => {
    const [word, text] = read(`select ${'a, '.repeat(1000)}`, MYSQL);
    expect(word).toBe('SELECT');
    expect(text.length).toBe(1024);
    expect(read('x'.repeat(300), POSTGRESQL)[0].length).toBe(32);
  });

  it('is told from others that came before, and comes again', () => {
    const s = new Statement();
    const of = (sql: string) => {
      const bytes = Buffer.from(sql);
      s.read(texts, bytes, 0, bytes.length, MYSQL);
      return [s.word, s.text];
    };
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 2000; i++)
        expect(of(`Select c${i} from t -- ${i}`)).toEqual(['SELECT', `Select c${i} from t`]);
    expect(of('é a')).toEqual(['\\xc3\\xa9', '\\xc3\\xa9 a']);
    expect(of('\\xc3\\xa9 a')).toEqual(['', '\\xc3\\xa9 a']);
    const long = `update ${'t, '.repeat(80)}`;
    expect(of(long)).toEqual(['UPDATE', long.trim()]);
  });

  it('is what regular expressions make of it', () => {
    const pieces = fc.constantFrom(
      ...[
        'select',
        'n',
        'E',
        'x1',
        't.c',
        '_a@b',
        'a$',
        'x_long_name_of_a_column',
        ' ',
        '  ',
        '\n',
        '\t',
        ', ',
      ],
      ...['(', ')', '{', '=', '<>', '+', '-', '*', '/ ', '.', ';', '; ', ':', '&', '%', '\\', '?', '!', '|'],
      ...['1', '0', '42', '0x1F', '1.5', '.5', '1e-3', '0x1e', '2e', '5e+', '$5', '$1', '$12'],
      ...["'a'", "''", "'it''s'", "N'b'", "'c d'e", '"q"', '""', '`n m`', '``', '[x]', '[a b]', 'a[1]'],
      ...['-- c\n', '--', '# c\n', '/* c */', '/**/', '$$ x $$', '$t1$ $$ $t1$', "'cut", '"cut', '`cut'],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (list) => {
        const sql = list.join('');
        for (const dialect of [MYSQL, POSTGRESQL, TRANSACT_SQL])
          expect(read(sql, dialect)[1]).toBe(expected(sql, dialect));
      }),
      { numRuns: 2000 },
    );
  });

  it('never has what was in a string, and is read from any bytes', () => {
    const dialects = fc.constantFrom(MYSQL, POSTGRESQL, TRANSACT_SQL, 255, 0);
    fc.assert(
      fc.property(fc.string(), fc.nat(300), (s, cut) => {
        const sql = `select '${s.replaceAll("'", "''").replaceAll('\\', '')}zq' from t`;
        for (const dialect of [MYSQL, POSTGRESQL, TRANSACT_SQL])
          expect(read(sql.slice(0, cut), dialect)[1]).not.toContain('zq');
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), dialects, (b, dialect) => {
        const s = new Statement();
        s.read(texts, b, 0, b.length, dialect);
        expect(s.text.length).toBeLessThanOrEqual(1024);
      }),
      { numRuns: 300 },
    );
  });
});
