import { describe, expect, it } from 'vitest';
import { Certificate } from '../../src/applications/certificate.js';
import type { Dialogue } from '../../src/applications/engine/dialogue.js';
import { type Application, Read, type Reader, STATELESS } from '../../src/applications/reader.js';
import type { CertificateRecord } from '../../src/model/certificate-record.js';
import { READING_DEFAULTS } from '../../src/model/defaults.js';
import { KEEP_ALL, keepBits } from '../../src/model/kept-words.js';
import { OUTCOME_NAMES, Told, ToldFlag } from '../../src/model/told.js';
import type { TransactionRecord } from '../../src/model/transaction-record.js';
import type { ReadingOptions } from '../../src/sessions/reading.js';
import { SessionWorld } from '../support/session-world.js';

const C = '10.0.0.1:40000';
const S = '10.0.0.2:3306';
const SYN = 0x02;
const SYN_ACK = 0x12;
const FIN_ACK = 0x11;

/** Words that end in a semicolon: each of the client asks, each of the server answers and tells. */
class WordReader implements Reader {
  newState() {
    return STATELESS;
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    let p = o;
    while (p < end && b[p] !== 0x3b) p++;
    if (p === end && d.ending === '') return Read.More;
    this.word(d, d.texts.ascii(b, o, p));
    return p === end ? Read.Turn : p + 1 - o;
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    this.word(d, d.texts.ascii(b, o, end - 1));
  }

  private word(d: Dialogue, text: string): void {
    if (d.fromClient) {
      const q = d.ask();
      q.method = 'QUERY';
      q.name = `name ${text}`;
      q.resource = `statement ${text}`;
      q.userName = `user ${text}`;
      q.attribute('cname', `alias ${text}`);
      q.attribute('rows', '3');
      q.attribute('statement', `statement ${text}`);
      d.tell(Told.UserName, `user ${text}`);
    } else {
      const q = d.oldest;
      if (q === undefined) return;
      q.status = text;
      q.address(Uint8Array.of(192, 0, 2, 1), 0, 4);
      d.answer(q);
      d.tell(Told.ServerName, `server ${text}`);
      d.tellFlag(ToldFlag.TlsResumed);
      d.tellTlsTime(1234);
      const c = new Certificate();
      c.fingerprint.fill(text.length);
      c.subject = text;
      c.names = [`${text}.example`];
      d.certificate(c);
    }
  }
}

const is = () => true;
const WORDS: Application = {
  name: 'mysql',
  tcp: { is },
  udp: { is },
  newReader: () => new WordReader(),
};

interface Kept {
  readonly transactions: ReturnType<typeof kept>[];
  readonly certificates: {
    subject: string;
    names: string[];
    serverName: string;
    server: string;
    day: number;
  }[];
}

function kept(r: TransactionRecord) {
  return {
    id: Buffer.from(r.sessionId).toString('hex'),
    number: r.number,
    at: r.timeSec - SessionWorld.START + r.timeNsec / 1e9,
    client: `${r.clientIp.subarray(12).join('.')}:${r.clientPort}`,
    server: `${r.serverIp.subarray(12).join('.')}:${r.serverPort}`,
    protocol: r.protocol,
    app: r.appProtocol,
    said: [r.method, r.name, r.resource, r.userName, r.status].join('|'),
    outcome: OUTCOME_NAMES[r.outcome],
    responseUs: r.responseUs,
    answers: r.answersCount,
    attributes: r.attributeNames.slice(0, r.attributesCount),
  };
}

function world(readings: Partial<ReadingOptions> = {}): { w: SessionWorld } & Kept {
  const transactions: Kept['transactions'] = [];
  const certificates: Kept['certificates'] = [];
  const w = new SessionWorld(
    {
      applications: [WORDS],
      readings: { ...READING_DEFAULTS, rows: Number.POSITIVE_INFINITY, ...readings },
      tcpIdle: 300,
      active: 100,
    },
    {
      transaction: (r) => transactions.push(kept(r)),
      certificate: (r: CertificateRecord) =>
        certificates.push({
          subject: r.subject,
          names: r.names.slice(0, r.namesCount),
          serverName: r.serverName,
          server: `${r.serverIp.subarray(12).join('.')}:${r.serverPort}`,
          day: r.day,
        }),
    },
  );
  return { w, transactions, certificates };
}

function connect(w: SessionWorld, at = 0, first = 100): void {
  w.send({ at, from: C, to: S, flags: SYN, seq: first - 1, options: [2, 4, 5, 0xb4] });
  w.send({ at, from: S, to: C, flags: SYN_ACK, seq: 499, ack: first, options: [2, 4, 5, 0xb4] });
}

