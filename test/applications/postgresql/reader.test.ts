import { describe, expect, it } from 'vitest';
import { PostgresqlReader } from '../../../src/applications/postgresql/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation } from '../../support/conversation.js';
import {
  all,
  authentication,
  bind,
  bound,
  CANCEL,
  columns,
  complete,
  error,
  execute,
  GSS,
  message,
  parameter,
  parse,
  parsed,
  query,
  ready,
  row,
  startup,
  sync,
  TLS,
  VERSION_3,
} from './messages.js';

const POSTGRESQL: Application = {
  name: 'postgresql',
  tcp: { is: () => true },
  newReader: () => new PostgresqlReader(),
};
const open = () => new Conversation([POSTGRESQL], { client: 40000, server: 5432 });
const loggedIn = () =>
  open()
    .ask(startup(VERSION_3, { user: 'app', database: 'shop' }))
    .answer(all(authentication(0), ready()));
const seen = (c: Conversation) =>
  c.rows.map((r) => `${r.method} ${r.resource} ${r.status} ${r.outcome} ${r.attributes.rows ?? ''}`.trim());

describe('PostgreSQL', () => {
  it('logs on', () => {
    const c = open()
      .ask(startup(TLS))
      .answer('N')
      .ask(startup(VERSION_3, { user: 'app', database: 'shop', application_name: 'psql', options: 'secret' }))
      .answer(authentication(10))
      .wait(50_000)
      .ask(message('p', 'secret'))
      .answer(all(authentication(0), parameter('server_version', '16.2 (Debian)'), ready()));
    expect(c.told).toEqual({ ServerSoftware: '16.2 (Debian)', ClientSoftware: 'psql', UserName: 'app' });
    expect(c.rows).toEqual([
      expect.objectContaining({
        method: 'login',
        name: 'shop',
        user: 'app',
        outcome: 'ok',
        responseUs: 1000,
      }),
    ]);
  });

  it('refuses a login; the database is the user if it is not said', () => {
    const c = open()
      .ask(startup(VERSION_3, { user: 'eve' }))
      .answer(error('28P01'));
    expect(seen(c)).toEqual(['login  28P01 client_error']);
    expect(c.rows[0]).toMatchObject({ name: 'eve', user: 'eve' });
    expect(c.told.UserName).toBeUndefined();
  });

  it('goes over to TLS, or is encrypted otherwise', () => {
    const tls = open()
      .ask(startup(GSS))
      .answer('N')
      .ask(startup(TLS))
      .answer('S')
      .ask('\x16\x03\x01\0\x05hello');
    expect([tls.rows, tls.told]).toEqual([[], {}]);
    expect(open().ask(startup(GSS)).answer('G').isOver).toBe(true);
  });

  it('queries', () => {
    const c = loggedIn();
    c.ask(query("SELECT a FROM t WHERE b = 'secret';")).answer(
      all(columns(), row('1'), row('2'), complete('SELECT 2'), ready()),
    );
    c.ask(query('drop table x')).answer(all(message('N', 'SNOTICE\0\0'), error('42P01'), ready()));
    c.ask(query('')).answer(all(message('I'), ready()));
    c.ask(query('begin; insert into t values (1)')).answer(
      all(complete('BEGIN'), complete('INSERT 0 5'), ready()),
    );
    c.ask(query('select pg_sleep(9)')).answer(all(columns(), error('57014'), ready()));
    c.ask(message('X'));
    expect(seen(c).slice(1)).toEqual([
      'SELECT SELECT a FROM t WHERE b = ?  ok 2',
      'DROP drop table x 42P01 client_error',
      'QUERY   ok',
      'BEGIN begin; insert into t values (?)  ok 5',
      'SELECT select pg_sleep(?) 57014 server_error',
    ]);
    expect(c.rows[1]).toMatchObject({ name: 'shop', user: 'app' });
  });

  it('answers with large results', () => {
    const c = loggedIn().ask(query('select big'));
    const answer = all(
      columns(),
      ...Array.from({ length: 3000 }, (_, i) => row(String(i))),
      complete('SELECT 3000'),
      ready(),
    );
    for (let i = 0; i < answer.length; i += 9000) c.answer(answer.subarray(i, i + 9000));
    c.ask(query('select a')).answer(all(columns(), complete('SELECT 0'), ready()));
    expect(seen(c).slice(1)).toEqual(['SELECT select big  ok 3000', 'SELECT select a  ok 0']);
    expect(c.rows[1].responseBytes).toBe(answer.length);
  });

  it('prepares, binds and executes', () => {
    const c = loggedIn();
    c.ask(all(parse('s', "select $1 and 'x'"), message('D', 'Ss\0'), sync()));
    c.answer(all(parsed(), message('t', [0, 0]), columns(), ready()));
    c.ask(all(bind('', 's'), execute(''), sync())).answer(
      all(bound(), row('1'), complete('SELECT 1'), ready()),
    );
    c.ask(all(parse('', 'delete from t'), bind('', ''), execute(''), sync()));
    c.answer(all(parsed(), bound(), complete('DELETE 7'), ready()));
    c.ask(all(message('C', 'Ss\0'), sync())).answer(all(message('3'), ready()));
    c.ask(all(parse('', 'selec'), bind('', ''), execute(''), sync())).answer(all(error('42601'), ready()));
    c.ask(all(bind('p', 's'), execute('p'), message('H'))).answer(all(bound(), row('1'), message('s')));
    c.ask(all(execute('p'), sync())).answer(all(row('2'), complete('SELECT 1'), ready()));
    c.ask(all(bind('', 'unknown'), execute(''), sync())).answer(all(error('26000'), ready()));
    expect(seen(c).slice(1)).toEqual([
      'PARSE select $1 and ?  ok',
      'SELECT select $1 and ?  ok 1',
      'DELETE delete from t  ok 7',
      'SELEC selec 42601 client_error',
      'SELECT select $1 and ?  ok',
      'SELECT select $1 and ?  ok 1',
      'EXECUTE  26000 client_error',
    ]);
    expect(c.rows.map((r) => r.responseUs)).toEqual(c.rows.map(() => 1000));
  });

  it('takes many statements at once: those behind an error are not executed', () => {
    const c = loggedIn();
    const insert = all(bind('', 's'), execute(''));
    c.ask(all(parse('s', 'insert into t values ($1)'), insert, insert, insert, sync(), query('select a')));
    c.answer(all(parsed(), bound(), complete('INSERT 0 1'), bound(), error('23505'), ready()));
    c.answer(all(columns(), complete('SELECT 0'), ready()));
    expect(c.rows.slice(1).map((r) => `${r.method} ${r.status} ${r.outcome}`)).toEqual([
      'INSERT  ok',
      'INSERT 23505 client_error',
      'INSERT 23505 client_error',
      'SELECT  ok',
    ]);
  });

  it('takes more statements at once than have a place', () => {
    const c = loggedIn();
    const insert = all(bind('', 's'), execute(''));
    c.ask(all(parse('s', 'insert into t values ($1)'), ...Array.from({ length: 50 }, () => insert), sync()));
    c.answer(
      all(
        parsed(),
        ...Array.from({ length: 50 }, (_, i) => all(bound(), complete(`INSERT 0 ${i}`))),
        ready(),
      ),
    );
    c.ask(query('select a'))
      .answer(all(complete('SELECT 1'), ready()))
      .end();
    expect(c.rows.length).toBe(52);
    expect(c.rows.filter((r) => r.outcome === 'ok').map((r) => r.attributes.rows)).toEqual([
      undefined,
      ...Array.from({ length: 32 }, (_, i) => String(i + 18)),
      '1',
    ]);
  });

  it('copies: time is measured from the last of the data', () => {
    const c = loggedIn()
      .ask(query('copy t from stdin'))
      .answer(message('G', [0, 0, 0]))
      .wait(9000);
    c.ask(all(...Array.from({ length: 300 }, () => message('d', 'secret\n')))).wait(9000);
    c.ask(message('c')).answer(all(complete('COPY 300'), ready()));
    c.ask(query('copy t to stdout')).answer(
      all(message('H', [0, 0, 0]), message('d', 'x'), message('c'), complete('COPY 1'), ready()),
    );
    expect(seen(c).slice(1)).toEqual(['COPY copy t from stdin  ok 300', 'COPY copy t to stdout  ok 1']);
    expect(c.rows[1].responseUs).toBe(1000);
  });

  it('replicates, for as long as the conversation lasts', () => {
    const c = loggedIn()
      .ask(query('START_REPLICATION SLOT "s" LOGICAL 0/0'))
      .answer(message('W', [0, 0, 0]));
    c.wait(9000).ask(message('d', 'r')).wait(5000).answer(message('d', 'w')).ask(message('d', 'r')).end();
    expect(c.rows.slice(1).map((r) => [r.method, r.outcome, r.responseUs])).toEqual([
      ['START_REPLICATION', 'ok', 1000],
    ]);
  });

  it('cancels', () => {
    expect(seen(open().ask(startup(CANCEL)))).toEqual(['CANCEL   ok']);
  });

  it('keeps no literal where backslashes escape in all strings', () => {
    const c = open().ask(startup(VERSION_3, { user: 'a' }));
    c.answer(all(authentication(0), parameter('standard_conforming_strings', 'off'), ready()));
    c.ask(query("select 'a\\' secret', b")).answer(all(complete('SELECT 1'), ready()));
    expect(c.rows[1].resource).toBe('select ?, b');
  });

  it('is read where its beginning was not seen, and behind what was lost', () => {
    const c = open()
      .ask(query('select a'))
      .answer(all(columns(), row('1').subarray(0, 6)))
      .lose(1, 2000);
    c.ask(query('select b')).answer(all(complete('SELECT 1'), ready()));
    c.lose(0, 20)
      .answer(all(complete('SELECT 1'), ready()))
      .ask(query('select c'))
      .lose(1, 90)
      .end();
    expect(c.rows.map((r) => `${r.method} ${r.resource} ${r.outcome} ${r.partial}`.trim())).toEqual([
      'SELECT select a ok gap',
      'SELECT select b ok',
      'unasked',
      'SELECT select c unanswered',
    ]);
  });

  it('does not read what is not its protocol', () => {
    const c = open().ask(startup(VERSION_3).fill(0xff, 0, 4).fill(0, 0, 1));
    expect(c.told.Partial).toBe('malformed');
    expect(seen(open().ask('hello, who is there?').answer('and who are you?').end())).toEqual([]);
  });
});
