import { describe, expect, it } from 'vitest';
import { LdapReader } from '../../../src/applications/ldap/reader.js';
import { type Application, Read, STATELESS } from '../../../src/applications/reader.js';
import { Conversation, hex } from '../../support/conversation.js';
import { der } from '../../support/der.js';
import { ntlmAuthenticate, ntlmMessage } from '../../support/ntlm-messages.js';
import {
  abandon,
  and,
  atLeast,
  atMost,
  buffer,
  change,
  entry,
  equal,
  extended,
  extensible,
  like,
  message,
  not,
  or,
  present,
  remove,
  responseName,
  result,
  saslBind,
  search,
  sicilyBind,
  signature,
  simpleBind,
  substrings,
  wrapToken,
} from './messages.js';
import { samples } from './samples.js';

const LDAP: Application = {
  name: 'ldap',
  tcp: { is: () => true },
  udp: { is: () => true },
  newReader: () => new LdapReader(),
};
const START_TLS = '1.3.6.1.4.1.1466.20037';
const talk = () => new Conversation([LDAP], { client: 40000, server: 389 });
const ALICE = 'cn=alice,dc=example';
const FILTER = equal('cn', 'x');

it('tells a bind, a search, and the end', () => {
  const c = talk();
  for (const [who, m] of samples[0].messages) who === 'client' ? c.ask(m) : c.answer(m);
  expect(c.end().rows).toMatchObject([
    { method: 'bind', name: '', user: ALICE, status: 'success', outcome: 'ok' },
    {
      method: 'search',
      name: 'dc=example',
      resource: '(&(objectClass=user)(!(cn=a*b*c))(userAccountControl:dn:1.2.840.113556.1.4.803:=2))',
      user: ALICE,
      status: 'success',
      attributes: { scope: 'sub', count: '1' },
      responseUs: 1000,
    },
    { method: 'unbind', user: ALICE, status: '', outcome: 'ok' },
  ]);
  expect(c.told).toEqual({ UserName: ALICE });
  expect(JSON.stringify(c.rows)).not.toContain('swordfish');
});

describe('filters', () => {
  const text = (what: Uint8Array) =>
    talk()
      .ask(search(1, '', 1, what))
      .end().rows[0].resource;

  it('are written as in RFC 4515', () => {
    expect(text(or(present('mail'), atLeast('a', '1'), atMost('b', '2'), like('c', 'd')))).toBe(
      '(|(mail=*)(a>=1)(b<=2)(c~=d))',
    );
    expect(text(and())).toBe('(&)');
    expect(text(and(or(), not(not(present('x')))))).toBe('(&(|)(!(!(x=*))))');
    expect(text(substrings('cn', [0x80, 'a']))).toBe('(cn=a*)');
    expect(text(substrings('cn', [0x81, 'a'], [0x81, 'b']))).toBe('(cn=*a*b*)');
    expect(text(substrings('cn', [0x82, 'a']))).toBe('(cn=*a)');
    expect(text(extensible('2.4.6.8.10', '', 'v'))).toBe('(:2.4.6.8.10:=v)');
    expect(text(extensible('', 'o', 'v', true))).toBe('(o:dn:=v)');
    expect(text(equal('o', 'Parens R Us (for all) * \\ \0 \xfc'))).toBe(
      '(o=Parens R Us \\28for all\\29 \\2a \\5c \\00 \\c3\\bc)',
    );
  });

  it('have bounds', () => {
    let deep: Uint8Array = present('x');
    for (let i = 0; i < 40; i++) deep = not(deep);
    expect(text(deep)).toBe(`${'(!'.repeat(32)}${')'.repeat(32)}`);
    const long = or(...Array.from({ length: 200 }, (_, i) => equal('cn', `value ${i}`)));
    expect(text(long).length).toBe(1024);
    expect(text(hex('a002 a305'))).toBe('');
  });

  it('of messages that are cut end where they were', () => {
    const asked = search(1, 'dc=example', 0, and(present('a'), present('b'), present('c')));
    const c = talk()
      .segment(0, 0, asked, asked.length - 13)
      .end();
    expect(c.rows[0]).toMatchObject({ name: 'dc=example', resource: '(&(a=*)(b=*))', partial: 'cut' });
  });
});

it('tells operations by their words', () => {
  const c = talk();
  const dn = 'ou=x,dc=example';
  c.ask(change(1, 0x66, dn), change(2, 0x68, dn), remove(3, dn), change(4, 0x6c, dn), change(5, 0x6e, dn));
  c.ask(extended(6, '1.3.6.1.4.1.4203.1.11.3'), abandon(7));
  c.answer(result(1, 0x67, 50), result(2, 0x69, 68), result(3, 0x6b, 32), result(4, 0x6d, 51));
  c.answer(result(5, 0x6f, 6), result(6, 0x78, 4242)).end();
  expect(c.rows.map((r) => [r.method, r.name, r.resource, r.status, r.outcome])).toEqual([
    ['abandon', '', '', '', 'ok'],
    ['modify', dn, '', 'insufficientAccessRights', 'client_error'],
    ['add', dn, '', 'entryAlreadyExists', 'client_error'],
    ['delete', dn, '', 'noSuchObject', 'client_error'],
    ['modify_dn', dn, '', 'busy', 'server_error'],
    ['compare', dn, '', 'compareTrue', 'ok'],
    ['extended', '', '1.3.6.1.4.1.4203.1.11.3', '4242', 'client_error'],
  ]);
});

