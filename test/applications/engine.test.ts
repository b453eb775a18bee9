import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dialogue } from '../../src/applications/engine/dialogue.js';
import { MOST_EXPECTED } from '../../src/applications/engine/expected.js';
import { QUESTION_CHARACTERS } from '../../src/applications/engine/questions.js';
import {
  type Application,
  type Opening,
  Read,
  type Reader,
  STATELESS,
} from '../../src/applications/reader.js';
import { Outcome, Told } from '../../src/model/told.js';
import { Conversation } from '../support/conversation.js';

/**
 * Lines that end in a semicolon: a question, `question:LENGTH;` with a body, or an answer, as `!…`; `?` alone
 * has an answer of unknown length.
 */
function lines(inTurns: boolean): Application {
  const reader: Reader = {
    inTurns,
    newState: () => STATELESS,
    stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
      let p = o;
      while (p < end && b[p] !== 0x3b) p++;
      if (p === end && d.ending === '') return Read.More;
      const text = d.texts.ascii(b, o, p);
      if (text === 'quit') return Read.Over;
      if (text === 'done') return Read.Done;
      const colon = text.indexOf(':');
      const body = colon < 0 ? 0 : Number(text.slice(colon + 1));
      if (d.fromClient) {
        const q = d.ask();
        q.name = text;
        q.partial = d.ending;
      } else {
        const q = d.oldest ?? d.unasked();
        q.status = text;
        if (q.outcome !== Outcome.Unasked) d.answer(q);
        if (text === '!?') return Read.Turn;
      }
      d.tell(Told.ServerName, text);
      return p === end ? Read.Turn : p + 1 - o + body;
    },
  };
  return { name: 'memcached', tcp: { is: () => true }, newReader: () => reader };
}

const PORTS = { client: 40000, server: 11211 };
const talk = (inTurns = true) => new Conversation([lines(inTurns)], PORTS);
const asked = (c: Conversation) => c.rows.map((r) => `${r.name}${r.status} ${r.outcome} ${r.partial}`.trim());

describe('the messages of a stream', () => {
  it('are read where they are whole in a segment, one after the other', () => {
    const c = talk().ask('one-and-more-text;two;').answer('!1;').wait(5000).answer('!2;').end();
    expect(asked(c)).toEqual(['one-and-more-text!1 ok', 'two!2 ok']);
    expect(c.rows.map((r) => r.responseUs)).toEqual([1000, 7000]);
    expect(c.recognised).toEqual(['memcached']);
  });

  it('are gathered from segments, in any order, also before it is known what they are', () => {
    for (const inTurns of [true, false]) {
      const text = Buffer.from('a question of some length;another one;');
      const parts = [0, 7, 20, 30].map((at, i, all) => [at, text.subarray(at, all[i + 1])] as const);
      for (const order of [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [1, 0, 3, 2],
        [2, 0, 0, 3, 1, 1],
      ]) {
        const c = talk(inTurns);
        for (const i of order) c.segment(0, parts[i][0], parts[i][1]);
        c.answer('!1;!2;').end();
        expect(asked(c)).toEqual(['a question of some length!1 ok', 'another one!2 ok']);
      }
    }
  });

  it('are passed over where they are long, and what follows is read', () => {
    const c = talk()
      .ask('store this, please:5000;')
      .ask('x'.repeat(3000))
      .wait(1000)
      .ask(`${'y'.repeat(2000)}more;`);
    c.answer('!1;').answer('!2;').end();
    expect(asked(c)).toEqual(['store this, please:5000!1 ok', 'more!2 ok']);
    expect(c.rows[0].responseUs).toBe(1000);
    expect(c.rows[0].requestBytes).toBe(5024);
  });

  it('may go on after the other side has spoken', () => {
    const c = talk(false)
      .ask('one;a question in')
      .answer('!1;and an')
      .ask(' two parts;')
      .answer('swer;')
      .end();
    expect(asked(c)).toEqual(['one!1 ok', 'a question in two partsand answer ok']);
    expect(c.told).toEqual({ ServerName: 'one' });
  });

  it('whose length nobody says end with the next turn', () => {
    const c = talk()
      .ask('what is all of this?;')
      .answer('!?;')
      .answer('z'.repeat(100))
      .answer('z'.repeat(50));
    expect(c.rows).toEqual([]);
    c.ask('next;').answer('!2;').end();
    expect(asked(c)).toEqual(['what is all of this?!? ok', 'next!2 ok']);
    expect(c.rows[0].transferUs).toBe(2000);
    expect(c.rows[0].responseBytes).toBe(153);
  });
});

