import { describe, expect, it } from 'vitest';
import type { Application } from '../../../src/applications/reader.js';
import { SmbReader } from '../../../src/applications/smb/reader.js';
import { Conversation, hex } from '../../support/conversation.js';
import { ntlmAuthenticate, ntlmMessage } from '../../support/ntlm-messages.js';
import {
  ALL,
  ASYNC,
  C,
  create,
  created,
  dialects,
  fileId,
  negotiated,
  packet,
  RELATED,
  request,
  response,
  SAME_FILE,
  sessionSetup,
  smb1,
  treeConnect,
  withFile,
} from './messages.js';
import { samples } from './samples.js';

const SMB: Application = { name: 'smb', tcp: { is: () => true }, newReader: () => new SmbReader() };
const talk = () => new Conversation([SMB], { client: 40000, server: 445 });
const ACCESS_DENIED = 0xc000_0022;
const LOGON_FAILURE = 0xc000_006d;
const on = { session: 9, tree: 5 };
const related = { tree: ALL, session: ALL, flags: RELATED };

/** Who is logged on as alice, at the share \\srv\docs (5). */
function atShare(): Conversation {
  const c = talk();
  c.ask(packet(sessionSetup({ id: 1 }, ntlmAuthenticate('DOM', 'alice', 'PC'))));
  c.answer(packet(response(C.SESSION_SETUP, { id: 1, session: 9 })));
  c.ask(packet(treeConnect({ id: 2, session: 9 }, '\\\\srv\\docs')));
  c.answer(packet(response(C.TREE_CONNECT, { id: 2, ...on })));
  c.rows.length = 0;
  return c;
}

it('tells a session from its negotiation to a file', () => {
  const c = talk();
  for (const [who, message] of samples[0].messages) who === 'client' ? c.ask(message) : c.answer(message);
  c.end();
  const rows = c.rows.map((r) => [r.method, r.name, r.resource, r.user, r.status, r.outcome]);
  const docs = '\\\\srv\\docs';
  expect(rows).toEqual([
    ['NEGOTIATE', '', '', '', 'STATUS_SUCCESS', 'ok'],
    ['SESSION_SETUP', '', '', '', 'STATUS_MORE_PROCESSING_REQUIRED', 'ok'],
    ['SESSION_SETUP', '', '', 'DOM\\alice', 'STATUS_SUCCESS', 'ok'],
    ['TREE_CONNECT', docs, '', 'DOM\\alice', 'STATUS_SUCCESS', 'ok'],
    ['CREATE', docs, 'a\\b.txt', 'DOM\\alice', 'STATUS_SUCCESS', 'ok'],
    ['QUERY_INFO', docs, 'a\\b.txt', 'DOM\\alice', 'STATUS_SUCCESS', 'ok'],
    ['CLOSE', docs, 'a\\b.txt', 'DOM\\alice', 'STATUS_SUCCESS', 'ok'],
  ]);
  expect(c.rows[0].attributes).toEqual({ dialect: '3.1.1' });
  expect(c.rows.every((r) => r.responseUs === 1000)).toBe(true);
  expect(c.told).toEqual({ UserName: 'DOM\\alice' });
});

it.each([
  [0x0202, '2.0.2'],
  [0x0210, '2.1'],
  [0x0300, '3.0'],
  [0x0302, '3.0.2'],
  [0x0399, '0x0399'],
])('dialect %i is %s', (dialect, word) => {
  const c = talk()
    .ask(packet(request(C.NEGOTIATE)))
    .answer(packet(negotiated({}, dialect)));
  expect(c.rows[0].attributes).toEqual({ dialect: word });
});