describe('who binds', () => {
  const users = (...binds: [Uint8Array, number][]) => {
    const c = talk();
    for (const [i, [bind, code]] of binds.entries()) c.ask(bind).answer(result(i + 1, 0x61, code));
    c.end();
    return [c.rows.map((r) => `${r.user} ${r.status}`), c.told.UserName];
  };

  it('with NTLM in SPNEGO', () => {
    expect(
      users(
        [saslBind(1, 'GSS-SPNEGO', ntlmMessage(1)), 14],
        [saslBind(2, 'GSS-SPNEGO', ntlmAuthenticate('DOM', 'bob', 'PC')), 0],
      ),
    ).toEqual([[' saslBindInProgress', 'DOM\\bob success'], 'DOM\\bob']);
  });

  it("with Microsoft's Sicily", () => {
    expect(
      users(
        [sicilyBind(1, 10, 'NTLM', ntlmMessage(1)), 0],
        [sicilyBind(2, 11, '', ntlmAuthenticate('DOM', 'bob', 'PC')), 0],
      ),
    ).toEqual([[' success', 'DOM\\bob success'], 'DOM\\bob']);
  });

  it("with Sicily's messages that name the user themselves", () => {
    expect(
      users(
        [sicilyBind(1, 10, 'bob', ntlmMessage(1)), 0],
        [sicilyBind(2, 11, 'bob', ntlmAuthenticate('DOM', 'bob', 'PC')), 0],
      ),
    ).toEqual([['bob success', 'DOM\\bob success'], 'DOM\\bob']);
  });

  it('with PLAIN, whose password is not kept', () => {
    expect(users([saslBind(1, 'PLAIN', Buffer.from('\0tim\0tanstaaf')), 0])).toEqual([
      ['tim success'],
      'tim',
    ]);
    expect(users([saslBind(1, 'PLAIN', Buffer.from('tim tanstaaf')), 0])).toEqual([[' success'], undefined]);
  });

  it('with a name and a token, or by what was said before', () => {
    expect(users([saslBind(1, 'GSS-SPNEGO', Buffer.alloc(40), 'User1'), 0])).toEqual([
      ['User1 success'],
      'User1',
    ]);
    expect(users([saslBind(1, 'GSS-SPNEGO', ntlmAuthenticate('DOM', 'bob', 'PC'), 'cn=b'), 0])).toEqual([
      ['DOM\\bob success'],
      'DOM\\bob',
    ]);
    expect(users([saslBind(1, 'EXTERNAL'), 0])).toEqual([[' success'], undefined]);
  });

  it('in vain, and then not', () => {
    expect(users([simpleBind(1, 'a', 'x'), 49])).toEqual([['a invalidCredentials'], 'a']);
    expect(users([simpleBind(1, 'a', 'x'), 49], [simpleBind(2, 'b', 'x'), 0])[1]).toBe('b');
  });
});

describe('messages', () => {
  it('with many entries: the time ends with the first', () => {
    const c = talk()
      .ask(search(1, 'dc=x', 2, FILTER))
      .wait(4000)
      .answer(entry(1, 'cn=1', 3000));
    for (let i = 0; i < 9; i++) c.answer(Buffer.concat([entry(1, 'cn=2'), entry(1, 'cn=3', 2000)]));
    c.answer(result(1, 0x65, 4)).end();
    expect(c.rows).toMatchObject([
      { responseUs: 5000, transferUs: 10_000, status: 'sizeLimitExceeded', attributes: { count: '19' } },
    ]);
    expect(c.rows[0].responseBytes).toBeGreaterThan(21_000);
  });

  it('of several at once, in any order', () => {
    const c = talk().ask(Buffer.concat([search(1, 'a', 1, FILTER), search(2, 'b', 0, FILTER)]));
    c.answer(Buffer.concat([entry(2, 'b'), result(2, 0x65, 0), result(1, 0x65, 0)])).end();
    expect(c.rows.map((r) => [r.name, r.attributes])).toEqual([
      ['b', { scope: 'base', count: '1' }],
      ['a', { scope: 'one', count: '0' }],
    ]);
  });

  it('in pieces, at every byte', () => {
    for (let size = 1; size < 60; size += 3) {
      const c = talk();
      for (const [who, m] of samples[1].messages)
        for (let at = 0; at < m.length; at += size) {
          const piece = m.subarray(at, at + size);
          if (who === 'client') c.ask(piece);
          else c.answer(piece);
        }
      c.end();
      expect([size, c.rows.map((r) => `${r.method} ${r.user} ${r.outcome}`)]).toEqual([
        size,
        ['bind  ok', 'bind DOM\\bob ok', 'search DOM\\bob ok'],
      ]);
    }
  });

  it('that nobody asked for', () => {
    const c = talk().answer(result(0, 0x78, 52, responseName('1.3.6.1.4.1.1466.20036')));
    c.answer(entry(5, 'x'), result(5, 0x65, 0)).end();
    expect(c.rows).toMatchObject([
      { method: 'extended', resource: '1.3.6.1.4.1.1466.20036', status: 'unavailable', outcome: 'ok' },
      { method: 'search', status: 'success', outcome: 'unasked' },
    ]);
  });

  it('too long to be kept are read as far as needed', () => {
    const request = message(1, der(0x68, der(0x04, 'cn=photo'), der(0x30, Buffer.alloc(9000, 0x61))));
    const c = talk();
    for (let at = 0; at < request.length; at += 1400) c.ask(request.subarray(at, at + 1400));
    c.answer(result(1, 0x69, 0)).end();
    expect(c.rows).toMatchObject([
      { method: 'add', name: 'cn=photo', outcome: 'ok', requestBytes: request.length, partial: '' },
    ]);
  });

  it('that are none', () => {
    for (const bytes of ['3080', '308500', '4141', '3003040100', '30020203', '30840fffffff']) {
      const c = talk();
      for (let i = 0; i < 12 && !c.isOver; i++) c.ask(hex(bytes.padEnd(80, '0'))).answer('');
      expect([bytes, c.end().rows]).toEqual([bytes, []]);
    }
  });
});