describe('what is said in a session', () => {
  it('is in its row, and in rows of transactions that name it', () => {
    const { w, transactions } = world();
    connect(w);
    w.send({ at: 1, from: C, to: S, seq: 100, ack: 500, payload: 'one;' });
    w.send({ at: 1.25, from: S, to: C, seq: 500, ack: 104, payload: 'fine;' });
    expect(transactions).toHaveLength(1);
    w.send({ at: 2, from: C, to: S, seq: 104, ack: 505, payload: 'two;' });
    const [row] = w.finish();
    expect(row).toMatchObject({
      application: 'mysql',
      serverName: 'server fine',
      userName: 'user one',
      tlsUs: 1234,
      tlsResumed: 1,
      tlsEch: 0,
      partial: '',
    });
    expect(transactions[0]).toEqual({
      id: row.id,
      number: 0,
      at: 1,
      client: C,
      server: S,
      protocol: 6,
      app: 'mysql',
      said: 'QUERY|name one|statement one|user one|fine',
      outcome: 'ok',
      responseUs: 250_000,
      answers: 1,
      attributes: ['cname', 'rows', 'statement'],
    });
    expect(transactions[1]).toMatchObject({ number: 1, outcome: 'unanswered', responseUs: 0 });
  });

  it('is repeated in each part of a long one', () => {
    const { w } = world();
    connect(w);
    w.send({ at: 1, from: C, to: S, seq: 100, ack: 500, payload: 'one;' });
    w.send({ at: 150, from: C, to: S, seq: 104, ack: 500, payload: 'two;' });
    const rows = w.finish();
    expect(rows.map((r) => [r.part, r.userName])).toEqual([
      [0, 'user one'],
      [1, 'user one'],
    ]);
  });

  it('goes on over a first segment that came late, and over one that came twice', () => {
    const { w, transactions } = world();
    connect(w);
    w.send({ at: 1, from: C, to: S, seq: 104, ack: 500, payload: 'long word;' });
    w.send({ at: 1.1, from: C, to: S, seq: 100, ack: 500, payload: 'one ' });
    w.send({ at: 1.2, from: C, to: S, seq: 100, ack: 500, payload: 'one ' });
    w.send({ at: 2, from: S, to: C, seq: 500, ack: 114, payload: 'fine;' });
    w.finish();
    expect(transactions.map((t) => t.said)).toEqual([
      'QUERY|name one long word|statement one long word|user one long word|fine',
    ]);
  });

  it('ends with its connection: what is open becomes rows, a new one on the same ports begins anew', () => {
    const { w, transactions } = world();
    connect(w);
    w.send({ at: 1, from: C, to: S, seq: 100, ack: 500, payload: 'one;' });
    w.send({ at: 2, from: C, to: S, seq: 104, ack: 500, flags: FIN_ACK });
    w.send({ at: 2, from: S, to: C, seq: 500, ack: 105, flags: FIN_ACK });
    connect(w, 3, 7000);
    w.send({ at: 4, from: C, to: S, seq: 7000, ack: 500, payload: 'two;' });
    const rows = w.finish();
    expect(rows).toHaveLength(2);
    expect(transactions.map((t) => [t.id === rows[0].id, t.number, t.said.split('|')[1]])).toEqual([
      [true, 0, 'name one'],
      [false, 0, 'name two'],
    ]);
    expect(rows.map((r) => r.userName)).toEqual(['user one', 'user two']);
  });

  it('over UDP waits ten seconds for an answer', () => {
    const { w, transactions } = world();
    w.send({ at: 0, protocol: 17, from: C, to: S, payload: 'one;' });
    w.send({ at: 9, protocol: 17, from: C, to: S, payload: 'two;' });
    expect(transactions).toEqual([]);
    w.send({ at: 12, protocol: 17, from: S, to: C, payload: 'late;' });
    expect(transactions.map((t) => [t.said.split('|')[1], t.outcome])).toEqual([
      ['name one', 'unanswered'],
      ['name two', 'ok'],
    ]);
  });
});