describe('who logs on', () => {
  const setup = (user: string, id: number) =>
    packet(sessionSetup({ id }, Buffer.concat([Buffer.from('a1 spnego'), ntlmAuthenticate('', user, 'PC')])));

  it('is the first who succeeds', () => {
    const c = talk().ask(setup('eve', 1));
    c.answer(packet(response(C.SESSION_SETUP, { id: 1, session: 3, status: LOGON_FAILURE })));
    c.ask(setup('bob', 2))
      .answer(packet(response(C.SESSION_SETUP, { id: 2, session: 4 })))
      .end();
    expect(c.rows.map((r) => [r.user, r.status, r.outcome])).toEqual([
      ['eve', 'STATUS_LOGON_FAILURE', 'client_error'],
      ['bob', 'STATUS_SUCCESS', 'ok'],
    ]);
    expect(c.told.UserName).toBe('bob');
  });

  it('is who tried, if nobody does', () => {
    const c = talk().ask(setup('eve', 1));
    c.answer(packet(response(C.SESSION_SETUP, { id: 1, session: 3, status: LOGON_FAILURE }))).end();
    expect(c.told.UserName).toBe('eve');
  });

  it('is nobody for a while, and again after a logoff', () => {
    const c = atShare();
    c.ask(packet(request(C.LOGOFF, { id: 3, session: 9 })), packet(request(C.ECHO, { id: 4, session: 9 })));
    c.answer(packet(response(C.LOGOFF, { id: 3, session: 9 })));
    c.ask(packet(request(C.ECHO, { id: 5, session: 9 }))).end();
    expect(c.rows.map((r) => r.user)).toEqual(['DOM\\alice', 'DOM\\alice', '']);
  });

  it('is told by SMB 1 too, whose files are not', () => {
    const c = talk().ask(packet(smb1(0x72, false, dialects('NT LM 0.12'))));
    c.answer(packet(smb1(0x72, true, Buffer.alloc(30))));
    c.ask(packet(smb1(0x73, false, ntlmMessage(1)))).answer(
      packet(smb1(0x73, true, Buffer.alloc(9), 0xc000_0016)),
    );
    c.ask(packet(smb1(0x73, false, ntlmAuthenticate('DOM', 'carol', 'PC'))));
    c.answer(packet(smb1(0x73, true, Buffer.alloc(9))));
    expect(c.told.UserName).toBe('DOM\\carol');
    c.ask(packet(smb1(0x75, false, Buffer.alloc(40))));
    expect([c.rows, c.isOver]).toEqual([[], true]);
  });
});

describe('files', () => {
  it('are known by their numbers until they are closed', () => {
    const c = atShare();
    c.ask(packet(create({ id: 3, ...on }, 'plan.txt'))).answer(packet(created({ id: 3, ...on }, fileId(7))));
    c.ask(
      packet(withFile(C.READ, { id: 4, ...on }, fileId(7)), withFile(C.CLOSE, { id: 5, ...on }, fileId(7))),
    );
    c.answer(packet(response(C.READ, { id: 4, ...on }), response(C.CLOSE, { id: 5, ...on })));
    c.ask(packet(withFile(C.READ, { id: 6, ...on }, fileId(7)))).end();
    expect(c.rows.map((r) => `${r.method} ${r.resource}`)).toEqual([
      'CREATE plan.txt',
      'READ plan.txt',
      'CLOSE plan.txt',
      'READ ',
    ]);
  });

  it('of which there are many: the last ones are known', () => {
    const c = atShare();
    for (let i = 1; i <= 40; i++) {
      c.ask(packet(create({ id: 2 * i + 1, ...on }, `f${i}`)));
      c.answer(packet(created({ id: 2 * i + 1, ...on }, fileId(i))));
      // Opened and closed at once: they take no places.
      c.ask(
        packet(
          create({ id: 900 + i, ...on }, 'x'),
          withFile(C.CLOSE, { id: 950 + i, ...related }, SAME_FILE),
        ),
      );
      c.answer(
        packet(created({ id: 900 + i, ...on }, fileId(100 + i)), response(C.CLOSE, { id: 950 + i, ...on })),
      );
    }
    c.rows.length = 0;
    for (const i of [8, 9, 40, 101]) c.ask(packet(withFile(C.READ, { id: 1000 + i, ...on }, fileId(i))));
    expect(c.end().rows.map((r) => r.resource)).toEqual(['', 'f9', 'f40', '']);
  });

  it('of shares that are left are of no share', () => {
    const c = atShare().ask(packet(request(C.TREE_DISCONNECT, { id: 3, ...on })));
    c.answer(packet(response(C.TREE_DISCONNECT, { id: 3, ...on })));
    c.ask(packet(create({ id: 4, ...on }, 'x'))).answer(
      packet(response(C.CREATE, { id: 4, ...on, status: ACCESS_DENIED })),
    );
    expect(c.rows).toMatchObject([
      { method: 'TREE_DISCONNECT', name: '\\\\srv\\docs' },
      { method: 'CREATE', name: '', resource: 'x', status: 'STATUS_ACCESS_DENIED', outcome: 'client_error' },
    ]);
  });

  it('that are long are passed over', () => {
    const c = atShare();
    c.ask(
      packet(withFile(C.READ, { id: 3, ...on }, fileId(1)), withFile(C.READ, { id: 4, ...on }, fileId(1))),
    );
    const first = response(C.READ, { id: 3, ...on }, Buffer.alloc(20_000, 0x41));
    const all = packet(first, response(C.READ, { id: 4, ...on }, Buffer.alloc(9000, 0x42)));
    for (let i = 0; i < all.length; i += 1460) c.answer(all.subarray(i, i + 1460));
    c.ask(packet(request(C.ECHO, { id: 5 })))
      .answer(packet(response(C.ECHO, { id: 5 })))
      .end();
    expect(c.rows.map((r) => [r.method, r.responseBytes, r.transferUs > 0])).toEqual([
      ['READ', 4 + 20_064, true],
      ['READ', 9064, true],
      ['ECHO', 76, false],
    ]);
  });
});

