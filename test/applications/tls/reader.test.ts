import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TlsReader } from '../../../src/applications/tls/reader.js';
import { Conversation } from '../../support/conversation.js';
import {
  alert,
  algorithms,
  alpn,
  bytes,
  CHANGE,
  certificate,
  certificates,
  chosenVersion,
  clientHello,
  data,
  extension,
  finished,
  handshake,
  message,
  RETRY,
  record,
  serverHello,
  serverName,
  text,
  versions,
} from './build.js';

const TLS = { name: 'tls', tcp: { is: () => true }, newReader: () => new TlsReader() } as const;
const talk = () => new Conversation([TLS], { client: 50000, server: 443 });

const SESSION = new Uint8Array(32).fill(7);
const hello12 = handshake(clientHello({ extensions: [serverName('a.example'), extension(35)] }));
const hello13 = handshake(
  clientHello({ session: SESSION, extensions: [serverName('a.example'), versions(0x0304, 0x0303)] }),
);
const done = handshake(message(14));
const keys = handshake(message(16, new Uint8Array(66)));

describe('a handshake', () => {
  it('of TLS 1.2 is established when both sides have encrypted something', () => {
    const c = talk().ask(hello12);
    c.answer(
      handshake(serverHello({ session: SESSION })),
      bytes(handshake(certificates(certificate())), done),
    );
    c.wait(20_000).ask(bytes(keys, CHANGE, finished()));
    expect(c.flags).toEqual({ ech: false, resumed: false, established: false });
    expect(c.tlsUs).toBe(23_000);
    c.answer(bytes(CHANGE, finished()));
    expect(c.flags).toEqual({ ech: false, resumed: false, established: true });
    expect(c.isOver).toBe(true);
    expect(c.told.TlsAlert).toBeUndefined();
    expect(c.certificates.map((x) => [x.serverName, x.subject, x.chain, x.partial])).toEqual([
      ['a.example', 'www.example.com', 1, ''],
    ]);
  });

  it('of TLS 1.3 is established when both sides have encrypted something', () => {
    const c = talk().ask(hello13);
    const answer = handshake(
      serverHello({ session: SESSION, cipher: 0x1301, extensions: [chosenVersion(0x0304)] }),
    );
    c.answer(bytes(answer, CHANGE, data(900)))
      .wait(500)
      .ask(bytes(CHANGE, data()));
    expect(c.flags).toEqual({ ech: false, resumed: false, established: true });
    expect(c.tlsUs).toBe(2500);
    expect(c.told.TlsVersion).toBe('TLS 1.3');
    expect(c.isOver).toBe(true);
  });

  it('with early data is timed from what comes behind the ServerHello', () => {
    const c = talk().ask(bytes(hello13, CHANGE, data(), data()));
    c.answer(
      bytes(
        handshake(serverHello({ cipher: 0x1301, extensions: [chosenVersion(0x0304), extension(41, 0, 0)] })),
        data(),
      ),
    );
    expect(c.flags).toEqual({ ech: false, resumed: true, established: false });
    expect(c.tlsUs).toBe(0);
    c.ask(data());
    expect(c.tlsUs).toBe(2000);
    expect(c.flags.established).toBe(true);
  });

  it('with a retry has the JA4 of the first hello, and the cipher of the ServerHello', () => {
    const first = clientHello({
      session: SESSION,
      ciphers: [0x1301, 0x1302],
      extensions: [versions(0x0304)],
    });
    const second = clientHello({ session: SESSION, ciphers: [0x1301], extensions: [versions(0x0304)] });
    const c = talk().ask(handshake(first));
    const { Ja4 } = c.told;
    c.answer(
      bytes(
        handshake(serverHello({ random: RETRY, cipher: 0x1302, extensions: [chosenVersion(0x0304)] })),
        CHANGE,
      ),
    );
    expect(c.told).toEqual({ Ja4 });
    c.ask(bytes(CHANGE, handshake(second)));
    c.answer(bytes(handshake(serverHello({ cipher: 0x1301, extensions: [chosenVersion(0x0304)] })), data()));
    expect(c.told).toEqual({ Ja4, TlsVersion: 'TLS 1.3', TlsCipher: 'TLS_AES_128_GCM_SHA256' });
    expect(c.flags.established).toBe(false);
    c.ask(data());
    expect(c.flags.established).toBe(true);
  });

  it('of which only what follows a retry is seen has no JA4', () => {
    const hello = clientHello({ session: SESSION, extensions: [serverName('a.example'), versions(0x0304)] });
    const c = talk().ask(bytes(CHANGE, handshake(hello)));
    c.answer(
      bytes(CHANGE, handshake(serverHello({ cipher: 0x1301, extensions: [chosenVersion(0x0304)] })), data()),
    );
    expect(c.told).toEqual({
      ServerName: 'a.example',
      TlsVersion: 'TLS 1.3',
      TlsCipher: 'TLS_AES_128_GCM_SHA256',
    });
    const without = talk().ask(bytes(CHANGE, finished())).answer(bytes(CHANGE, finished()));
    expect(without.told).toEqual({});
  });

  it('goes on with an earlier session by its id, or by a ticket', () => {
    const byId = talk().ask(handshake(clientHello({ session: SESSION })));
    byId.answer(bytes(handshake(serverHello({ session: SESSION })), CHANGE, finished()));
    expect(byId.flags.resumed).toBe(true);
    const ticket = handshake(clientHello({ extensions: [extension(35, 1, 2, 3)] }));
    const byTicket = talk().ask(ticket);
    byTicket.answer(bytes(handshake(serverHello(), message(4, new Uint8Array(80))), CHANGE, finished()));
    expect(byTicket.flags.resumed).toBe(true);
    const refused = talk().ask(ticket);
    refused.answer(handshake(serverHello({ session: SESSION }))).answer(done);
    refused.ask(bytes(keys, CHANGE, finished())).answer(bytes(CHANGE, finished()));
    expect(refused.flags).toEqual({ ech: false, resumed: false, established: true });
  });

  it('may begin with the hello of SSL 2.0', () => {
    const old = bytes(0x80, 0x2e, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10, new Uint8Array(37));
    const c = talk()
      .ask(old)
      .answer(handshake(serverHello({ version: 0x0301 })));
    expect(c.told).toEqual({ TlsVersion: 'TLS 1.0', TlsCipher: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' });
    const older = talk()
      .ask(old)
      .answer(bytes(0x80, 0x0b, 4, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0));
    expect(older.told).toEqual({ TlsVersion: 'SSL 2.0' });
    expect(older.isOver).toBe(true);
  });

  it('whose client opened the connection from the other side is seen for what it is', () => {
    const c = talk().answer(hello12).ask(handshake(serverHello()));
    expect(c.client).toBe(1);
    c.answer(bytes(keys, CHANGE, finished())).ask(bytes(CHANGE, finished()));
    expect(c.tlsUs).toBe(2000);
    expect(c.flags.established).toBe(true);
  });

  it('of which only one side is seen is not looked at for ever', () => {
    const c = talk().ask(hello13);
    for (let i = 0; i < 100; i++) c.ask(data());
    expect(c.flags.established).toBe(false);
    c.answer(data());
    expect(c.isOver).toBe(true);
  });
});

describe('alerts', () => {
  it('in clear are told: the first that is fatal', () => {
    const c = talk()
      .ask(hello12)
      .answer(bytes(alert(1, 112), alert(2, 40), alert(2, 80)));
    expect(c.end().told.TlsAlert).toBe('fatal:handshake_failure');
  });

  it('are told as warnings where nothing is fatal', () => {
    const c = talk().ask(hello12).answer(alert(1, 112)).ask(alert(1, 0));
    expect(c.told.TlsAlert).toBeUndefined();
    expect(c.end().told.TlsAlert).toBe('warning:unrecognized_name');
  });

  it('that are unknown have a number, encrypted ones are none', () => {
    expect(talk().ask(hello12).answer(alert(2, 99)).told.TlsAlert).toBe('fatal:99');
    expect(
      talk()
        .ask(hello12)
        .answer(record(21, new Uint8Array(26)))
        .end().told.TlsAlert,
    ).toBeUndefined();
  });
});

describe('messages', () => {
  const long = clientHello({
    extensions: [serverName('a.example'), extension(21, new Uint8Array(2000)), alpn('h2')],
  });
  const flight = bytes(
    serverHello({ extensions: [alpn('h2')] }),
    message(23, new Uint8Array(9)),
    certificates(certificate(), certificate(), certificate({ serial: bytes(5) })),
    message(14),
  );

  it('may be in several records, and several in one', () => {
    const wanted = { ServerName: 'a.example', Alpn: 'h2', AlpnChosen: 'h2', TlsVersion: 'TLS 1.2' };
    for (const size of [1, 3, 4, 5, 37, 600, 5000]) {
      const records = (b: Uint8Array) => {
        const all: Uint8Array[] = [];
        for (let o = 0; o < b.length; o += size) all.push(handshake(b.subarray(o, o + size)));
        return bytes(...all);
      };
      const c = talk().ask(records(long));
      expect(c.told).toMatchObject({ ServerName: 'a.example', Alpn: 'h2' });
      // So many headers that the block is too small are read in part.
      if (size < 37) continue;
      const answer = records(flight);
      for (let o = 0; o < answer.length; o += 1400) c.answer(answer.subarray(o, o + 1400));
      expect(c.told).toMatchObject(wanted);
      expect(c.told.Partial).toBeUndefined();
      expect(c.certificates.map((x) => x.chain)).toEqual([3]);
      c.ask(bytes(keys, CHANGE, finished())).answer(bytes(CHANGE, finished()));
      expect(c.flags.established).toBe(true);
    }
  });

  it('that another record breaks off are malformed', () => {
    const part = long.subarray(0, 100);
    const c = talk().ask(bytes(handshake(part), alert(2, 80)));
    expect(c.told).toMatchObject({
      ServerName: 'a.example',
      Partial: 'malformed',
      TlsAlert: 'fatal:internal_error',
    });
  });

  it('are found again behind bytes that never came', () => {
    const answer = bytes(handshake(serverHello()), handshake(certificates(certificate())), done);
    const c = talk()
      .ask(hello12)
      .answer(answer.subarray(0, 100))
      .lose(1, answer.length - 100);
    c.ask(bytes(keys, CHANGE, finished())).answer(bytes(CHANGE, finished()));
    expect(c.told.Partial).toBe('gap');
    expect(c.flags).toEqual({ ech: false, resumed: false, established: true });
    expect(c.tlsUs).toBeGreaterThan(0);
  });

  it('that were in no record end the reading after a while', () => {
    const c = talk().ask(hello12);
    for (let i = 0; i < 20; i++) c.ask(text('no record at all')).answer(text('nor is this'));
    expect(c.isOver).toBe(true);
  });
});

/** All orders of so many things. */
function orders(n: number): number[][] {
  if (n === 0) return [[]];
  return orders(n - 1).flatMap((rest) =>
    Array.from({ length: n }, (_, at) => [...rest.slice(0, at), n - 1, ...rest.slice(at)]),
  );
}

it('a hello in 1 to 4 segments, in every order, with every one lost, is told whole or not wrongly', () => {
  const hello = handshake(
    clientHello({
      ciphers: [0x1301, 0xc02f, 0xc030],
      extensions: [
        serverName('www.example.com'),
        extension(51, new Uint8Array(300).fill(9)),
        alpn('h2', 'http/1.1'),
        versions(0x0304),
        algorithms(0x0403, 0x0804),
      ],
    }),
  );
  const all = talk().ask(hello).told;
  expect(Object.keys(all).sort()).toEqual(['Alpn', 'Ja4', 'ServerName']);
  const answer = handshake(serverHello({ cipher: 0x1301, extensions: [chosenVersion(0x0304)] }));
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: hello.length - 1 }), { minLength: 0, maxLength: 3 });
  fc.assert(
    fc.property(cuts, (at) => {
      const ends = [0, ...at.sort((x, y) => x - y), hello.length];
      const parts = ends.slice(1).map((end, i) => [ends[i], hello.subarray(ends[i], end)] as const);
      for (const order of orders(parts.length))
        for (let lost = -1; lost < parts.length; lost++) {
          const c = talk();
          for (const i of order) if (i !== lost) c.segment(0, ...parts[i]);
          c.answer(answer).end();
          const { Partial, TlsVersion, TlsCipher, ...told } = c.told;
          if (lost < 0) {
            expect(told).toEqual(all);
            expect(Partial).toBeUndefined();
          } else {
            expect(all).toMatchObject(told);
            expect(told.Ja4).toBeUndefined();
          }
          if (c.told.TlsVersion !== undefined)
            expect([TlsVersion, TlsCipher]).toEqual(['TLS 1.3', 'TLS_AES_128_GCM_SHA256']);
        }
    }),
    { numRuns: 60 },
  );
});
