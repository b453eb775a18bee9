import { describe, expect, it } from 'vitest';
import { DnsReader } from '../../../src/applications/dns/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation } from '../../support/conversation.js';
import { answer, ask, framed, message, name, opt, pointer, TYPE } from './messages.js';

type Word = 'dns' | 'mdns' | 'llmnr';
const PORT = { dns: 53, mdns: 5353, llmnr: 5355 };
const application = (word: Word): Application => ({
  name: word,
  tcp: { is: () => true },
  udp: { is: () => true },
  newReader: () => new DnsReader(word),
});
const talk = (word: Word = 'dns', client = 40000) =>
  new Conversation([application(word)], { client, server: PORT[word] });

const address = (name: string | Uint8Array, last: number, ttl = 300) => ({
  name,
  type: TYPE.A,
  ttl,
  data: Uint8Array.from([192, 0, 2, last]),
});
const AAAA = Uint8Array.from([0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 1]);
const OWNER = pointer(12);

describe('questions and answers over UDP', () => {
  it('pair by identifier, name and type, whatever the case of letters', () => {
    const c = talk()
      .datagram(0, ask('wWw.eXample.com', TYPE.A, 7))
      .datagram(0, ask('www.example.com', TYPE.AAAA, 7))
      .datagram(1, answer('www.example.com', TYPE.AAAA, 7))
      .wait(1000)
      .datagram(
        1,
        answer('WWW.example.COM', TYPE.A, 7, { answers: [address(OWNER, 1, 60), address(OWNER, 2)] }),
      );
    expect(c.rows).toMatchObject([
      { app: 'dns', method: 'AAAA', name: 'www.example.com', status: 'NOERROR', outcome: 'ok', answers: [] },
      {
        method: 'A',
        name: 'www.example.com',
        answers: ['192.0.2.1', '192.0.2.2'],
        ttl: 60,
        responseUs: 4000,
        requestBytes: 33,
        responseBytes: 65,
        partial: '',
      },
    ]);
  });

  it('do not pair by less', () => {
    const c = talk()
      .datagram(0, ask('www.example.com', TYPE.A, 7))
      .datagram(1, answer('www.example.org', TYPE.A, 7))
      .datagram(1, answer('www.example.com', TYPE.A, 8))
      .datagram(1, answer('www.example.com', TYPE.MX, 7))
      .pass(20);
    expect(c.rows.map((r) => `${r.name} ${r.method} ${r.outcome} ${r.status}`.trim())).toEqual([
      'www.example.org A unasked NOERROR',
      'www.example.com A unasked NOERROR',
      'www.example.com MX unasked NOERROR',
      'www.example.com A unanswered',
    ]);
  });

  it('sent again while open are one, unless both are answered', () => {
    const asked = () => talk().datagram(0, ask('example.com')).wait(5000).datagram(0, ask('example.com'));
    const said = (c: Conversation) => {
      c.pass(20).end();
      return c.rows.map((r) => `${r.outcome} ${r.responseUs}`);
    };
    const reply = answer('example.com');
    expect(said(asked())).toEqual(['unanswered 0']);
    expect(said(asked().datagram(1, reply))).toEqual(['ok 7000']);
    expect(said(asked().datagram(1, reply).datagram(1, reply))).toEqual(['ok 7000', 'ok 2000']);
    expect(said(asked().datagram(1, reply).datagram(1, reply).datagram(1, reply)).at(-1)).toBe('unasked 0');
  });

  it('say by their response bit who asks', () => {
    const c = new Conversation([application('dns')], { client: 53, server: 53 });
    c.datagram(0, answer('example.com', TYPE.A, 1, { answers: [address(OWNER, 1)] }));
    expect(c.client).toBe(1);
    c.datagram(1, ask('example.com', TYPE.A, 2)).datagram(0, ask('example.org', TYPE.A, 2));
    c.datagram(0, answer('example.com', TYPE.A, 2)).datagram(1, answer('example.org', TYPE.A, 2));
    expect(c.rows.map((r) => `${r.name} ${r.outcome}`)).toEqual([
      'example.com unasked',
      'example.com ok',
      'example.org ok',
    ]);
  });

  it('end as their code says, with the upper bits of EDNS', () => {
    const outcomes = [0, 1, 2, 3, 4, 5, 9, 12].map((rcode) => {
      const c = talk()
        .datagram(0, ask('example.com'))
        .datagram(1, answer('example.com', 1, 1, { rcode }));
      return `${c.rows[0].status} ${c.rows[0].outcome}`;
    });
    expect(outcomes).toEqual([
      'NOERROR ok',
      'FORMERR client_error',
      'SERVFAIL server_error',
      'NXDOMAIN client_error',
      'NOTIMP server_error',
      'REFUSED server_error',
      'NOTAUTH server_error',
      'RCODE12 server_error',
    ]);
    for (const [low, word] of [
      [0, 'BADVERS'],
      [1, 'RCODE17'],
      [7, 'BADCOOKIE'],
    ] as const) {
      const additionals = [opt(1232, 1)];
      const c = talk()
        .datagram(0, ask('a.b'))
        .datagram(1, answer('a.b', 1, 1, { rcode: low, additionals }));
      expect(c.rows[0].status).toBe(word);
    }
  });

  it('whose answer repeats no question pair by their identifier', () => {
    const c = talk()
      .datagram(0, ask('example.com', TYPE.A, 9))
      .datagram(1, message({ id: 9, response: true, rcode: 1 }));
    expect(c.rows).toMatchObject([{ name: 'example.com', method: 'A', status: 'FORMERR' }]);
  });
});

