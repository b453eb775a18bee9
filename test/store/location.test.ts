import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { StoreLocationError, StoreUnavailable } from '../../src/store/errors.js';
import { parseLocation } from '../../src/store/location.js';
import { openStore } from '../../src/store/open.js';
import { ClickHouseServer, freePort } from '../support/clickhouse-server.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { numberedSegment } from '../support/sessions.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-location-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('a URL has hosts, database, user, password, prefix and compression', () => {
  expect(parseLocation('http://host:8123/lake', {})).toMatchObject({
    hosts: ['http://host:8123'],
    database: 'lake',
    prefix: '',
    username: 'default',
    password: '',
    compression: 'none',
  });
  expect(
    parseLocation('https://me:p%40ss:word@a:1,[2001:db8::1]:2,c?compression=gzip&prefix=ml_', {}),
  ).toMatchObject({
    hosts: ['https://a:1', 'https://[2001:db8::1]:2', 'https://c'],
    database: 'default',
    username: 'me',
    password: 'p@ss:word',
    prefix: 'ml_',
    compression: 'gzip',
  });
});

test('secrets are read from the environment or from files', () => {
  const file = join(directory, 'secret');
  writeFileSync(file, 'from a file\n');
  const url = 'http://host/lake';
  expect(parseLocation(url, { MIRRORLAKE_STORE_USER: 'u', MIRRORLAKE_STORE_PASSWORD: 'p' })).toMatchObject({
    username: 'u',
    password: 'p',
  });
  expect(parseLocation(url, { MIRRORLAKE_STORE_PASSWORD_FILE: file }).password).toBe('from a file');
  expect(parseLocation(url, { MIRRORLAKE_STORE_TOKEN_FILE: file }).token).toBe('from a file');
  expect(parseLocation('http://a:b@host', { MIRRORLAKE_STORE_PASSWORD: 'p' }).password).toBe('b');
  expect(() => parseLocation(url, { MIRRORLAKE_STORE_TOKEN_FILE: '/nothing' })).toThrow(
    /MIRRORLAKE_STORE_TOKEN_FILE: ENOENT/,
  );
});

test.each([
  ['http://', 'host'],
  ['http://a,,b/x', 'host'],
  ['http://h:port/x', 'host'],
  ['http://h/a-b', 'database'],
  ['http://h/a?prefix=1x', 'prefix'],
  ['http://h/a?compression=lzma', 'compression'],
  ['http://h/a?user=x', '?user='],
  ['http://h/a?cert=/x', '?cert='],
  ['https://h/a?ca=/nothing', '?ca='],
  ['http://u:%zz@h/a', 'password'],
])('%s: %s is wrong', (url, part) => {
  expect(() => parseLocation(url, {})).toThrow(StoreLocationError);
  expect(() => parseLocation(url, {})).toThrow(part);
});