describe('what is kept of it', () => {
  it.each([
    [
      'everything',
      KEEP_ALL,
      'QUERY|name one|statement one|user one|fine',
      ['cname', 'rows', 'statement'],
      'server fine',
      'user one',
    ],
    ['names', keepBits(['names']), 'QUERY|name one|||fine', ['cname', 'rows'], 'server fine', ''],
    ['users', keepBits(['users']), 'QUERY|||user one|fine', ['rows'], '', 'user one'],
    ['statements', keepBits(['statements']), 'QUERY||statement one||fine', ['rows', 'statement'], '', ''],
    ['paths', keepBits(['paths']), 'QUERY||||fine', ['rows'], '', ''],
    ['no text', keepBits([]), 'QUERY||||fine', ['rows'], '', ''],
  ])('is %s', (_, bits, said, attributes, serverName, userName) => {
    const { w, transactions, certificates } = world();
    w.table.keep(w.point, bits);
    connect(w);
    w.send({ at: 1, from: C, to: S, seq: 100, ack: 500, payload: 'one;' });
    w.send({ at: 1.25, from: S, to: C, seq: 500, ack: 104, payload: 'fine;' });
    const [row] = w.finish();
    expect([row.serverName, row.userName]).toEqual([serverName, userName]);
    expect(transactions).toMatchObject([{ said, attributes, responseUs: 250_000 }]);
    expect(certificates).toHaveLength(serverName === '' ? 0 : 1);
  });

  it('is nothing but the application where that is off', () => {
    const { w, transactions } = world();
    w.table.keep(w.point, 0);
    connect(w);
    w.send({ at: 1, from: C, to: S, seq: 100, ack: 500, payload: 'one;' });
    w.send({ at: 1, protocol: 17, from: C, to: S, payload: 'one;' });
    const rows = w.finish();
    expect(rows.map((r) => [r.application, r.userName])).toEqual([
      ['mysql', ''],
      ['mysql', ''],
    ]);
    expect(transactions).toEqual([]);
  });

  it('a certificate is one row a server and day', () => {
    const { w, certificates } = world();
    connect(w);
    w.send({ at: 1, from: C, to: S, seq: 100, ack: 500, payload: 'one;two;three;' });
    w.send({ at: 2, from: S, to: C, seq: 500, ack: 114, payload: 'fine;fine;other;' });
    const [{ day }] = certificates;
    expect(certificates).toEqual([
      { subject: 'fine', names: ['fine.example'], serverName: 'server fine', server: S, day },
      { subject: 'other', names: ['other.example'], serverName: 'server fine', server: S, day },
    ]);
    expect(w.table.applications).toMatchObject({ certificates: 2, certificates_forgotten: 0 });
  });
});

describe('the bounds of reading', () => {
  it('leave rows out beyond so many a second, and count them', () => {
    const { w, transactions } = world({ rows: 3 });
    connect(w);
    w.send({ at: 1, from: C, to: S, seq: 100, ack: 500, payload: 'a;b;c;d;e;' });
    w.send({ at: 1.5, from: S, to: C, seq: 500, ack: 110, payload: 'a;b;c;d;e;' });
    expect(transactions).toHaveLength(3);
    expect(w.table.applications).toMatchObject({ left_out: 2, transactions: { mysql: 3 } });
    w.send({ at: 2, from: C, to: S, seq: 110, ack: 510, payload: 'f;' });
    w.send({ at: 2.5, from: S, to: C, seq: 510, ack: 112, payload: 'f;' });
    // The session's own numbers show that some are missing.
    expect(transactions.map((t) => t.number)).toEqual([0, 1, 2, 5]);
  });

  it('leave words out for which there is no room, and the row says so', () => {
    const { w } = world({ words: 100 });
    connect(w);
    w.send({ at: 1, from: C, to: S, seq: 100, ack: 500, payload: 'one;' });
    w.send({ at: 1.5, from: S, to: C, seq: 500, ack: 104, payload: 'fine;' });
    const [row] = w.finish();
    expect([row.userName, row.serverName]).toEqual(['user one', '']);
    expect(w.table.applications.words_left_out).toBeGreaterThan(0);
  });

  it('a conversation whose place went to another is read on with its next turn', () => {
    const { w, transactions } = world({ conversations: 1 });
    connect(w);
    w.send({ at: 1, from: C, to: S, seq: 100, ack: 500, payload: 'one;' });
    w.send({ at: 1, from: '10.0.0.3:1', to: S, seq: 1, payload: 'other;' });
    expect(transactions.map((t) => [t.said.split('|')[1], t.outcome])).toEqual([['name one', 'unanswered']]);
    w.send({ at: 2, from: S, to: C, seq: 500, ack: 104, payload: 'fine;' });
    w.send({ at: 3, from: C, to: S, seq: 104, ack: 505, payload: 'two;' });
    w.send({ at: 4, from: S, to: C, seq: 505, ack: 108, payload: 'good;' });
    expect(transactions.at(-1)).toMatchObject({ outcome: 'ok', number: 1, responseUs: 1_000_000 });
    expect(w.table.applications.conversations_given_up).toBeGreaterThan(0);
  });
});