it('knows types by their words, and the root', () => {
  const types = [6, 35, 65, 255, 257, 65280];
  const c = talk();
  for (const type of types) c.datagram(0, ask('', type, type));
  c.end();
  expect(c.rows.map((r) => r.method)).toEqual(['SOA', 'NAPTR', 'HTTPS', 'ANY', 'CAA', 'TYPE65280']);
  expect(c.rows.map((r) => r.name)).toEqual(types.map(() => '.'));
});

describe('records', () => {
  const rowOf = (answers: Parameters<typeof message>[0]['answers'], additionals = [opt(512)]) =>
    talk()
      .datagram(0, ask('example.com'))
      .datagram(1, answer('example.com', 1, 1, { answers, additionals })).rows[0];
  const priority = Uint8Array.from([0, 1]);

  it('become answers, the least time to live, and attributes', () => {
    const row = rowOf([
      { name: OWNER, type: TYPE.CNAME, ttl: 30, data: name('B.example.net') },
      { name: 'b.example.net', type: TYPE.CNAME, ttl: 20, data: name('c.example.net') },
      address('c.example.net', 9, 0x8000_0001),
      { name: 'c.example.net', type: TYPE.AAAA, ttl: 10, data: AAAA },
      { name: OWNER, type: TYPE.MX, data: Buffer.concat([priority, name('mx1'), new Uint8Array(0)]) },
      { name: OWNER, type: TYPE.MX, data: Buffer.concat([priority, pointer(12)]) },
      { name: OWNER, type: TYPE.TXT, data: Buffer.from('\x04v=sp\x06f1 -al') },
      { name: OWNER, type: TYPE.PTR, data: name('host.local') },
      {
        name: OWNER,
        type: TYPE.SRV,
        data: Buffer.concat([priority, priority, Uint8Array.from([1, 187]), name('s')]),
      },
      { name: OWNER, type: 65, data: Buffer.concat([priority, name('')]) },
      { name: OWNER, type: 64, data: Buffer.concat([priority, name('svc.example')]) },
    ]);
    expect(row.answers).toEqual(['192.0.2.9', '2001:db8:0:0:0:0:0:1']);
    expect(row.ttl).toBe(0);
    expect(row.attributes).toEqual({
      cname: 'b.example.net,c.example.net',
      mx: 'mx1,example.com',
      txt: 'v=spf1 -al',
      ptr: 'host.local',
      srv: 's:443',
      https: '.',
      svcb: 'svc.example',
      edns_size: '512',
    });
  });

  it('of other sections are not answers', () => {
    const c = talk().datagram(0, ask('example.com'));
    c.datagram(
      1,
      answer('example.com', 1, 1, { authorities: [address(OWNER, 1)], additionals: [address('x', 2)] }),
    );
    expect(c.rows[0]).toMatchObject({ answers: [], ttl: 0 });
  });

  it('of EDNS say size, DNSSEC, subnet and errors', () => {
    const v4 = Uint8Array.from([0, 1, 20, 0, 192, 0, 0x20]);
    const v6 = Uint8Array.from([0, 2, 56, 0, 0x20, 1, 0xd, 0xb8, 0, 1, 0xff]);
    const ecs = (value: Uint8Array) =>
      talk()
        .datagram(
          0,
          message({ questions: [{ name: 'a.b' }], additionals: [opt(1400, 0, 0x8000, [[8, value]])] }),
        )
        .datagram(
          1,
          answer('a.b', 1, 1, { additionals: [opt(1232, 0, 0, [[15, Uint8Array.from([0, 22])]])] }),
        ).rows[0].attributes;
    expect(ecs(v4)).toEqual({ edns_size: '1400', do: '1', ecs: '192.0.32.0/20', ede: '22' });
    expect(ecs(v6).ecs).toBe('2001:db8:1:ff00::/56');
    expect(ecs(Uint8Array.from([0, 2, 0, 0])).ecs).toBe('::/0');
    expect(ecs(Uint8Array.from([0, 2, 128, 0, ...AAAA])).ecs).toBe('2001:db8:0:0:0:0:0:1/128');
    expect(ecs(Uint8Array.from([0, 1, 33, 0, 1, 2, 3, 4, 5])).ecs).toBeUndefined();
  });

  it('are looked at up to a bound', () => {
    const many = Array.from({ length: 70 }, (_, i) => address(OWNER, i));
    expect(rowOf(many)).toMatchObject({ partial: 'limit', status: 'NOERROR', outcome: 'ok' });
    expect(rowOf(many).answers.length).toBe(16);
  });
});