describe('a question in several messages', () => {
  it('is asked when the last of them came, and has the bytes of all', () => {
    const reader: Reader = {
      newState: () => STATELESS,
      stream(d, b, o, end) {
        const q = d.oldest ?? d.ask();
        if (!d.fromClient) d.answer(q);
        else if (b[o] === 0x2b) d.askMore(q);
        return end - o;
      },
    };
    const c = new Conversation(
      [{ name: 'memcached', tcp: { is: () => true }, newReader: () => reader }],
      PORTS,
    );
    c.ask('question and').wait(5000).ask('+more').answer('!');
    expect(c.rows[0].responseUs).toBe(1000);
    expect(c.rows[0].requestBytes).toBe(17);
  });
});

describe('bytes that never come', () => {
  it('of a message are given up when the other side has answered it', () => {
    const c = talk()
      .ask('the beginning of')
      .lose(0, 10)
      .ask('and its end;')
      .answer('!1;')
      .ask('next one;')
      .answer('!2;');
    expect(asked(c.end())).toEqual(['the beginning of!1 ok gap', 'next one!2 ok']);
  });

  it('of a whole message leave an answer that nobody asked for', () => {
    const c = talk()
      .ask('the first message;')
      .answer('!1;')
      .lose(0, 20)
      .answer('!2;')
      .ask('third;')
      .answer('!3;');
    expect(asked(c.end())).toEqual(['the first message!1 ok', '!2 unasked', 'third!3 ok']);
  });

  it('of a question and its answer do not take the next question with them', () => {
    const c = talk().ask('first;').answer('!1;').lose(0, 20).lose(1, 3).ask('third;').answer('!3;');
    expect(asked(c.ask('fourth;').answer('!4;').end())).toEqual(['first!1 ok', 'third!3 ok', 'fourth!4 ok']);
    expect(c.rows[1].responseUs).toBe(1000);
  });

  it('before a message are known to its reader', () => {
    const known: string[] = [];
    const reader: Reader = {
      newState: () => STATELESS,
      stream(d, b, o, end) {
        known.push(`${d.texts.ascii(b, o, end)}${d.isResumed ? ' resumed' : ''}`);
        return end - o;
      },
    };
    const c = new Conversation(
      [{ name: 'memcached', tcp: { is: () => true }, newReader: () => reader }],
      PORTS,
    );
    c.ask('a question, first').answer('!1').lose(1, 10).ask('b').answer('!2').answer('!3').ask('c').end();
    expect(known).toEqual(['a question, first', '!1', 'b', '!2 resumed', '!3', 'c']);
  });

  it('are waited for where answers may come before them, but not for ever', () => {
    const c = talk(false).ask('the beginning of').lose(0, 10).ask('and its end;').answer('!0;');
    expect(asked(c)).toEqual(['!0 unasked']);
    c.wait(3_000_000).ask('tail;');
    expect(c.told.Partial).toBe('gap');
  });

  it('because the mirror cut the frame leave what was captured', () => {
    const c = talk().segment(0, 0, Buffer.from('a question that was cut;'), 12);
    c.wait(0).answer('!1;');
    expect(asked(c.end())).toEqual(['a question t!1 ok cut']);
    expect(c.told.Partial).toBe('cut');
  });
});

it('bytes before the first ones of a side without a SYN are read, while nobody knows what it speaks', () => {
  const picky = { ...lines(true), tcp: { is: (m: Opening) => m.bytes[m.start] === 0x61 } };
  const c = new Conversation([picky], { ...PORTS, noSyn: true });
  c.segment(0, 20, Buffer.from('the end of it, and more;'));
  c.segment(0, 0, Buffer.from('a question, of which'));
  c.segment(0, 0, Buffer.from('a question, of which'));
  expect(asked(c.answer('!1;').end())).toEqual(['a question, of which!1 ok gap']);
});

