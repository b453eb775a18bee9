import { expect, test } from 'vitest';
import { notReadOnly } from '../../src/store/read-only.js';

test.each([
  'SELECT 1',
  ' select 1; ',
  "SELECT 'a; DROP TABLE sessions' -- ; DROP TABLE sessions",
  'SELECT `a;b` FROM "c;d" /* ; */',
  "WITH 'it''s; \\' fine' AS x SELECT x",
  '(SELECT 1) UNION ALL (SELECT 2)',
  'SHOW TABLES',
  'DESCRIBE sessions',
  'EXPLAIN indexes = 1 SELECT count() FROM sessions FORMAT JSON',
  '-- talkers\nSELECT client FROM sessions LIMIT 1 FORMAT CSV',
])('reads: %s', (sql) => {
  expect(notReadOnly(sql)).toBeUndefined();
});

test.each([
  ['', 'there is no statement'],
  ['-- nothing', 'there is no statement'],
  ['DROP TABLE sessions', 'DROP does not only read'],
  ['insert into sessions select 1', 'INSERT does not only read'],
  ['WITH x AS (SELECT 1) INSERT INTO sessions SELECT * FROM x', 'INSERT does not only read'],
  ['SET readonly = 0', 'SET does not only read'],
  ['SELECT 1; DROP TABLE sessions', 'there is more than one statement'],
  ["SELECT '\\'; DROP TABLE sessions", 'a quote does not end'],
  ["SELECT 'a'; DROP TABLE sessions --'", 'there is more than one statement'],
  ['/* */ ALTER TABLE sessions DELETE WHERE 1', 'ALTER does not only read'],
  ["SELECT 1 INTO OUTFILE '/etc/passwd'", 'INTO OUTFILE writes a file'],
  ["SELECT 1 into /* */ outfile 'x'", 'INTO OUTFILE writes a file'],
])('does not: %s', (sql, why) => {
  expect(notReadOnly(sql)).toBe(why);
});
