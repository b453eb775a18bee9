/** Conversations of the bundled demo with all of their messages: logons, files, statements, calls. */
import * as kerberos from '../test/applications/kerberos/messages.js';
import * as ldap from '../test/applications/ldap/messages.js';
import { modbus } from '../test/applications/modbus/samples.js';
import * as mysql from '../test/applications/mysql/packets.js';
import { rtp } from '../test/applications/rtp/samples.js';
import { call, sip } from '../test/applications/sip/samples.js';
import * as smb from '../test/applications/smb/messages.js';
import * as snmp from '../test/applications/snmp/messages.js';
import { kexinit, packet as sshPacket } from '../test/applications/ssh/build.js';
import { ntlmAuthenticate, ntlmMessage } from '../test/support/ntlm-messages.js';
import type { Applications, Ends } from '../test/support/traffic/applications.js';
import { certificate } from '../test/support/traffic/certificates.js';
import { clientHello, finished12, serverFlight12 } from '../test/support/traffic/hellos.js';
import type { Host } from '../test/support/traffic/host.js';
import {
  ascii,
  concat,
  dhcp,
  hex,
  httpRequest,
  httpResponse,
  SMTP_BANNER,
  SSH_SERVER_BANNER,
} from '../test/support/traffic/payloads.js';
import type { Random } from '../test/support/traffic/random.js';
import { type Talk, UdpTalk } from '../test/support/traffic/talk.js';
import type { TcpTalk } from '../test/support/traffic/tcp-talk.js';

const MILLISECOND = 1_000_000;
const REALM = 'CORP.EXAMPLE';

/** What one says, and how long the other thinks about it, in milliseconds. */
type Message = readonly [from: 'client' | 'server', bytes: Uint8Array, thinks?: number];

function say<T extends TcpTalk>(talk: T, messages: readonly Message[]): T {
  for (const [from, bytes, thinks = 0] of messages)
    talk.send(from === 'client', bytes).wait(thinks * MILLISECOND);
  return talk;
}

/** Statements, and the times that they take in milliseconds. */
const STATEMENTS: readonly (readonly [sql: string, thinks: number])[] = [
  ['SELECT name, price FROM products WHERE id = 4711', 1],
  ["SELECT id FROM sessions WHERE token = 'c0ffee'", 2],
  ['UPDATE stock SET amount = amount - 1 WHERE product = 4711', 6],
  ["INSERT INTO orders (customer, product) VALUES ('ann', 4711)", 9],
  ['SELECT customer, sum(total) FROM orders GROUP BY customer', 840],
];

/** One of a table that does not exist. */
const WRONG_STATEMENT = "SELECT * FROM invoice WHERE number = '17'";
const NO_SUCH_TABLE = 1146;

const FILES = ['plans\\2025.xlsx', 'minutes.docx', 'price list.pdf', 'photos\\team.jpg'];
const SSH_CLIENTS = [
  'SSH-2.0-OpenSSH_9.6',
  'SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.6',
  'SSH-2.0-PuTTY_Release_0.81',
];
const SSH_LISTS = ['aes128-ctr,aes256-ctr,aes128-gcm@openssh.com', 'hmac-sha2-256,hmac-sha2-512', 'none'];
const ACCESS_DENIED = 0xc000_0022;
const LOGON_FAILURE = 0xc000_006d;
const MORE_PROCESSING = 0xc000_0016;
/** RFC 4120 section 7.5.9. */
const PREAUTH_FAILED = 24;
const PREAUTH_REQUIRED = 25;
const INVALID_CREDENTIALS = 49;

export class Talks {
  private readonly block: Uint8Array;

  /** @param applications what opens connections */
  constructor(
    private readonly random: Random,
    private readonly applications: Applications,
  ) {
    this.block = random.bytes(509);
  }

  private noise(length: number): Uint8Array {
    const b = new Uint8Array(length);
    for (let o = 0; o < length; o += this.block.length) b.set(this.block.subarray(0, length - o), o);
    return b;
  }