describe('over UDP', () => {
  it('a domain is looked for', () => {
    const c = talk();
    for (const [who, m] of samples[2].messages) c.datagram(who === 'client' ? 0 : 1, m);
    expect(c.rows).toMatchObject([
      {
        method: 'search',
        name: '',
        resource: '(&(DnsDomain=example.org)(NtVer=\\06\\00\\00\\00))',
        attributes: { scope: 'base', count: '1' },
        outcome: 'ok',
      },
    ]);
  });

  it('nobody answers; nonsense is none', () => {
    expect(
      talk()
        .datagram(0, search(1, '', 0, FILTER))
        .pass(12).rows,
    ).toMatchObject([{ outcome: 'unanswered' }]);
    for (const bytes of ['30', '300a020101', '0401', '3003040101'])
      expect(talk().datagram(0, hex(bytes)).end().rows).toEqual([]);
  });
});

describe('behind a bind', () => {
  const bound = () =>
    talk()
      .ask(saslBind(1, 'GSSAPI', Buffer.alloc(30)))
      .answer(result(1, 0x61, 0));
  const asked = (c: Conversation) =>
    c
      .end()
      .rows.slice(1)
      .map((r) => `${r.method} ${r.name} ${r.outcome}`);

  it('with Kerberos, what is only signed is read', () => {
    const checksum = Buffer.alloc(12, 0xcc);
    const c = bound();
    c.ask(buffer(wrapToken(4, 12, 0), search(2, 'a', 0, FILTER), checksum));
    c.answer(buffer(wrapToken(5, 12, 12), checksum, entry(2, 'a'), result(2, 0x65, 0)));
    c.ask(buffer(wrapToken(4, 12, 12), checksum, search(3, 'b', 0, FILTER), search(4, 'c', 0, FILTER)));
    c.answer(
      Buffer.concat([
        buffer(wrapToken(5, 12, 0), result(4, 0x65, 0), checksum),
        buffer(wrapToken(5, 12, 0), result(3, 0x65, 0), checksum),
      ]),
    );
    expect(asked(c)).toEqual(['search a ok', 'search c ok', 'search b ok']);
  });

  it('with NTLM too', () => {
    const c = bound().ask(buffer(signature(), remove(2, 'a')));
    c.answer(buffer(signature(), result(2, 0x6b, 0)));
    expect(asked(c)).toEqual(['delete a ok']);
  });

  it('what is encrypted is the end', () => {
    for (const content of [
      [wrapToken(6, 16, 28), Buffer.alloc(100, 0x5c)],
      [signature(), Buffer.alloc(100, 0x5c)],
      [Buffer.alloc(100, 0x77)],
      [Buffer.alloc(3)],
    ]) {
      const c = bound().ask(buffer(...content));
      expect([c.isOver, c.told.Partial]).toEqual([true, undefined]);
    }
  });

  it('TLS follows StartTLS, if that is granted', () => {
    const tls: string[] = [];
    const application: Application = {
      name: 'tls',
      newReader: () => ({
        newState: () => STATELESS,
        stream(d, b, o, end) {
          tls.push(d.texts.ascii(b, o, end));
          return Read.Turn;
        },
      }),
    };
    const c = new Conversation([LDAP, application], { client: 40000, server: 389 });
    c.ask(extended(1, START_TLS)).answer(result(1, 0x78, 2));
    c.ask(extended(2, START_TLS))
      .answer(result(2, 0x78, 0))
      .ask('a hello')
      .end();
    expect(c.rows.map((r) => [r.app, r.method, r.resource, r.status])).toEqual([
      ['ldap', 'extended', START_TLS, 'protocolError'],
      ['ldap', 'extended', START_TLS, 'success'],
    ]);
    expect(tls).toEqual(['a hello']);
  });
});