describe('an answer that comes before its question', () => {
  const first = 'the first message;';
  const next = 'next;';

  it('waits for it, as the mirror merges two ports into one stream', () => {
    for (const early of [[0], [0, 1]]) {
      const c = talk().ask(first).answer('!0;');
      const at = first.length;
      // The client's segment is on its way: the server acknowledges it.
      c.expectAck(0, at + next.length);
      const answer = Buffer.from('!and more;');
      for (const i of early)
        c.segment(1, 3 + 5 * i, answer.subarray(5 * i, 5 * i + (early.length === 1 ? 10 : 5)));
      c.segment(0, at, Buffer.from(next));
      expect(asked(c.end())).toEqual(['the first message!0 ok', 'next!and more ok']);
      expect(c.rows[1].responseUs).toBe(0);
    }
  });

  it('waits no longer than a moment, nor for what the mirror lost', () => {
    const lost = () => talk().ask(first).answer('!0;').lose(0, 20).answer('!1;');
    expect(asked(lost().wait(200_000).answer('!2;'))).toEqual([
      'the first message!0 ok',
      '!1 unasked',
      '!2 unasked',
    ]);
    expect(asked(lost().ask(next).answer('!3;'))).toEqual([
      'the first message!0 ok',
      '!1 unasked',
      'next!3 ok',
    ]);
    expect(asked(lost().pass(2))).toEqual(['the first message!0 ok', '!1 unasked']);
    expect(asked(lost().end())).toEqual(['the first message!0 ok', '!1 unasked']);
  });

  it('over UDP too', () => {
    const udp: Application = {
      name: 'dns',
      udp: { is: () => true },
      newReader: () => ({
        inTurns: true,
        newState: () => STATELESS,
        datagram(d, b, o, end) {
          const text = d.texts.ascii(b, o, end);
          if (d.fromClient) d.ask().name = text;
          else if (d.oldest === undefined) d.unasked().status = text;
          else {
            d.oldest.status = text;
            d.answer(d.oldest);
          }
        },
      }),
    };
    const conversation = () => new Conversation([udp], { client: 40_000, server: 53 });
    expect(
      asked(conversation().datagram(1, '!a').datagram(0, 'a').datagram(0, 'b').datagram(1, '!b')),
    ).toEqual(['a!a ok', 'b!b ok']);
    expect(asked(conversation().datagram(1, '!a').datagram(1, '!b').pass(2))).toEqual([
      '!a unasked',
      '!b unasked',
    ]);
    expect(asked(conversation().datagram(1, '!a').end())).toEqual(['!a unasked']);
    // With room for no more than one, the next one is read at once.
    const narrow = new Conversation([udp], { client: 40_000, server: 53 }, { memory: 16_384 });
    const beside = narrow.beside({ client: 40_001, server: 53 });
    narrow.datagram(1, '!a');
    beside.datagram(1, '!b');
    expect([asked(narrow), asked(beside)]).toEqual([[], ['!b unasked']]);
  });
});