  /** A logon with NTLM, and a file that is read. Sometimes the password is wrong, or the file forbidden. */
  files(e: Ends, user: string, size: number): TcpTalk {
    const t = this.applications.tcp(e, 445).connect();
    const on = { session: 9, tree: 5 };
    say(t, [
      ['client', smb.packet(smb.request(smb.C.NEGOTIATE, { id: 0 }))],
      ['server', smb.packet(smb.negotiated({ id: 0 }, 0x0311))],
      ['client', smb.packet(smb.sessionSetup({ id: 1 }, ntlmMessage(1)))],
      [
        'server',
        smb.packet(smb.response(smb.C.SESSION_SETUP, { id: 1, session: 9, status: MORE_PROCESSING })),
      ],
      ['client', smb.packet(smb.sessionSetup({ id: 2, session: 9 }, ntlmAuthenticate('CORP', user, 'PC')))],
    ]);
    const status = this.random.chance(0.06) ? LOGON_FAILURE : 0;
    say(t, [['server', smb.packet(smb.response(smb.C.SESSION_SETUP, { id: 2, session: 9, status }))]]);
    if (status !== 0) return t.close(true);
    const share = this.random.pick(['\\\\files\\public', '\\\\files\\sales', '\\\\files\\staff']);
    const forbidden = share.endsWith('staff') && this.random.chance(0.5);
    const file = this.random.pick(FILES);
    say(t, [
      ['client', smb.packet(smb.treeConnect({ id: 3, session: 9 }, share))],
      ['server', smb.packet(smb.response(smb.C.TREE_CONNECT, { id: 3, ...on }))],
      ['client', smb.packet(smb.create({ id: 4, ...on }, file)), 1],
      [
        'server',
        smb.packet(
          forbidden
            ? smb.response(smb.C.CREATE, { id: 4, ...on, status: ACCESS_DENIED })
            : smb.created({ id: 4, ...on }, smb.fileId(7)),
        ),
      ],
    ]);
    for (let id = 5, sent = 0; !forbidden && sent < size; id++, sent += 65_536) {
      const part = concat(new Uint8Array(16), this.noise(Math.min(65_536, size - sent)));
      say(t, [
        ['client', smb.packet(smb.withFile(smb.C.READ, { id, ...on }, smb.fileId(7)))],
        ['server', smb.packet(smb.response(smb.C.READ, { id, ...on }, part))],
      ]);
    }
    return t.close(true);
  }

  statements(e: Ends, count: number): TcpTalk {
    const t = this.applications.tcp(e, 3306).connect();
    say(t, [
      ['server', mysql.greeting()],
      ['client', mysql.login('shop', 'shop')],
    ]);
    if (this.random.chance(0.04)) return say(t, [['server', mysql.error(2, 1045)]]).close(false);
    say(t, [['server', mysql.ok(2)]]);
    for (let i = 0; i < count; i++) {
      const isWrong = this.random.chance(0.03);
      const [sql, thinks] = isWrong ? [WRONG_STATEMENT, 1] : this.random.pick(STATEMENTS);
      const rows = Array.from({ length: this.random.int(1, 12) }, (_, n) => `row ${n}`);
      say(t, [
        ['client', mysql.query(sql), (thinks * this.random.int(60, 200)) / 100],
        ['server', isWrong ? mysql.error(1, NO_SUCH_TABLE) : mysql.rows(rows)],
      ]);
      t.wait(this.random.int(1, 60) * MILLISECOND);
    }
    return say(t, [['client', mysql.command(1)]]).close(true);
  }

  /** Keystrokes and screen output, encrypted. */
  ssh(e: Ends, keys: number): TcpTalk {
    const t = this.applications.tcp(e, 22).connect();
    const lists = kexinit('curve25519-sha256', SSH_LISTS, SSH_LISTS);
    const banner = ascii(`${SSH_CLIENTS[(e.client.ip.at(-1) ?? 0) % SSH_CLIENTS.length]}\r\n`);
    say(t, [
      ['server', SSH_SERVER_BANNER],
      ['client', banner],
      ['client', lists],
      ['server', lists],
      ['client', sshPacket(hex('1e 00000020'), this.random.bytes(32))],
      ['server', sshPacket(hex('1f'), this.random.bytes(280))],
      ['client', sshPacket(hex('15'))],
    ]);
    for (let i = 0; i < keys; i++) {
      t.wait(this.random.int(20, 250) * MILLISECOND);
      t.send(true, this.noise(36)).send(false, this.noise(this.random.int(36, 200)));
    }
    return t.close(true);
  }

