import { describe, expect, it } from 'vitest';
import type { NameRecord } from '../../src/model/name-record.js';
import { NAME_SOURCE_NAMES, NAME_SOURCES, type NameSourceWord } from '../../src/model/name-source.js';
import { SessionRecord } from '../../src/model/session-record.js';
import { OUTCOME_NAMES, type Outcome } from '../../src/model/told.js';
import { TransactionRecord } from '../../src/model/transaction-record.js';
import { SaidNames } from '../../src/names/said-names.js';
import { SeenNames } from '../../src/names/seen-names.js';
import { namesTable } from '../../src/networks/names-table.js';
import { formatIp, parseAddress } from '../../src/wire/ip/addresses.js';
import { KeyedHash } from '../../src/wire/keyed-hash.js';

const T = 20_000 * 86_400;
const CLIENT = '10.0.0.7';
const SERVER = '10.0.0.80';

interface Said {
  app: string;
  method?: string;
  name?: string;
  resource?: string;
  user?: string;
  status?: string;
  outcome?: string;
  answers?: string[];
  attributes?: Record<string, string>;
  copy?: number;
  vni?: number;
  /** The port of HTTP's host. */
  hostPort?: number;
  serverPort?: number;
}

function world(sources: readonly NameSourceWord[] = NAME_SOURCES, file?: Map<string, string>) {
  const rows: string[] = [];
  const sink = {
    name: (r: NameRecord) => {
      const vni = r.vni === null ? '' : ` in ${r.vni}`;
      rows.push(`${formatIp(r.address, 0)} ${r.name} ${NAME_SOURCE_NAMES[r.source]}${vni} ${r.count}`);
    },
  };
  const seen = new SeenNames(sink, new KeyedHash(new Uint8Array(8)), 64, 60);
  const names = new SaidNames(seen, sources, file && namesTable(file));
  const flush = () => {
    seen.flush();
    return rows.splice(0);
  };
  return { names, flush };
}

function transaction(said: Said): TransactionRecord {
  const r = new TransactionRecord();
  parseAddress(CLIENT, r.clientIp, 0);
  parseAddress(SERVER, r.serverIp, 0);
  r.timeSec = T;
  r.appProtocol = said.app;
  r.method = said.method ?? '';
  r.name = said.name ?? '';
  r.resource = said.resource ?? '';
  r.userName = said.user ?? '';
  r.status = said.status ?? '';
  r.outcome = OUTCOME_NAMES.indexOf((said.outcome ?? 'ok') as never) as Outcome;
  r.copy = said.copy ?? 0;
  r.vni = said.vni ?? null;
  r.serverPort = said.serverPort ?? 80;
  const answers = said.answers ?? [];
  r.answers = new Uint8Array(16 * answers.length);
  answers.forEach((text, i) => {
    parseAddress(text, r.answers, 16 * i);
  });
  r.answersCount = answers.length;
  r.attributeNames = Object.keys(said.attributes ?? {});
  r.attributeValues = Object.values(said.attributes ?? {});
  r.attributesCount = r.attributeNames.length;
  return r;
}

function namesOf(said: Said, sources?: readonly NameSourceWord[]): string[] {
  const { names, flush } = world(sources);
  names.transaction(transaction(said), said.hostPort ?? 0);
  return flush();
}

const dns = (more: Partial<Said>): Said => ({ app: 'dns', method: 'A', status: 'NOERROR', ...more });

describe('DNS', () => {
  it('names addresses as they were asked for, not as aliases are', () => {
    const said = { name: 'www.example.com', answers: ['192.0.2.1', '192.0.2.2'] };
    expect(namesOf(dns({ ...said, attributes: { cname: 'e7.cdn.example' } }))).toEqual([
      '192.0.2.1 www.example.com dns 1',
      '192.0.2.2 www.example.com dns 1',
    ]);
    expect(namesOf(dns({ ...said, method: 'AAAA', answers: ['2001:db8::1'] }))).toEqual([
      '2001:db8::1 www.example.com dns 1',
    ]);
  });

  it('names the address of a reverse question', () => {
    const said = { method: 'PTR', name: '7.31.20.10.in-addr.arpa' };
    expect(namesOf(dns({ ...said, attributes: { ptr: 'PC7.example,other.example' } }))).toEqual([
      '10.20.31.7 pc7.example dns 1',
    ]);
    expect(namesOf(dns({ method: 'PTR', name: '_http._tcp.local', attributes: { ptr: 'a.b' } }))).toEqual([]);
  });

  it.each<[string, Partial<Said>]>([
    ['answers that nobody asked for', { outcome: 'unasked' }],
    ['questions without an answer', { outcome: 'unanswered', answers: [] }],
    ['refusals', { status: 'NXDOMAIN', outcome: 'client_error' }],
    ['copies', { copy: 1 }],
    ['addresses that are nobody’s', { answers: ['0.0.0.0', '127.0.0.1', '224.0.0.1', '::1'] }],
    ['names of services', { name: '_sip._udp.example.com' }],
    ['questions for other things', { method: 'SRV' }],
    ['names that are not kept', { name: '' }],
  ])('%s name nothing', (_, more) => {
    expect(namesOf(dns({ name: 'www.example.com', answers: ['192.0.2.1'], ...more }))).toEqual([]);
  });

  it('counts rows from before there were copies, in the network that they are of', () => {
    const said = dns({ name: 'a.example', answers: ['192.0.2.1'], copy: 255, vni: 5000 });
    expect(namesOf(said)).toEqual(['192.0.2.1 a.example dns in 5000 1']);
  });
});