describe('names', () => {
  it('lead backwards only, and end', () => {
    const loop = message({ response: true, questions: [{ name: OWNER }] });
    const forward = message({ response: true, questions: [{ name: pointer(40) }] });
    for (const m of [loop, forward]) {
      const c = talk().datagram(1, m).end();
      expect(c.rows).toMatchObject([{ name: '', method: '', partial: 'malformed', outcome: 'unasked' }]);
    }
    const long = Buffer.concat([
      ...Array.from({ length: 6 }, () => Buffer.from(`\x3f${'x'.repeat(63)}`)),
      name(''),
    ]);
    expect(
      talk()
        .datagram(0, message({ questions: [{ name: long }] }))
        .end().rows[0].partial,
    ).toBe('malformed');
  });

  it('have every byte that is no printable one written in hexadecimal', () => {
    const c = talk().datagram(0, ask('caf\xe9 x.exa\nmple')).end();
    expect(c.rows[0].name).toBe('caf\\xe9 x.exa\\x0ample');
  });

  it('that the mirror cut pair by what is there', () => {
    const question = ask('www.example.com', TYPE.A, 3);
    const reply = answer('www.example.com', TYPE.A, 3, { answers: [address(OWNER, 1)] });
    const c = talk().datagram(0, question, 22).datagram(1, reply, 24);
    expect(c.rows).toMatchObject([{ name: 'www.examp', method: '', status: 'NOERROR', partial: 'cut' }]);
    const known = talk().datagram(0, question, 22).datagram(1, reply);
    expect(known.rows).toMatchObject([{ name: 'www.example.com', method: 'A', partial: 'cut' }]);
    const other = talk().datagram(0, question).datagram(1, reply, 40);
    expect(other.rows).toMatchObject([{ name: 'www.example.com', method: 'A', answers: [], partial: 'cut' }]);
    expect(talk().datagram(0, question, 11).end().rows).toEqual([]);
  });
});