  mail(e: Ends): TcpTalk {
    return say(this.applications.tcp(e, 25).connect(), [
      ['server', SMTP_BANNER],
      ['client', ascii('EHLO mail.corp.example\r\n')],
      ['server', ascii('250-mail.example.net\r\n250 SIZE 20480000\r\n')],
      ['client', ascii('MAIL FROM:<ann@corp.example>\r\n')],
      ['server', ascii('250 2.1.0 Ok\r\n')],
      ['client', ascii('RCPT TO:<bob@example.net>\r\n')],
      ['server', ascii('250 2.1.5 Ok\r\n')],
      ['client', ascii('DATA\r\n')],
      ['server', ascii('354 End data with <CR><LF>.<CR><LF>\r\n')],
      ['client', ascii(`Subject: plans\r\n\r\n${'See you on Monday. '.repeat(20)}\r\n.\r\n`)],
      ['server', ascii('250 2.0.0 Ok: queued\r\n')],
      ['client', ascii('QUIT\r\n')],
      ['server', ascii('221 2.0.0 Bye\r\n')],
    ]).close(true);
  }

  snmp(e: Ends): Talk {
    const request = this.random.int(1, 9999);
    return new UdpTalk(e.client, e.server, e.clientPort, 161, e.rtt)
      .ask(snmp.message(1, snmp.pdu(0, request, 0, 3)))
      .answer(snmp.message(1, snmp.pdu(2, request, 0, 3)));
  }

  /** A page that is not there, one that fails, or a report that takes seconds. */
  intranet(e: Ends): TcpTalk {
    const [path, status, thinks] = this.random.pick([
      ['/report/quarter', '200 OK', 2600],
      ['/report/month', '200 OK', 900],
      ['/favicon.ico', '404 Not Found', 1],
      ['/old/phonebook', '404 Not Found', 1],
      ['/calendar', '500 Internal Server Error', 40],
    ] as const);
    return say(this.applications.tcp(e, 80).connect(), [
      ['client', httpRequest('intranet.corp.example', path), thinks],
      ['server', httpResponse(this.noise(this.random.int(200, 3000)), status)],
    ]).close(true);
  }

  /** A ticket, for which Kerberos wants a password, which may be wrong. */
  logon(e: Ends, user: string, isWrong: boolean): Talk {
    const names = { realm: REALM, client: user, service: `krbtgt/${REALM}` };
    const t = new UdpTalk(e.client, e.server, e.clientPort, 88, e.rtt)
      .ask(kerberos.request(10, { ...names, nonce: 1 }))
      .answer(kerberos.refusal(PREAUTH_REQUIRED, names))
      .ask(kerberos.request(10, { ...names, nonce: 2, padata: 60 }));
    return t.answer(isWrong ? kerberos.refusal(PREAUTH_FAILED, names) : kerberos.reply(11, names));
  }

  /** A ticket for a service; encryption type 23 is RC4, 18 is AES. */
  ticket(e: Ends, user: string, service: string, etype: number): Talk {
    const names = { realm: REALM, service };
    return say(this.applications.tcp(e, 88).connect(), [
      ['client', kerberos.framed(kerberos.request(12, { ...names, nonce: this.random.int(1, 9999) }))],
      ['server', kerberos.framed(kerberos.reply(13, { ...names, client: user, etype, length: 900 }))],
    ]).close(true);
  }

  directory(e: Ends, user: string, isWrong: boolean): Talk {
    const base = 'dc=corp,dc=example';
    const t = this.applications.tcp(e, 389).connect();
    say(t, [
      ['client', ldap.simpleBind(1, `cn=${user},${base}`, 'not stored')],
      ['server', ldap.result(1, 0x61, isWrong ? INVALID_CREDENTIALS : 0)],
    ]);
    if (!isWrong)
      say(t, [
        ['client', ldap.search(2, base, 2, ldap.equal('mail', `${user}@corp.example`)), 3],
        ['server', concat(ldap.entry(2, `cn=${user},${base}`), ldap.result(2, 0x65, 0))],
      ]);
    return say(t, [['client', ldap.unbind(3)]]).close(true);
  }