describe('mDNS and LLMNR', () => {
  it('name the addresses of an answer', () => {
    const said = { method: 'A', name: 'printer.local', answers: ['10.0.0.9'], status: 'NOERROR' };
    expect(namesOf({ app: 'mdns', ...said })).toEqual(['10.0.0.9 printer.local mdns 1']);
  });

  it('name the one host of announced services', () => {
    const said = { app: 'mdns', method: 'PTR', name: '_ipp._tcp.local', status: 'NOERROR' };
    const answers = ['10.0.0.9', 'fe80::9'];
    const srv = 'printer.local:631,printer.local:80';
    expect(namesOf({ ...said, answers, attributes: { srv } })).toEqual([
      '10.0.0.9 printer.local mdns 1',
      'fe80::9 printer.local mdns 1',
    ]);
    expect(namesOf({ ...said, answers, attributes: { srv: 'a.local:1,b.local:2' } })).toEqual([]);
    expect(namesOf({ ...said, answers, attributes: { srv: 'none' } })).toEqual([]);
  });

  it('questions name nothing', () => {
    expect(namesOf({ app: 'mdns', method: 'A', name: 'printer.local', answers: ['10.0.0.9'] })).toEqual([]);
  });

  it('of LLMNR, who answers has the name too', () => {
    const said = { app: 'llmnr', method: 'AAAA', name: 'pc7', status: 'NOERROR' };
    expect(namesOf({ ...said, answers: ['fe80::7'] })).toEqual([
      'fe80::7 pc7 llmnr 1',
      `${SERVER} pc7 llmnr 1`,
    ]);
    expect(namesOf({ ...said, method: 'A', answers: [SERVER] })).toEqual([`${SERVER} pc7 llmnr 1`]);
  });
});

describe('DHCP', () => {
  const client_address = '10.0.0.20';
  it('names the address that is given', () => {
    expect(namesOf({ app: 'dhcp', method: 'ACK', name: 'Laptop', answers: ['10.0.0.20'] })).toEqual([
      '10.0.0.20 laptop dhcp 1',
    ]);
  });

  it.each(['REQUEST', 'INFORM', 'RELEASE', 'ACK'])('names the address of a client in a %s', (method) => {
    expect(namesOf({ app: 'dhcp', method, name: 'laptop', attributes: { client_address } })).toEqual([
      '10.0.0.20 laptop dhcp 1',
    ]);
  });

  it.each<[string, Partial<Said>]>([
    ['offers', { method: 'OFFER', answers: ['10.0.0.20'] }],
    ['a client that looks for a server', { method: 'DISCOVER' }],
    ['a client that has found somebody else', { method: 'DECLINE', outcome: 'client_error' }],
    ['a client without an address', { method: 'REQUEST', attributes: {} }],
    ['a client without a name', { method: 'REQUEST', name: '' }],
  ])('%s names nothing', (_, more) => {
    expect(namesOf({ app: 'dhcp', name: 'laptop', attributes: { client_address }, ...more })).toEqual([]);
  });
});

describe('HTTP', () => {
  const get = (more: Partial<Said>): Said => ({
    app: 'http',
    method: 'GET',
    name: 'www.example.com',
    status: '200',
    hostPort: 80,
    ...more,
  });

  it('names its server, which may refuse', () => {
    expect(namesOf(get({}))).toEqual([`${SERVER} www.example.com http 1`]);
    expect(namesOf(get({ status: '404', outcome: 'client_error' }))).toHaveLength(1);
    expect(namesOf(get({ app: 'http2', status: '500', outcome: 'server_error' }))).toHaveLength(1);
    expect(namesOf(get({ hostPort: 8080, serverPort: 8080 }))).toHaveLength(1);
  });

  it.each<[string, Partial<Said>]>([
    ['a proxy that is asked for a URL', { hostPort: 0, serverPort: 3128 }],
    ['another port than that of the host', { serverPort: 3128 }],
    ['an address as a name', { name: '10.0.0.80' }],
    ['no answer', { outcome: 'unanswered' }],
  ])('%s names nothing', (_, more) => {
    expect(namesOf(get(more))).toEqual([]);
  });
});

