/** Whole conversations of well-known applications, from a random number generator. */
import { certificate } from './certificates.js';
import { clientHello, finished12, quicHandshake, serverFlight12 } from './hellos.js';
import type { Host } from './host.js';
import {
  concat,
  dnsQuery,
  dnsResponse,
  httpRequest,
  httpResponse,
  MYSQL_OK,
  mysqlLogin,
  mysqlQuery,
  mysqlResult,
  ntp,
  quicData,
  rtp,
  SSH_CLIENT_BANNER,
  SSH_SERVER_BANNER,
  smb2,
  smb2Negotiate,
  sshKexInit,
  syslog,
  tlsData,
  tlsServerHello,
} from './payloads.js';
import type { Random } from './random.js';
import { PingTalk, type Talk, UdpTalk } from './talk.js';
import { TcpTalk } from './tcp-talk.js';

/** The two ends, and the delay between them. */
export interface Ends {
  client: Host;
  server: Host;
  clientPort: number;
  /** Nanoseconds from the mirror to the server and back. */
  rtt: number;
}

/**
 * Encrypted and binary payloads are cut from one block of random bytes, because generating new ones is slow.
 */
const BLOCK = 1 << 20;

export class Applications {
  private readonly block = new Uint8Array(BLOCK);

  /** @param entropy the random bytes that the block repeats: with fewer, a capture compresses better */
  constructor(
    private readonly random: Random,
    entropy = BLOCK,
  ) {
    const bytes = random.bytes(entropy);
    for (let o = 0; o < BLOCK; o += entropy) this.block.set(bytes.subarray(0, BLOCK - o), o);
  }

  private noise(length: number): Uint8Array {
    const n = Math.min(length, BLOCK);
    const o = this.random.int(0, BLOCK - n);
    return this.block.subarray(o, o + n);
  }

  tcp(e: Ends, port: number): TcpTalk {
    const isn = { client: this.random.u32(), server: this.random.u32() };
    return new TcpTalk(e.client, e.server, e.clientPort, port, e.rtt, isn);
  }

  /** Requests over one connection. Sometimes, a segment is lost and retransmitted. */
  http(e: Ends, name: string, size: number, requests = 1): TcpTalk {
    const t = this.tcp(e, 80).connect();
    for (let i = 0; i < requests; i++) {
      t.send(true, httpRequest(name, `/${i}/${this.random.int(1, 9999)}`));
      t.send(
        false,
        httpResponse(this.noise(Math.ceil(size / requests)), '200 OK', 'application/octet-stream'),
      );
      if (this.random.chance(0.05)) t.retransmit(false);
      t.wait(this.random.int(1, 400) * 1_000_000);
    }
    return t.close(this.random.chance(0.7));
  }

  tls(e: Ends, name: string, size: number, records = 1, port = 443): TcpTalk {
    const t = this.tcp(e, port).connect();
    const { hello, isTls12 } = clientHello(name, this.random);
    t.send(true, hello);
    if (isTls12) {
      t.send(false, serverFlight12(certificate(name), this.random));
      t.send(true, finished12(this.random, true)).send(false, finished12(this.random, false));
    } else {
      t.send(false, tlsServerHello(this.random, 2400));
      t.send(true, tlsData(this.noise(80)));
    }
    for (let i = 0; i < records; i++) {
      t.send(true, tlsData(this.noise(this.random.int(60, 600))));
      t.send(false, tlsData(this.noise(Math.ceil(size / records))));
      if (this.random.chance(0.03)) t.retransmit(this.random.chance(0.3));
      t.wait(this.random.int(1, 900) * 1_000_000);
    }
    return this.random.chance(0.15) ? t.rst(this.random.chance(0.6)) : t.close(this.random.chance(0.6));
  }

  /** Keystrokes and screen output. */
  ssh(e: Ends, keys: number): TcpTalk {
    const t = this.tcp(e, 22).connect().send(false, SSH_SERVER_BANNER).send(true, SSH_CLIENT_BANNER);
    t.send(true, sshKexInit(this.random)).send(false, sshKexInit(this.random)).send(true, this.noise(400));
    for (let i = 0; i < keys; i++) {
      t.wait(this.random.int(20, 250) * 1_000_000);
      t.send(true, this.noise(36)).send(false, this.noise(this.random.int(36, 200)));
    }
    return t.close(true);
  }