describe('answers', () => {
  it('come in any order, and late', () => {
    const c = atShare();
    c.ask(packet(withFile(C.CHANGE_NOTIFY, { id: 3, ...on }, fileId(1))), packet(request(C.ECHO, { id: 4 })));
    c.answer(packet(response(C.CHANGE_NOTIFY, { id: 3, session: 9, tree: 1, flags: ASYNC, status: 0x103 })));
    c.answer(packet(response(C.ECHO, { id: 4 })));
    c.ask(packet(request(C.CANCEL, { id: 3, session: 9, flags: ASYNC })));
    c.answer(
      packet(response(C.CHANGE_NOTIFY, { id: 3, session: 9, flags: ASYNC, status: 0xc000_0120 })),
    ).end();
    expect(c.rows.map((r) => `${r.method} ${r.status} ${r.outcome}`)).toEqual([
      'ECHO STATUS_SUCCESS ok',
      'CHANGE_NOTIFY STATUS_CANCELLED client_error',
    ]);
  });

  it('nobody asked for, and notices', () => {
    const c = talk().answer(packet(response(C.READ, { id: 77, status: 0xc000_0011 })));
    c.answer(packet(response(18, { id: ALL }, Buffer.alloc(24)))).end();
    expect(c.rows).toMatchObject([{ method: 'READ', status: 'STATUS_END_OF_FILE', outcome: 'unasked' }]);
  });

  it.each([
    [0x8000_0006, 'STATUS_NO_MORE_FILES', 'ok'],
    [0x8000_0005, 'STATUS_BUFFER_OVERFLOW', 'ok'],
    [0xc000_007f, 'STATUS_DISK_FULL', 'server_error'],
    [0xc000_0034, 'STATUS_OBJECT_NAME_NOT_FOUND', 'client_error'],
    [0xc123_4567, '0xc1234567', 'client_error'],
  ])('with status %i: %s', (status, word, outcome) => {
    const c = talk()
      .ask(packet(request(C.ECHO, { id: 1 })))
      .answer(packet(response(C.ECHO, { id: 1, status })));
    expect(c.rows).toMatchObject([{ status: word, outcome }]);
  });

  it('to SMB 1 that offers SMB 2 have no row', () => {
    const c = talk().ask(packet(smb1(0x72, false, dialects('NT LM 0.12', 'SMB 2.???'))));
    c.answer(packet(negotiated({}, 0x02ff))).ask(packet(request(C.NEGOTIATE, { id: 1 })));
    c.answer(packet(negotiated({ id: 1 }, 0x0210))).end();
    expect(c.rows.map((r) => [r.method, r.outcome, r.attributes.dialect])).toEqual([
      ['NEGOTIATE', 'ok', '2.1'],
    ]);
  });
});

