import { describe, expect, it } from 'vitest';
import type { Application } from '../../../src/applications/reader.js';
import { TdsReader } from '../../../src/applications/tds/reader.js';
import { Conversation } from '../../support/conversation.js';
import {
  answer,
  attention,
  batch,
  begin,
  bytes,
  call,
  clientPrelogin,
  database,
  done,
  error,
  executePrepared,
  executeSql,
  login,
  loginAck,
  note,
  oldBatch,
  packet,
  prepexec,
  returnStatus,
  returnValue,
  rows,
  serverPrelogin,
} from './packets.js';

const TDS: Application = { name: 'tds', tcp: { is: () => true }, newReader: () => new TdsReader() };
const open = () => new Conversation([TDS], { client: 40000, server: 1433 });
const loggedIn = (flags2 = 0) =>
  open()
    .ask(login('sa', '', 'app', flags2))
    .answer(answer(database('shop'), loginAck(), done(0)));
const seen = (c: Conversation) =>
  c.rows.map((r) => `${r.method} ${r.resource} ${r.status} ${r.outcome} ${r.attributes.rows ?? ''}`.trim());
const TLS_DATA = Buffer.from([0x17, 3, 3, 0, 4, 1, 2, 3, 4]);

describe('TDS', () => {
  it('logs on', () => {
    const c = open()
      .ask(clientPrelogin())
      .answer(serverPrelogin())
      .ask(login('sa', 'shop', 'reports'));
    c.answer(answer(database('shop'), loginAck(), done(0)));
    expect(c.told).toEqual({ ServerSoftware: '15.0.2000', ClientSoftware: 'reports', UserName: 'sa' });
    expect(c.rows).toEqual([
      expect.objectContaining({
        method: 'login',
        name: 'shop',
        user: 'sa',
        outcome: 'ok',
        status: '',
        responseUs: 1000,
      }),
    ]);
    expect(JSON.stringify(c.rows)).not.toContain('SECRET');
  });

  it('refuses a login; steps on the way are no answer', () => {
    const c = open()
      .ask(login('eve', '', ''))
      .answer(answer(bytes([0xed, 2, 0, 1, 2])))
      .ask(packet(17, bytes([1, 2])));
    c.answer(answer(error(18456), done(2)));
    expect(seen(c)).toEqual(['login  18456 client_error']);
    expect(c.told).toEqual({ ClientSoftware: 'ODBC' });
  });

  it('logs on as a user of Windows', () => {
    const head = Buffer.alloc(64);
    head.write('NTLMSSP\0');
    head[8] = 3;
    const put = (at: number, offset: number, length: number) => {
      head.writeUInt16LE(length, at);
      head.writeUInt16LE(length, at + 2);
      head.writeUInt32LE(offset, at + 4);
    };
    put(28, 64, 8);
    put(36, 72, 6);
    put(44, 78, 4);
    head[60] = 1;
    const c = open()
      .ask(login('', '', ''))
      .answer(answer(bytes([0xed, 2, 0, 1, 2])));
    c.ask(packet(17, bytes(head, 'CORPannPC'))).answer(answer(loginAck(), done(0)));
    expect(c.rows[0]).toMatchObject({ user: 'CORP\\ann', outcome: 'ok' });
    expect(c.told.UserName).toBe('CORP\\ann');
  });

  it('encrypts all, or the login alone', () => {
    const all = open().ask(clientPrelogin(1)).answer(serverPrelogin(1));
    expect([all.rows, all.isOver, all.told]).toEqual([[], true, { ServerSoftware: '15.0.2000' }]);
    const c = open().ask(clientPrelogin(0)).answer(serverPrelogin(0));
    c.ask(packet(18, Buffer.from([0x16, 3, 3, 0, 1, 1])))
      .answer(packet(18, Buffer.from([0x16, 3, 3, 0, 1, 2])))
      .ask(TLS_DATA);
    c.answer(answer(database('shop'), loginAck(), done(0)))
      .ask(batch('select a'))
      .answer(answer(done(0)));
    expect(seen(c)).toEqual(['login   ok', 'SELECT select a  ok']);
    c.ask(batch('select b'))
      .ask(batch('select c'))
      .answer(answer(done(0x10, 1)))
      .answer(answer(done(0x10, 2)));
    expect(c.rows.slice(2).map((r) => r.attributes.rows)).toEqual(['1', '2']);
    const unknown = open()
      .ask(packet(18, Buffer.from([0x16, 3, 3, 0, 1, 1])))
      .ask(TLS_DATA)
      .answer(TLS_DATA);
    expect([unknown.rows, unknown.isOver]).toEqual([[], true]);
  });

  it('executes batches', () => {
    const c = loggedIn();
    c.ask(batch("SELECT a FROM t WHERE b = N'secret'")).answer(answer(rows(40), done(0x10, 7)));
    c.ask(oldBatch('set nocount on')).answer(answer(done(0)));
    c.ask(batch('drop table x')).answer(answer(error(3701), done(2)));
    c.ask(batch('select a; bad')).answer(answer(rows(20), error(208), done(2)));
    c.ask(begin()).answer(answer(done(0)));
    c.ask(batch('use stock'))
      .answer(answer(database('stock'), done(0)))
      .ask(batch(''))
      .answer(answer(done(0)));
    expect(seen(c).slice(1)).toEqual([
      'SELECT SELECT a FROM t WHERE b = ?  ok 7',
      'SET set nocount on  ok',
      'DROP drop table x 3701 client_error',
      'SELECT select a; bad 208 client_error',
      'BEGIN   ok',
      'USE use stock  ok',
      'BATCH   ok',
    ]);
    expect(c.rows.map((r) => r.name)).toEqual([
      'shop',
      'shop',
      'shop',
      'shop',
      'shop',
      'shop',
      'shop',
      'stock',
    ]);
    expect(c.rows[1].user).toBe('sa');
  });

  it('finds errors behind columns and rows', () => {
    const c = loggedIn();
    const divided = [rows(20), error(8134), note(3621)];
    c.ask(batch('select 1/0')).answer(answer(...divided, done(2)));
    c.ask(batch('select a')).answer(answer(rows(20), error(7), error(8), done(2)));
    c.ask(executeSql('select 1/0')).answer(
      answer(...divided, done(3, 0, 0xff), returnStatus(), done(2, 0, 0xfe)),
    );
    c.ask(batch('select b')).answer(answer(rows(20), note(5701), done(2)));
    c.ask(batch('select c')).answer(answer(rows(20), error(9), rows(1), done(2)));
    c.ask(batch('select d')).answer(answer(rows(20), error(10), done(0x10, 1)));
    expect(c.rows.slice(1).map((r) => `${r.status} ${r.outcome}`.trim())).toEqual([
      '8134 client_error',
      '7 client_error',
      '8134 client_error',
      'client_error',
      'client_error',
      'ok',
    ]);
  });

  it('takes names in quotes only where the client says that they are', () => {
    const sql = 'select "secret" from t';
    expect(
      loggedIn()
        .ask(batch(sql))
        .answer(answer(done(0))).rows[1].resource,
    ).toBe('select ? from t');
    expect(
      loggedIn(2)
        .ask(batch(sql))
        .answer(answer(done(0))).rows[1].resource,
    ).toBe(sql);
  });

  it('calls procedures', () => {
    const c = loggedIn();
    c.ask(call('dbo.p')).answer(answer(done(0x11, 3, 0xff), returnStatus(), done(0, 0, 0xfe)));
    c.ask(executeSql('select 5')).answer(
      answer(rows(60), done(0x11, 1, 0xff), returnStatus(), done(0, 0, 0xfe)),
    );
    c.ask(prepexec("insert into t values ('secret')"));
    c.answer(answer(done(0x11, 2, 0xff), returnStatus(), returnValue(), done(0, 0, 0xfe)));
    expect(seen(c).slice(1)).toEqual(['RPC dbo.p  ok 3', 'RPC sp_executesql  ok 1', 'RPC sp_prepexec  ok 2']);
    expect(c.rows.map((r) => r.attributes.statement)).toEqual([
      undefined,
      undefined,
      'select ?',
      'insert into t values (?)',
    ]);
  });

  it('knows what prepared statements are', () => {
    const c = loggedIn();
    const returned = (n: number) => [returnStatus(), returnValue(n), done(0, 0, 0xfe)];
    c.ask(prepexec('select a')).answer(answer(rows(90), done(0x11, 2, 0xff), ...returned(7)));
    c.ask(prepexec('select b')).answer(answer(done(0x11, 2, 0xff), ...returned(8)));
    for (const n of [8, 7, 6])
      c.ask(executePrepared(n)).answer(answer(done(0x11, 4, 0xff), returnStatus(), done(0, 0, 0xfe)));
    expect(c.rows.slice(1).map((r) => [r.resource, r.attributes])).toEqual([
      ['sp_prepexec', { statement: 'select a', rows: '2' }],
      ['sp_prepexec', { statement: 'select b', rows: '2' }],
      ['sp_execute', { statement: 'select b', rows: '4' }],
      ['sp_execute', { statement: 'select a', rows: '4' }],
      ['sp_execute', { rows: '4' }],
    ]);
  });

  it('has messages of several packets', () => {
    const c = loggedIn();
    const sql = bytes(`select a /* ${'x'.repeat(3000)} */`);
    c.ask(packet(1, sql.subarray(0, 4000), 0))
      .wait(5000)
      .ask(packet(1, sql.subarray(4000)));
    const first = packet(4, rows(7992), 0);
    const last = packet(4, Buffer.concat([rows(6000), done(0x10, 500)]));
    for (const p of [first, last]) for (let i = 0; i < p.length; i += 1400) c.answer(p.subarray(i, i + 1400));
    c.ask(batch('select b')).answer(answer(rows(9), done(0x10, 1)));
    expect(seen(c).slice(1)).toEqual(['SELECT select a  ok 500', 'SELECT select b  ok 1']);
    expect(c.rows[1]).toMatchObject({
      responseUs: 1000,
      transferUs: 10_000,
      requestBytes: 6046,
      responseBytes: first.length + last.length,
    });
  });

  it('cancels', () => {
    const c = loggedIn()
      .ask(batch('select a'))
      .ask(attention())
      .answer(answer(done(0x22)));
    c.ask(batch('select b'))
      .answer(answer(done(0)))
      .ask(attention())
      .answer(answer(done(0x20)));
    c.ask(batch('select c')).answer(answer(done(0)));
    expect(c.rows.slice(1).map((r) => `${r.resource} ${r.outcome}`)).toEqual([
      'select a client_error',
      'select b ok',
      'select c ok',
    ]);
  });

  it('is read where its beginning was not seen, and behind what was lost', () => {
    const c = open()
      .ask(batch('select a'))
      .answer(packet(4, rows(3000)).subarray(0, 1400))
      .lose(1, 3000);
    c.ask(batch('select b'))
      .answer(answer(done(0x10, 1)))
      .lose(0, 80)
      .answer(answer(done(0)));
    c.ask(batch('select c'))
      .lose(1, 40)
      .ask(batch('select d'))
      .answer(answer(done(0)));
    expect(c.rows.map((r) => `${r.method} ${r.resource} ${r.outcome} ${r.partial}`.trim())).toEqual([
      'SELECT select a ok gap',
      'SELECT select b ok',
      'unasked',
      'SELECT select c unanswered gap',
      'SELECT select d ok',
    ]);
  });
});