  smb(e: Ends, size: number): TcpTalk {
    const t = this.tcp(e, 445).connect();
    t.send(true, smb2Negotiate(this.random)).send(false, smb2Negotiate(this.random, true));
    for (let sent = 0, id = 1; sent < size; sent += 65_536, id++) {
      const data = this.noise(Math.min(65_536, size - sent));
      t.send(true, smb2(8, id, new Uint8Array(49), false));
      t.send(false, smb2(8, id, concat(new Uint8Array(16), data), true));
    }
    return t.close(true);
  }

  /** First a greeting, then statements and rows. */
  database(e: Ends, port: number, greeting: Uint8Array, statements: number): TcpTalk {
    const t = this.tcp(e, port)
      .connect()
      .send(false, greeting)
      .send(true, mysqlLogin(this.random))
      .send(false, MYSQL_OK);
    for (let i = 0; i < statements; i++) {
      const columns = Array.from({ length: this.random.int(1, 8) }, (_, c) => `o.column_${c}`).join(', ');
      t.send(true, mysqlQuery(`SELECT ${columns} FROM orders o WHERE o.id = ${this.random.int(1, 99_999)}`));
      t.send(false, mysqlResult(this.random.int(0, 40), this.random.int(10, 60)));
      t.wait(this.random.int(1, 60) * 1_000_000);
    }
    return t.close(true);
  }

  refused(e: Ends, port: number): TcpTalk {
    return this.tcp(e, port).syn().wait(e.rtt).rst(false);
  }

  /** A SYN without an answer, retransmitted after one second and after two more. */
  unanswered(e: Ends, port: number): TcpTalk {
    const t = this.tcp(e, port).syn();
    const syn = t.steps[0]!;
    for (const seconds of [1, 3]) t.steps.push({ ...syn, at: seconds * 1_000_000_000, retransmit: true });
    return t;
  }

  dns(e: Ends, name: string, address: Uint8Array | null): Talk {
    const id = this.random.int(0, 65_535);
    const t = new UdpTalk(e.client, e.server, e.clientPort, 53, e.rtt);
    t.ask(dnsQuery(id, name, address?.length === 16 ? 28 : 1));
    return this.random.chance(0.02) ? t : t.answer(dnsResponse(id, name, address));
  }

  ntp(e: Ends): Talk {
    return new UdpTalk(e.client, e.server, 123, 123, e.rtt)
      .ask(ntp(3, this.random))
      .answer(ntp(4, this.random));
  }

  syslog(e: Ends, name: string, messages: number): Talk {
    const t = new UdpTalk(e.client, e.server, e.clientPort, 514, e.rtt);
    for (let i = 0; i < messages; i++) {
      t.step(true, syslog(name, `sshd[${this.random.int(300, 32_000)}]: Accepted publickey for deploy`));
      t.wait(this.random.int(5, 900) * 1_000_000);
    }
    return t;
  }

  quic(e: Ends, name: string, size: number): Talk {
    const t = new UdpTalk(e.client, e.server, e.clientPort, 443, e.rtt);
    const { asks, answer } = quicHandshake(name, this.random);
    for (const ask of asks) t.step(true, ask);
    t.wait(t.rtt).answer(answer);
    for (let sent = 0; sent < size; sent += 4 * 1200) {
      for (let i = 0; i < 4 && sent + i * 1200 < size; i++) {
        t.step(false, quicData(this.noise(1200)));
        t.wait(15_000);
      }
      t.step(true, quicData(this.noise(41)));
      t.wait(this.random.int(1, 30) * 1_000_000);
    }
    return t;
  }

  ping(e: Ends, count: number, answered: number): Talk {
    return new PingTalk(e.client, e.server, e.clientPort, e.rtt).ping(count, this.noise(56), answered);
  }

  /** Real-time audio: 172 bytes in each direction every 20 ms. */
  rtp(e: Ends, port: number, packets: number): Talk {
    const t = new UdpTalk(e.client, e.server, e.clientPort, port, e.rtt);
    const sources = [this.random.u32(), this.random.u32()] as const;
    for (let i = 0; i < packets; i++) {
      t.step(true, rtp(i, sources[0], this.noise(160)));
      t.step(false, rtp(i, sources[1], this.noise(160)), { at: t.now + 7_000_000 });
      t.wait(20_000_000);
    }
    return t;
  }
}