  /** TLS up to 1.2, of which a certificate is seen. `version` and `cipher` are what the server chooses. */
  oldTls(
    e: Ends,
    name: string,
    version: number,
    cipher: number,
    of: { issuer?: string; until?: string },
  ): TcpTalk {
    const flight = serverFlight12(certificate(name, of), this.random).slice();
    // The ServerHello's version, and its cipher behind 32 random bytes and an empty session id.
    flight.set([3, version], 9);
    flight.set([cipher >> 8, cipher & 0xff], 44);
    return say(this.applications.tcp(e, 443).connect(), [
      ['client', clientHello(name, this.random).hello],
      ['server', flight],
      ['client', finished12(this.random, true)],
      ['server', finished12(this.random, false)],
      ['client', concat(hex('17 03'), Uint8Array.of(version), hex('0040'), this.noise(64))],
      ['server', concat(hex('17 03'), Uint8Array.of(version), hex('0400'), this.noise(1024))],
    ]).close(true);
  }

  /** An engineer's machine reads a controller's registers, and writes some. */
  controller(e: Ends): TcpTalk {
    const t = this.applications.tcp(e, 502).connect();
    for (let i = 1; i <= 12; i++) {
      say(t, [
        ['client', modbus(i, 1, '03 006b 0003'), 4],
        ['server', modbus(i, 1, '03 06 022b 0000 0064'), 500],
      ]);
    }
    return say(t, [
      ['client', modbus(20, 1, '06 0010 01f4'), 4],
      ['server', modbus(20, 1, '06 0010 01f4'), 30],
      ['client', modbus(21, 1, '10 0001 0002 04 000a 0102'), 4],
      ['server', modbus(21, 1, '90 02')],
    ]).close(true);
  }

  /** The call that leads to {@link speech}. */
  invite(e: Ends, number: number): Talk {
    const about = { 'Call-ID': `${number}@corp.example`, To: '<sip:desk@branch.corp.example>' };
    const invite = call(1, 'INVITE', about);
    return new UdpTalk(e.client, e.server, 5060, 5060, e.rtt)
      .ask(sip('INVITE sip:desk@branch.corp.example SIP/2.0', invite))
      .answer(sip('SIP/2.0 180 Ringing', invite))
      .wait(3000 * MILLISECOND)
      .answer(sip('SIP/2.0 200 OK', invite))
      .ask(sip('ACK sip:desk@branch.corp.example SIP/2.0', call(1, 'ACK', about)));
  }

  /** Speech in both directions, a packet every 20 ms; of a bad call some are late, some are lost. */
  speech(e: Ends, port: number, packets: number, isBad: boolean): Talk {
    const t = new UdpTalk(e.client, e.server, e.clientPort & ~1, port, e.rtt);
    const source = { true: this.random.u32(), false: this.random.u32() };
    for (let i = 0; i < packets; i++) {
      for (const fromClient of [true, false]) {
        if (isBad && this.random.chance(0.04)) continue;
        const late = isBad ? this.random.int(0, 12) * MILLISECOND : this.random.int(0, 300_000);
        const sound = rtp(i, 160 * i, source[`${fromClient}`]);
        t.step(fromClient, sound, { at: t.now + late + (fromClient ? 0 : 2 * MILLISECOND) });
      }
      t.wait(20 * MILLISECOND);
    }
    t.steps.sort((a, b) => a.at - b.at);
    return t;
  }
}

/** The address that a server gives, or that a client takes of those that servers have offered. */
type Lease = { readonly given: Uint8Array } | { readonly offered: Uint8Array; readonly by: Uint8Array };

/** A DHCP message with more options. */
export function dhcpMessage(type: number, to: Host, id: number, name = '', lease?: Lease): Uint8Array {
  const plain = dhcp(type, to.mac, id);
  if (lease !== undefined && 'given' in lease) plain.set(lease.given, 16);
  const more = name === '' ? hex('33 04 00000e10') : concat(Uint8Array.of(12, name.length), ascii(name));
  const taken =
    lease !== undefined && 'offered' in lease
      ? concat(hex('32 04'), lease.offered, hex('36 04'), lease.by)
      : new Uint8Array(0);
  return concat(plain.subarray(0, -1), more, taken, hex('ff'));
}