describe('what is bounded', () => {
  it('segments longer than the memory for a message are read to their end', () => {
    const all = Buffer.from(Array.from({ length: 1000 }, (_, i) => `question number ${i};`).join(''));
    for (const inTurns of [true, false]) {
      const c = talk(inTurns);
      c.ask(all.subarray(0, 5)).ask(all.subarray(5)).answer('!;').end();
      expect(c.rows.length).toBe(1000);
      expect(c.rows[0].name).toBe('question number 0');
      expect(c.rows[999].name).toBe('question number 999');
    }
    const c = talk();
    c.ask('a:10000;')
      .ask('x'.repeat(9990))
      .ask(`${'x'.repeat(10)}b;c`)
      .ask(`;d:20000;${'y'.repeat(20000)}e;`)
      .end();
    expect(c.rows.map((r) => r.name)).toEqual(['a:10000', 'b', 'c', 'd:20000', 'e']);
  });

  it('a message is read in part when it is longer than what is looked at', () => {
    const c = talk().ask('q'.repeat(3000)).ask('q'.repeat(3000)).answer('!1;').end();
    expect(c.rows[0].partial).toBe('limit');
    expect(c.rows[0].status).toBe('!1');
  });

  it('the oldest question goes when more are open than there is room for', () => {
    const c = new Conversation([lines(true)], PORTS, { questions: 2 });
    c.ask('question one, a;', 'b;', 'c;').answer('!c;').end();
    expect(asked(c)).toEqual(['question one, a unanswered limit', 'b!c ok', 'c unanswered']);
    expect(c.dialogues.counters.questionsGivenUp).toBe(1);
  });

  it('the oldest questions go when the texts of all are too long', () => {
    const most = 4 * QUESTION_CHARACTERS;
    const reader: Reader = {
      newState: () => STATELESS,
      stream(d, b, o, end) {
        const q = d.ask();
        q.name = String.fromCharCode(b[o]);
        q.attribute('text', 'x'.repeat(end - o - 1));
        return end - o;
      },
    };
    const c = new Conversation([{ name: 'smb', tcp: { is: () => true }, newReader: () => reader }], PORTS, {
      questions: 4,
    });
    const ask = (name: string, characters: number) => c.ask(name + 'x'.repeat(characters - 1));
    ask('a', 100);
    ask('b', 100);
    ask('c', most - 150);
    expect(c.rows.map((r) => r.name + r.partial)).toEqual(['alimit']);
    ask('d', 51);
    ask('e', most + 1);
    ask('f', most);
    expect(c.rows.map((r) => r.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(c.dialogues.counters.questionsGivenUp).toBe(5);
    expect(
      c
        .end()
        .rows.map((r) => r.name + r.partial)
        .at(-1),
    ).toBe('f');
  });

  it('a reader may have more questions open than others', () => {
    const reader: Reader = {
      mostOpen: 40,
      newState: () => STATELESS,
      stream(d, _, o, end) {
        d.ask(end - o);
        return end - o;
      },
    };
    const c = new Conversation([{ name: 'smb', tcp: { is: () => true }, newReader: () => reader }], PORTS);
    for (let i = 0; i < 41; i++) c.ask('a question that stays open');
    expect(c.rows.map((r) => r.partial)).toEqual(['limit']);
  });

  it('of the ports where media is expected, the one announced first is forgotten', () => {
    const announces: Reader = {
      newState: () => STATELESS,
      datagram: (d, b, o) => d.expect((b[o] << 8) | b[o + 1], 'rtp', 'a call'),
    };
    const silent: Reader = { newState: () => STATELESS, datagram: () => {} };
    const c = new Conversation(
      [
        { name: 'sip', udp: { ports: [PORTS.server], is: () => true }, newReader: () => announces },
        { name: 'rtp', whereExpected: () => true, newReader: () => silent },
      ],
      PORTS,
    );
    for (let port = 10_000; port <= 10_000 + MOST_EXPECTED; port++)
      c.datagram(0, Uint8Array.of(port >> 8, port & 0xff));
    const at = (server: number) => c.beside({ client: 9_000, server }).datagram(0, 'media').recognised;
    expect([at(10_000), at(10_001), at(10_000 + MOST_EXPECTED)]).toEqual([[], ['rtp'], ['rtp']]);
  });

  it('a question whose answer goes on is written once when it has to go, and no other in its place', () => {
    const c = new Conversation([lines(true)], PORTS, { questions: 2 });
    const beside = c.beside({ client: 40_001, server: 11211 });
    c.ask('the first question;').answer('!long:5000;').answer('x'.repeat(2000));
    beside.ask('question two, b;', 'c;');
    expect(asked(c)).toEqual(['the first question!long:5000 ok limit']);
    c.answer('x'.repeat(3000)).ask('next;');
    expect(asked(c)).toHaveLength(1);
    beside.answer('!c;').end();
    c.answer('!next;').end();
    expect(asked(beside)).toEqual(['question two, b unanswered limit', 'c!c ok']);
    expect(asked(c)).toEqual(['the first question!long:5000 ok limit', 'next!next ok']);
  });

  it('without memory, messages in pieces are read as far as they came', () => {
    const c = new Conversation([lines(true)], PORTS, { memory: 1000 });
    c.ask('the beginning of').ask('and its end;').answer('!1;').end();
    expect(asked(c)).toEqual(['the beginning of!1 ok limit']);
  });
});

describe('another reader', () => {
  /** Until the server says `go`: lines that are told. What the client says behind `stop` is not its own. */
  const before: Application = {
    name: 'smtp',
    tcp: { is: ({ bytes, start }) => bytes[start] === 0x68 },
    newReader: () => ({
      newState: () => STATELESS,
      stream(d, b, o, end) {
        if (b[o] === 0x2a) {
          if (d.ending !== '') d.become('memcached');
          return Read.More;
        }
        const text = d.texts.ascii(b, o, end);
        if (text === 'go') d.become('memcached');
        if (text === 'anything') d.becomeAnything();
        return end - o;
      },
    }),
  };
  const both = () =>
    new Conversation([before, { ...lines(true), tcp: { is: (m) => m.bytes[m.start] === 0x2a } }], PORTS);

  it('takes what comes behind the message of the one before it', () => {
    const c = both().ask('hello').answer('go').ask('*one;').answer('!1;').end();
    expect([c.recognised, asked(c)]).toEqual([['smtp'], ['*one!1 ok']]);
  });

  it('is recognised, behind what only leads to it', () => {
    const c = both().ask('hello').answer('anything').ask('*one;').answer('!1;').end();
    expect([c.recognised, asked(c)]).toEqual([['smtp', 'memcached'], ['*one!1 ok']]);
  });

  it('takes what waited for it, or what the one before it left when nothing more comes', () => {
    expect(asked(both().ask('hello').ask('*one;').answer('go').answer('!1;').end())).toEqual(['*one!1 ok']);
    expect(asked(both().ask('hello').ask('*one;').end())).toEqual(['*one unanswered gap']);
  });
});

it('knows who is the client by the port that an application has', () => {
  const application = { ...lines(true), tcp: { ports: [11211], is: () => true } };
  const c = new Conversation([application], { client: 11211, server: 40000 });
  c.ask('!0;').answer('one;').ask('!1;').end();
  expect([c.client, asked(c)]).toEqual([1, ['!0 unasked', 'one!1 ok']]);
});

it('counts the bytes of an answer behind which another reader goes on', () => {
  const reader: Reader = {
    newState: () => STATELESS,
    stream(d, _, o, end) {
      if (d.fromClient) d.ask();
      else if (d.oldest !== undefined) {
        d.answer(d.oldest);
        d.become('tls');
      }
      return end - o;
    },
  };
  const c = new Conversation([{ name: 'rdp', tcp: { is: () => true }, newReader: () => reader }], PORTS);
  c.ask('may we talk in secret?').answer('yes, please');
  expect(c.rows).toMatchObject([{ outcome: 'ok', requestBytes: 22, responseBytes: 11 }]);
});

it('ends when its reader has had enough, and writes what is open', () => {
  const c = talk().ask('the first message;').ask('quit;');
  expect(asked(c)).toEqual(['the first message unanswered']);
  expect(c.rows[0].app).toBe('memcached');
  expect(c.isOver).toBe(true);
});

/** Turns of a conversation: each asks a few things, with or without a body behind them, and is answered. */
const turns = fc.array(
  fc.array(
    fc.record({ length: fc.integer({ min: 1, max: 200 }), body: fc.constantFrom(0, 0, 0, 10, 5000) }),
    { minLength: 1, maxLength: 4 },
  ),
  { minLength: 1, maxLength: 5 },
);
const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 12 });