describe('logons', () => {
  it('of Kerberos name the computer whose account it is', () => {
    const as = { app: 'kerberos', method: 'AS', name: 'EXAMPLE.COM', resource: 'krbtgt/EXAMPLE.COM' };
    expect(namesOf({ ...as, user: 'PC7$' })).toEqual([`${CLIENT} pc7 kerberos 1`]);
    expect(namesOf({ ...as, user: 'host/pc7.example.com' })).toEqual([
      `${CLIENT} pc7.example.com kerberos 1`,
    ]);
    expect(namesOf({ ...as, user: 'anna' })).toEqual([]);
    expect(namesOf({ ...as, user: 'PC7$', outcome: 'client_error' })).toEqual([]);
    // The ticket is for another host than who gives it.
    expect(namesOf({ ...as, method: 'TGS', resource: 'HTTP/www.example.com', user: 'anna' })).toEqual([]);
    expect(namesOf({ ...as, method: 'AP', resource: 'HTTP/www.example.com' })).toEqual([
      `${SERVER} www.example.com kerberos 1`,
    ]);
  });

  it.each(['smb', 'ldap', 'http', 'tds'])('of NTLM in %s name the computer they are from', (app) => {
    const said = { app, method: 'x', attributes: { workstation: 'PC7' } };
    expect(namesOf(said)).toEqual([`${CLIENT} pc7 ntlm 1`]);
    expect(namesOf({ ...said, outcome: 'client_error' })).toEqual([]);
  });

  it('of SMB name the server of a share', () => {
    const said = { app: 'smb', method: 'TREE_CONNECT', name: '\\\\FILES\\docs' };
    expect(namesOf(said)).toEqual([`${SERVER} files smb 1`]);
    expect(namesOf({ ...said, name: '\\\\10.0.0.80\\docs' })).toEqual([]);
    expect(namesOf({ ...said, name: 'docs' })).toEqual([]);
    expect(namesOf({ ...said, method: 'READ' })).toEqual([]);
    expect(namesOf({ ...said, outcome: 'client_error' })).toEqual([]);
  });
});

describe('sessions', () => {
  function session(more: Partial<SessionRecord>): SessionRecord {
    const r = new SessionRecord();
    parseAddress(CLIENT, r.clientIp, 0);
    parseAddress(SERVER, r.serverIp, 0);
    r.firstSeenSec = r.lastSeenSec = T;
    r.ipVersion = 4;
    return Object.assign(r, {
      serverName: 'www.example.com',
      tlsVersion: '1.3',
      appProtocol: 'tls',
      ...more,
    });
  }
  const of = (more: Partial<SessionRecord>) => {
    const { names, flush } = world();
    names.session(session(more));
    return flush();
  };

  it('of TLS name their server', () => {
    expect(of({})).toEqual([`${SERVER} www.example.com tls 1`]);
    expect(of({ appProtocol: 'smtp' })).toHaveLength(1);
  });

  it.each<[string, Partial<SessionRecord>]>([
    ['a server that does not answer', { tlsVersion: '' }],
    ['what may be a front of another name', { tlsEch: 1 }],
    ['a proxy', { appProtocol: 'http' }],
    ['another proxy', { appProtocol: 'socks' }],
    ['a copy', { copy: 2 }],
    ['an address', { serverName: '10.0.0.80' }],
  ])('%s has no name', (_, more) => {
    expect(of(more)).toEqual([]);
  });

  it('say whom the file names, once it is there', () => {
    const { names, flush } = world(
      NAME_SOURCES,
      new Map([
        [CLIENT, 'accounting-7'],
        ['10.0.0.99', 'nobody'],
      ]),
    );
    names.session(session({ serverName: '' }));
    expect(flush()).toEqual([`${CLIENT} accounting-7 file 1`]);
    names.set(NAME_SOURCES, undefined);
    names.session(session({ serverName: '' }));
    expect(flush()).toEqual([]);
    names.set(['tls'], namesTable(new Map([[CLIENT, 'a']])));
    names.session(session({}));
    expect(flush()).toEqual([`${SERVER} www.example.com tls 1`]);
  });
});

it('each source can be left out', () => {
  const all: Said[] = [
    dns({ name: 'a', answers: [SERVER] }),
    { ...dns({ name: 'a.local', answers: [SERVER] }), app: 'mdns' },
    { ...dns({ name: 'a', answers: [SERVER] }), app: 'llmnr' },
    { app: 'dhcp', method: 'ACK', name: 'a', answers: [SERVER] },
    { app: 'http', method: 'GET', name: 'a', hostPort: 80 },
    { app: 'kerberos', method: 'AS', user: 'a$' },
    { app: 'smb', method: 'TREE_CONNECT', name: '\\\\a\\b' },
    { app: 'ldap', method: 'bind', attributes: { workstation: 'a' } },
  ];
  const sourcesOf = (sources: readonly NameSourceWord[]) =>
    all.flatMap((said) => namesOf(said, sources)).map((row) => row.split(' ')[2]);
  const every = sourcesOf(NAME_SOURCES);
  expect(new Set(every).size).toBe(8);
  expect(sourcesOf([])).toEqual([]);
  for (const source of new Set(every) as Set<NameSourceWord>) {
    expect(sourcesOf([source]).every((s) => s === source)).toBe(true);
    expect(sourcesOf(NAME_SOURCES.filter((s) => s !== source))).not.toContain(source);
  }
});
