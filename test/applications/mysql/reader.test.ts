import { describe, expect, it } from 'vitest';
import { MysqlReader } from '../../../src/applications/mysql/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation } from '../../support/conversation.js';
import {
  ALL,
  CAN,
  column,
  command,
  eof,
  error,
  greeting,
  login,
  ok,
  packet,
  query,
  rows,
  tlsRequest,
} from './packets.js';

const MYSQL: Application = { name: 'mysql', tcp: { is: () => true }, newReader: () => new MysqlReader() };
const open = () => new Conversation([MYSQL], { client: 40000, server: 3306 });
const loggedIn = (database = 'shop', can = 0) =>
  open()
    .answer(greeting())
    .ask(login('app', database, { can }))
    .answer(ok(2));
const seen = (c: Conversation) =>
  c.rows.map((r) =>
    `${r.method} ${r.name} ${r.resource} ${r.status} ${r.outcome} ${r.attributes.rows ?? ''}`.trim(),
  );

describe('MySQL', () => {
  it('greets, and logs on', () => {
    const c = open()
      .answer(greeting('5.5.5-10.6.12-MariaDB'))
      .ask(
        login('app', 'shop', {
          attributes: [
            ['_client_name', 'libmariadb'],
            ['program_name', 'mysql'],
          ],
        }),
      )
      .answer(packet(2, [254], 'mysql_native_password\0', 'C'.repeat(21)))
      .ask(packet(3, 'SECRETSECRETSECRET12'))
      .answer(ok(4));
    expect(c.told).toEqual({
      ServerSoftware: '5.5.5-10.6.12-MariaDB',
      ClientSoftware: 'mysql',
      UserName: 'app',
    });
    expect(c.rows).toEqual([
      expect.objectContaining({
        method: 'login',
        name: 'shop',
        user: 'app',
        outcome: 'ok',
        status: '',
        responseUs: 1000,
      }),
    ]);
  });

  it('refuses a login', () => {
    const c = open()
      .answer(greeting())
      .ask(login('eve'))
      .answer(packet(2, [1, 4]))
      .ask(packet(3, [2]))
      .answer(error(4, 1045));
    expect(seen(c)).toEqual(['login   1045 client_error']);
    expect(c.rows[0].user).toBe('eve');
    expect(c.told.UserName).toBeUndefined();
    expect(seen(open().answer(packet(0, [255, 16, 4], 'Too many connections')))).toEqual([
      'login   1040 unasked',
    ]);
  });

  it('goes over to TLS', () => {
    const c = open().answer(greeting()).ask(tlsRequest()).ask('\x16\x03\x01\x00\x05hello').end();
    expect(c.rows).toEqual([]);
    expect(c.told.Partial).toBeUndefined();
  });

  it('ends where packets are compressed', () => {
    const c = open()
      .answer(greeting('8', ALL | CAN.compress))
      .ask(login('app', '', { can: CAN.compress }))
      .answer(ok(2));
    expect(seen(c)).toEqual(['login    ok']);
    expect(c.isOver).toBe(true);
  });

  it('queries: rows, counts, errors', () => {
    const c = loggedIn();
    c.ask(query("SELECT a FROM t WHERE b = 'secret' ;")).answer(rows(['1', '2']));
    c.ask(query('select 1')).answer(rows(['1'], false));
    c.ask(query('select a')).answer(rows([]), '');
    c.ask(query('insert into t values (1)')).answer(ok(1, 5));
    c.ask(query('drop table x')).answer(error(1, 1051));
    c.ask(query('call p()')).answer(rows(['a'], true, 10), ok(6));
    c.ask(query('')).answer(error(1, 1065));
    expect(seen(c).slice(1)).toEqual([
      'SELECT shop SELECT a FROM t WHERE b = ?  ok 2',
      'SELECT shop select ?  ok 1',
      'SELECT shop select a  ok 0',
      'INSERT shop insert into t values (?)  ok 5',
      'DROP shop drop table x 1051 client_error',
      'CALL shop call p()  ok 1',
      'QUERY shop  1065 client_error',
    ]);
    expect(c.rows[1].user).toBe('app');
  });

  it('answers with large results, in many segments, and says when they end', () => {
    const c = loggedIn().ask(query('select big'));
    const all = rows(Array.from({ length: 700 }, (_, i) => `row ${i}`.padEnd(200, 'x')));
    for (let i = 0; i < all.length; i += 1400) c.answer(all.subarray(i, i + 1400));
    expect(seen(c)).toEqual(['login shop   ok', 'SELECT shop select big  ok 700']);
    expect(c.rows[1].responseBytes).toBe(all.length);
    expect(c.rows[1].transferUs).toBeGreaterThan(100_000);
    c.ask(command(14)).answer(ok(1));
    expect(c.rows[2].method).toBe('PING');
  });

  it('prepares statements and executes them', () => {
    const c = loggedIn('');
    c.ask(command(22, "select * from t where a = ? and b = 'x'"));
    c.answer(
      Buffer.concat([packet(1, [0, 9, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]), column(2), eof(3), column(4), eof(5)]),
    );
    c.ask(command(23, [9, 0, 0, 0, 0, 1, 0, 0, 0]));
    c.answer(
      Buffer.concat([packet(1, [1]), column(2), eof(3), packet(4, [0, 0, 1]), packet(5, [0, 0, 2]), eof(6)]),
    );
    c.ask(command(23, [9, 0, 0, 0, 1, 1, 0, 0, 0]));
    c.answer(Buffer.concat([packet(1, [1]), column(2), eof(3, 0x42)]));
    c.ask(command(28, [9, 0, 0, 0, 5, 0, 0, 0])).answer(Buffer.concat([packet(1, [0, 0, 1]), eof(2)]));
    c.ask(command(24, [9, 0, 0, 0, 0, 0, 65]), command(25, [9, 0, 0, 0]), command(1));
    expect(seen(c).slice(1)).toEqual([
      'STMT_PREPARE  select * from t where a = ? and b = ?  ok',
      'STMT_EXECUTE  select * from t where a = ? and b = ?  ok 2',
      'STMT_EXECUTE  select * from t where a = ? and b = ?  ok 0',
      'STMT_FETCH  select * from t where a = ? and b = ?  ok',
      'STMT_SEND_LONG_DATA    ok',
      'STMT_CLOSE    ok',
      'QUIT    ok',
    ]);
  });

  it('knows the database', () => {
    const c = loggedIn();
    c.ask(command(2, 'stock')).answer(ok(1)).ask(query('use `my db`')).answer(ok(1));
    c.ask(command(2, 'no')).answer(error(1, 1049)).ask(command(14)).answer(ok(1));
    c.ask(packet(0, [17], 'root\0', [2], 'xx', 'other\0', [8, 0], 'mysql_native_password\0')).answer(
      packet(1, [254], 'm\0'),
    );
    c.ask(packet(2, 'x'.repeat(20)))
      .answer(ok(3))
      .ask(command(9))
      .answer(packet(1, 'Uptime: 7'));
    expect(c.rows.slice(1).map((r) => `${r.method} ${r.name} ${r.user} ${r.outcome}`)).toEqual([
      'INIT_DB stock app ok',
      'USE stock app ok',
      'INIT_DB no app client_error',
      'PING my db app ok',
      'CHANGE_USER other root ok',
      'STATISTICS other root ok',
    ]);
  });

  it('passes over attributes of queries', () => {
    const c = loggedIn('', CAN.queryAttributes);
    c.ask(packet(0, [3, 0, 1], 'select a')).answer(ok(1));
    const attributes = [2, 1, 0, 1, 0xfe, 0, 1, 0x61, 8, 0, 1, 0x62, 6];
    c.ask(packet(0, [3, ...attributes], 'secret', [1, 2, 3, 4, 5, 6, 7, 8], 'select b')).answer(ok(1));
    expect(c.rows.slice(1).map((r) => r.resource)).toEqual(['select a', 'select b']);
  });

  it('takes a file of the client', () => {
    const c = loggedIn()
      .ask(query("load data local infile 'f' into table t"))
      .answer(packet(1, [251], 'f'));
    c.ask(packet(2, 'some,data'), packet(3)).answer(ok(4, 9)).ask(command(14)).answer(ok(1));
    expect(seen(c).slice(1)).toEqual([
      'LOAD shop load data local infile ? into table t  ok 9',
      'PING shop   ok',
    ]);
  });

  it('streams what the server logs: no more is read', () => {
    const c = loggedIn()
      .ask(command(18, [4, 0, 0, 0, 0, 0, 1, 0, 0, 0]))
      .answer(packet(1, [0, 1, 2, 3]));
    expect(seen(c).slice(1)).toEqual(['BINLOG_DUMP shop   ok']);
    expect(c.isOver).toBe(true);
  });

  it('is read where its beginning was not seen', () => {
    const c = open()
      .ask(query('select 1'))
      .answer(rows(['1']))
      .answer(ok(1))
      .end();
    expect(seen(c)).toEqual(['SELECT  select ?  ok 1', 'unasked']);
  });

  it('is read again behind what was lost', () => {
    const c = loggedIn().ask(query('select a'));
    c.answer(rows(['1', '2']).subarray(0, 60))
      .lose(1, 3000)
      .ask(query('select b'))
      .answer(rows(['1']));
    c.lose(0, 30).answer(ok(1)).ask(command(14)).answer(ok(1));
    expect(c.rows.slice(1).map((r) => `${r.method} ${r.resource} ${r.outcome} ${r.partial}`.trim())).toEqual([
      'SELECT select a ok gap',
      'SELECT select b ok',
      'unasked',
      'PING  ok',
    ]);
  });

  it('takes commands in advance', () => {
    const c = loggedIn();
    c.ask(Buffer.concat([query('select a'), query('select b')])).answer(ok(1), ok(1, 3));
    c.ask(query('select c'))
      .ask(query('select d'))
      .answer(rows(['1']))
      .answer(ok(1, 4));
    expect(seen(c).slice(1)).toEqual([
      'SELECT shop select a  ok 0',
      'SELECT shop select b  ok 3',
      'SELECT shop select c  ok 1',
      'SELECT shop select d  ok 4',
    ]);
  });
});