describe('a store on a server', () => {
  let server: ClickHouseServer;
  const closing: (() => Promise<unknown> | unknown)[] = [];
  beforeAll(async () => {
    server = await ClickHouseServer.start();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => server?.stop());

  function open(location: string) {
    const store = openStore(location, { create: true, timeout: 5000 });
    closing.push(() => store.close());
    return store;
  }

  test('uses the database, prefix and compression of its URL', async () => {
    for (const compression of ['gzip', 'br']) {
      const store = open(`${server.url}/lake_${compression}?prefix=ml_&compression=${compression}`);
      await store.migrate();
      await store.insert('sessions', numberedSegment(0, 1000), 'a', 1000);
      await store.insert('sessions', numberedSegment(0, 1000), 'a', 1000);
      expect(await text(await store.query('SELECT count() FROM ml_sessions'))).toBe('1000\n');
      expect(await server.sql(`SELECT sum(sessions) FROM lake_${compression}.ml_traffic_by_minute`)).toBe(
        '1000\n',
      );
    }
  });

  test('uses the next host if one cannot be reached, and stays with it', async () => {
    const proxy = await FaultProxy.start(server.httpPort);
    const store = open(
      `http://127.0.0.1:${await freePort()},127.0.0.1:${proxy.port},127.0.0.1:${server.httpPort}/failover`,
    );
    await store.migrate();
    expect(store.name).toBe(`http://127.0.0.1:${proxy.port}/failover`);
    await store.insert('sessions', numberedSegment(0, 1000), 'a', 1000);
    expect(proxy.passed).toBe(1);
    proxy.faults.push({ kind: 'reset before the answer' });
    await store.insert('sessions', numberedSegment(1000, 3000), 'b', 2000);
    expect(store.name).toBe(`http://127.0.0.1:${server.httpPort}/failover`);
    await proxy.stop();
    expect(await text(await store.query('SELECT count() FROM sessions'))).toBe('3000\n');
  });

  test('is unavailable if no host can be reached', async () => {
    const store = open(`http://127.0.0.1:${await freePort()},127.0.0.1:${await freePort()}/x`);
    await expect(store.migrate()).rejects.toThrow(StoreUnavailable);
  });

  describe('over TLS', () => {
    const file = (name: string) => join(directory, name);
    let tls: Server;
    let port: number;
    const identified = new Set<string>();
    beforeAll(async () => {
      const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
      for (const who of ['ca', 'other'])
        openssl(
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-days',
          '2',
          '-subj',
          `/CN=${who}`,
          '-keyout',
          file(`${who}.key`),
          '-out',
          file(`${who}.pem`),
        );
      writeFileSync(file('san'), 'subjectAltName=IP:127.0.0.1');
      for (const who of ['server', 'client']) {
        openssl(
          'req',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-subj',
          `/CN=${who}`,
          '-keyout',
          file(`${who}.key`),
          '-out',
          file(`${who}.csr`),
        );
        openssl(
          'x509',
          '-req',
          '-in',
          file(`${who}.csr`),
          '-CA',
          file('ca.pem'),
          '-CAkey',
          file('ca.key'),
          '-CAcreateserial',
          '-days',
          '2',
          '-extfile',
          file('san'),
          '-out',
          file(`${who}.pem`),
        );
      }
      const options = {
        key: readFileSync(file('server.key')),
        cert: readFileSync(file('server.pem')),
        ca: readFileSync(file('ca.pem')),
        requestCert: true,
        rejectUnauthorized: true,
      };
      tls = createServer(options, (from, to) => {
        // The server behind this one checks neither certificates nor passwords.
        const {
          'x-clickhouse-ssl-certificate-auth': byCertificate,
          authorization,
          ...headers
        } = from.headers;
        const { method, url } = from;
        const password = Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64').toString();
        identified.add(byCertificate === 'on' ? 'certificate' : password);
        const on = request(
          { port: server.httpPort, host: '127.0.0.1', method, path: url, headers },
          (answer) => {
            to.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(to);
          },
        );
        from.pipe(on);
      });
      await new Promise<void>((done) => tls.listen(0, '127.0.0.1', done));
      port = (tls.address() as AddressInfo).port;
    });
    afterAll(() => {
      tls?.closeAllConnections();
      tls?.close();
    });

    const url = (ca: string, mutual: boolean, user = '') =>
      `https://${user}127.0.0.1:${port}/tls?ca=${file(`${ca}.pem`)}` +
      (mutual ? `&cert=${file('client.pem')}&key=${file('client.key')}` : '');

    test.each([
      ['certificate', ''],
      ['default:any', 'default:any@'],
    ])('takes the CA and a client certificate, and identifies itself by %s', async (how, user) => {
      identified.clear();
      const store = open(url('ca', true, user));
      await store.migrate();
      await store.insert('sessions', numberedSegment(0, 1000), 'a', 1000);
      expect(await text(await store.query('SELECT count() FROM sessions'))).toBe('1000\n');
      expect([...identified]).toEqual([how]);
    });

    test('fails with another CA or without a client certificate, and says so', async () => {
      await expect(open(url('other', true)).migrate()).rejects.toThrow(
        /https:\/\/127.0.0.1:\d+\/tls cannot be reached: .*certificate/,
      );
      await expect(open(url('ca', false)).migrate()).rejects.toThrow(StoreUnavailable);
    });
  });
});
