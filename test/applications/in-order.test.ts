import { describe, expect, it } from 'vitest';
import { MysqlReader } from '../../src/applications/mysql/reader.js';
import { PostgresqlReader } from '../../src/applications/postgresql/reader.js';
import type { Reader } from '../../src/applications/reader.js';
import { RedisReader } from '../../src/applications/redis/reader.js';
import { TdsReader } from '../../src/applications/tds/reader.js';
import { Conversation } from '../support/conversation.js';
import { error as mysqlError, ok, query } from './mysql/packets.js';
import { all, complete, query as pgQuery, error as postgresqlError, ready } from './postgresql/messages.js';
import { array } from './redis/values.js';
import { answer, batch, done, error as tdsError } from './tds/packets.js';

interface Protocol {
  reader: Reader;
  /** Four questions, and their answers; the second one is an error. */
  questions: Uint8Array[];
  answers: Uint8Array[];
}

const texts = ['select a', 'select b', 'select c', 'select d'];
const protocols: Record<string, Protocol> = {
  mysql: {
    reader: new MysqlReader(),
    questions: texts.map(query),
    answers: [ok(1), mysqlError(1, 1051), ok(1), ok(1)],
  },
  postgresql: {
    reader: new PostgresqlReader(),
    questions: texts.map(pgQuery),
    answers: [complete('SELECT 1'), postgresqlError('42P01'), complete('SELECT 1'), complete('SELECT 1')].map(
      (m) => all(m, ready()),
    ),
  },
  tds: {
    reader: new TdsReader(),
    questions: texts.map(batch),
    answers: [answer(done(0)), answer(tdsError(208), done(2)), answer(done(0)), answer(done(0))],
  },
  redis: {
    reader: new RedisReader(),
    questions: texts.map((t) => Buffer.from(array('GET', t))),
    answers: [':1\r\n', '-ERR\r\n', ':1\r\n', ':1\r\n'].map((t) => Buffer.from(t)),
  },
};

const seen = (c: Conversation) => c.rows.map((r) => `${r.resource} ${r.outcome} ${r.partial}`.trim());

describe.each(Object.entries(protocols))(
  'answers in order, of %s',
  (name, { reader, questions: q, answers: a }) => {
    const open = () =>
      new Conversation([{ name: name as 'mysql', tcp: { is: () => true }, newReader: () => reader }], {
        client: 40000,
        server: 7,
      });

    it('belong to their questions where these come late', () => {
      const c = open().ask(q[0]).answer(a[0]).lose(0, q[1].length).answer(a[1]).segment(0, q[0].length, q[1]);
      c.ask(q[2]).answer(a[2]).end();
      expect(seen(c)).toEqual(['select a ok', 'select b client_error', 'select c ok']);
      expect(c.rows[1].responseUs).toBe(0);
    });

    it('belong to their questions where they come late themselves', () => {
      const c = open().ask(q[0]).answer(a[0]).ask(q[1], q[2]).answer(a[1], a[2]).end();
      expect(seen(c)).toEqual(['select a ok', 'select b client_error', 'select c ok']);
    });

    it('belong to nobody where the question is lost', () => {
      const c = open().ask(q[0]).answer(a[0]).lose(0, q[1].length).answer(a[1]).ask(q[2]).answer(a[2]);
      c.ask(q[3]).answer(a[3]).end();
      expect(seen(c)).toEqual(['select a ok', 'unasked', 'select c ok', 'select d ok']);
    });

    it('are missing for questions that have none', () => {
      const c = open().ask(q[0]).answer(a[0]).ask(q[1]).lose(1, a[1].length).ask(q[2]).answer(a[2]);
      c.ask(q[3]).answer(a[3]).end();
      expect(seen(c)).toEqual(['select a ok', 'select b unanswered gap', 'select c ok', 'select d ok']);
    });
  },
);