/** What each turn sends, and how each question begins: text and its body. */
function written(all: { length: number; body: number }[][]): { text: string; questions: string[] }[] {
  let number = 0;
  return all.map((turn) => {
    const questions = turn.map(({ length, body }) => {
      const text = `${number++}`.padEnd(length + 16, 'q');
      return body === 0 ? text : `${text}:${body}`;
    });
    const bodies = turn.map(({ body }) => 'b'.repeat(body));
    return { questions, text: questions.map((q, i) => `${q};${bodies[i]}`).join('') };
  });
}

function* pieces(text: string, sizes: readonly number[]): Generator<[number, Buffer]> {
  const bytes = Buffer.from(text);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length];
    yield [at, bytes.subarray(at, at + size)];
    at += size;
  }
}

describe('whatever the segments', () => {
  it('every message is read once, if two neighbours change places or come twice', () => {
    fc.assert(
      fc.property(turns, cuts, fc.array(fc.boolean()), fc.array(fc.boolean()), (all, sizes, swaps, twice) => {
        const c = talk(false);
        let at = 0;
        for (const { text, questions } of written(all)) {
          const segments = [...pieces(text, sizes)];
          for (let i = 0; i + 1 < segments.length; i += 2)
            if (swaps[i]) [segments[i], segments[i + 1]] = [segments[i + 1], segments[i]];
          for (const [i, [offset, data]] of segments.entries()) {
            c.segment(0, at + offset, data);
            if (twice[i]) c.segment(0, at + offset, data);
          }
          at += text.length;
          c.answer(questions.map(() => '!;').join(''));
        }
        c.end();
        const names = written(all).flatMap((turn) => turn.questions);
        expect(c.rows.map((r) => r.name)).toEqual(names);
        expect(c.rows.every((r) => r.outcome === 'ok' && r.partial === '')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('nothing is read that was not said, if some are lost', () => {
    fc.assert(
      fc.property(turns, cuts, fc.array(fc.integer({ min: 0, max: 5 })), (all, sizes, losses) => {
        const c = talk();
        let at = 0;
        let lost = 0;
        let number = 0;
        for (const { text, questions } of written(all)) {
          for (const [offset, data] of pieces(text, sizes))
            if (losses[number++ % (losses.length || 1)] === 0) lost++;
            else c.segment(0, at + offset, data);
          at += text.length;
          c.answer(questions.map(() => '!;').join(''));
        }
        c.end();
        const names = written(all).flatMap((turn) => turn.questions);
        // What is read behind a loss may begin in a body.
        const said = written(all)
          .map((turn) => turn.text)
          .join('');
        for (const r of c.rows) if (r.partial === '') expect(said).toContain(r.name);
        if (lost === 0) expect(c.rows.map((r) => r.name)).toEqual(names);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what a reader can ask of the bytes before its message', () => {
  /** Messages of four bytes; the answer's row says what is known before it. */
  const reader: Reader = {
    inTurns: true,
    newState: () => STATELESS,
    stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
      if (end - o < 4) return d.ending === '' ? Read.More : Read.Turn;
      const q = d.row();
      q.name = d.texts.ascii(b, o, o + 4);
      q.status = [d.isResumed ? 'resumed' : '', d.knowsMore ? 'knows more' : ''].join(' ').trim();
      return 4;
    },
  };
  const open = () =>
    new Conversation([{ name: 'memcached', tcp: { is: () => true }, newReader: () => reader }], PORTS);
  const said = (c: Conversation) => c.rows.map((r) => `${r.name} ${r.status}`.trim());

  it('whether it follows what was read, and whether its sender has had more', () => {
    const c = open().ask('one.').answer('ONE.').ask('two.').lose(1, 4).ask('thr.').answer('THR.', 'FOU.');
    expect(said(c)).toEqual(['one.', 'ONE.', 'two.', 'thr. knows more', 'THR. resumed', 'FOU.']);
  });

  it('also where the first answer is the one that is missing', () => {
    const c = open().ask('one.').lose(1, 4).ask('two.').answer('TWO.');
    expect(said(c)).toEqual(['one.', 'two. knows more', 'TWO. resumed']);
  });
});

it('bytes that never come do not change when a question was asked', () => {
  const c = talk().ask('the first question;').answer('!1;').ask('second;');
  const asked = c.us - 1000;
  c.lose(1, 100)
    .answer('x'.repeat(3000))
    .wait(3_000_000)
    .answer('x'.repeat(100), 'x'.repeat(100))
    .ask('third;');
  const begun = c.us;
  c.answer('!2;').end();
  expect(c.rows[1].responseUs).toBe(begun - asked);
});