describe('over TCP', () => {
  const first = framed(ask('one.example', TYPE.A, 1));
  const second = framed(ask('two.example', TYPE.A, 2));

  it('several messages stand in a segment, and one in several', () => {
    const c = talk()
      .ask(Buffer.concat([first, second.subarray(0, 9)]), second.subarray(9))
      .answer(framed(answer('two.example', TYPE.A, 2)), framed(answer('one.example', TYPE.A, 1)));
    expect(c.rows.map((r) => `${r.name} ${r.outcome}`)).toEqual(['two.example ok', 'one.example ok']);
    expect(c.rows[0].responseUs).toBe(1000);
  });

  it('lost questions leave answers that nobody asked for, and the next ones pair', () => {
    const c = talk()
      .ask(first)
      .answer(framed(answer('one.example', TYPE.A, 1)));
    c.lose(0, second.length).answer(framed(answer('two.example', TYPE.A, 2)));
    c.ask(framed(ask('three', TYPE.A, 3))).answer(framed(answer('three', TYPE.A, 3)));
    expect(c.end().rows.map((r) => `${r.name} ${r.outcome}`)).toEqual([
      'one.example ok',
      'two.example unasked',
      'three ok',
    ]);
  });

  it('long messages are read as far as they are looked at', () => {
    const text = Buffer.concat([Buffer.from('\xff', 'latin1'), Buffer.alloc(255, 0x61)]);
    const answers = Array.from({ length: 30 }, () => ({ name: OWNER, type: TYPE.TXT, data: text }));
    const long = framed(answer('one.example', TYPE.TXT, 1, { answers: [address(OWNER, 1), ...answers] }));
    const c = talk().ask(framed(ask('one.example', TYPE.TXT, 1)));
    for (let at = 0; at < long.length; at += 1400) c.answer(long.subarray(at, at + 1400));
    c.ask(second).answer(framed(answer('two.example', TYPE.A, 2)));
    expect(c.rows.map((r) => [r.name, r.partial, r.answers, r.responseBytes])).toEqual([
      ['one.example', 'limit', ['192.0.2.1'], long.length],
      ['two.example', '', [], 31],
    ]);
  });

  it('a zone transfer is one row', () => {
    const soa = { name: OWNER, type: TYPE.SOA, data: new Uint8Array(22) };
    const part = (
      answers: Parameters<typeof message>[0]['answers'],
      questions = [{ name: 'z', type: 252 }],
    ) => framed(message({ id: 5, response: true, questions, answers }));
    const c = talk().ask(framed(ask('z', 252, 5)));
    c.answer(part([soa, address(OWNER, 1)]), part([address(OWNER, 2)]), part([address('a', 3), soa], []));
    expect(c.end().rows).toMatchObject([{ method: 'AXFR', name: 'z', outcome: 'ok' }]);
    const late = talk().answer(part([soa, address(OWNER, 1)]), part([address(OWNER, 2)]));
    expect(late.end().rows.map((r) => r.outcome)).toEqual(['unasked']);
  });

  it('nonsense ends the reading', () => {
    const c = talk().ask(Uint8Array.from([0, 5, 1, 2, 3, 4, 5]));
    expect(c.isOver).toBe(true);
    expect(c.told.Partial).toBe('malformed');
  });
});

describe('questions to a group', () => {
  it('of mDNS are rows of their own, as announcements are', () => {
    const c = talk('mdns', 5353);
    const data = name('Printer._ipp._tcp.local');
    c.datagram(
      0,
      message({ id: 0, questions: [{ name: '_ipp._tcp.local', type: TYPE.PTR, class: 0x8001 }] }),
    );
    c.datagram(
      0,
      message({
        id: 0,
        response: true,
        answers: [{ name: '_ipp._tcp.local', type: TYPE.PTR, data }],
        additionals: [{ ...address('printer.local', 7, 120), class: 0x8001 }],
      }),
    );
    expect(c.end().client).toBe(0);
    expect(c.rows).toMatchObject([
      { app: 'mdns', method: 'PTR', name: '_ipp._tcp.local', outcome: 'ok', status: '', responseBytes: 0 },
      {
        method: 'PTR',
        name: '_ipp._tcp.local',
        outcome: 'ok',
        status: 'NOERROR',
        answers: ['192.0.2.7'],
        ttl: 120,
        attributes: { ptr: 'printer._ipp._tcp.local' },
        responseUs: 0,
      },
    ]);
  });

  it('of LLMNR too; over TCP they pair', () => {
    const c = talk('llmnr')
      .datagram(0, ask('wpad', TYPE.A, 77))
      .pass(20);
    expect(c.rows).toMatchObject([{ app: 'llmnr', name: 'wpad', outcome: 'ok', status: '' }]);
    const reply = answer('wpad', TYPE.A, 77, { answers: [address(OWNER, 66)] });
    const other = talk('llmnr').datagram(0, reply);
    expect(other.client).toBe(1);
    expect(other.rows).toMatchObject([
      { name: 'wpad', outcome: 'ok', status: 'NOERROR', answers: ['192.0.2.66'] },
    ]);
    const tcp = talk('llmnr')
      .ask(framed(ask('wpad', TYPE.A, 77)))
      .answer(framed(reply));
    expect(tcp.rows).toMatchObject([{ name: 'wpad', outcome: 'ok', responseUs: 1000 }]);
  });
});

it('messages of a session with state (DSO) are no questions', () => {
  const c = talk()
    .ask(framed(message({ id: 3, opcode: 6 })))
    .answer(framed(message({ id: 3, opcode: 6, response: true })));
  expect(c.end().rows).toEqual([]);
});