describe('packets', () => {
  it('of NetBIOS that carry no message, and those that are encrypted, are passed over', () => {
    const c = talk()
      .ask(hex('81000044'.concat('20'.repeat(68))))
      .answer(hex('82000000'));
    c.ask(hex('85000000'), hex('00000000'));
    c.ask(packet(Buffer.from(`\xfdSMB${'x'.repeat(100)}`, 'latin1')), packet(request(C.ECHO, { id: 1 })));
    c.answer(packet(response(C.ECHO, { id: 1 }))).end();
    expect(c.rows.map((r) => r.method)).toEqual(['ECHO']);
    expect(c.told).toEqual({});
  });

  it('all encrypted are not looked at for ever', () => {
    const c = talk();
    for (let i = 0; i < 1030; i++) c.ask(packet(Buffer.from('\xfdSMB and so on', 'latin1')));
    expect(c.isOver).toBe(true);
  });

  it('in pieces, at every byte', () => {
    const all = samples[0].messages.map(([, m]) => m);
    for (let size = 1; size < 130; size += 7) {
      const c = talk();
      for (const [i, message] of all.entries())
        for (let at = 0; at < message.length; at += size) {
          const piece = message.subarray(at, at + size);
          if (i % 2 === 0) c.ask(piece);
          else c.answer(piece);
        }
      c.end();
      expect([size, c.rows.length, c.rows.at(-1)?.resource]).toEqual([size, 7, 'a\\b.txt']);
    }
  });

  it('after a loss are found again with the next turn', () => {
    const c = atShare();
    const long = packet(request(C.WRITE, { id: 3, ...on }, Buffer.alloc(3000)));
    c.ask(long.subarray(0, 1000)).lose(0, 500).ask(long.subarray(1500));
    c.answer(packet(response(C.WRITE, { id: 3, ...on })));
    c.lose(0, 200).answer(packet(response(C.FLUSH, { id: 4, ...on })));
    c.ask(packet(request(C.ECHO, { id: 5 }))).answer(packet(response(C.ECHO, { id: 5 })));
    c.lose(1, 10)
      .answer('rest of something')
      .ask(packet(request(C.ECHO, { id: 6 })));
    c.answer(packet(response(C.ECHO, { id: 6 }))).end();
    expect(c.rows.map((r) => [r.method, r.outcome])).toEqual([
      ['WRITE', 'ok'],
      ['FLUSH', 'unasked'],
      ['ECHO', 'ok'],
      ['ECHO', 'ok'],
    ]);
  });

  it('that are cut tell what is there', () => {
    const message = packet(create({ id: 3 }, 'a-long-name.txt'));
    const c = talk().segment(0, 0, message, 100).end();
    expect(c.rows).toMatchObject([{ method: 'CREATE', resource: '', partial: 'cut' }]);
  });

  it('that are none end it after a while', () => {
    for (const bytes of [
      '01000010',
      '00000010 fe534d43',
      '00000010 fe534d42 0000',
      '00000080 fe534d42 0000',
    ]) {
      const c = talk();
      for (let i = 0; i < 12 && !c.isOver; i++)
        c.ask(hex(bytes.replace(/ /g, '').padEnd(200, '0'))).answer('');
      expect([c.rows, c.told.Partial, c.isOver]).toEqual([[], 'malformed', true]);
    }
    const c = talk();
    const bad = packet(request(C.ECHO), request(C.ECHO));
    bad.writeUInt32LE(4000, 4 + 20);
    expect(c.ask(bad).end().rows).toEqual([]);
  });
});
