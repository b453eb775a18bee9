/** The traffic of the bundled demo: ten minutes of a small company, as its switches mirror them. */
import { Applications, type Ends } from '../test/support/traffic/applications.js';
import { behind, type Host, host } from '../test/support/traffic/host.js';
import { MirrorSource } from '../test/support/traffic/mirror-source.js';
import { Random } from '../test/support/traffic/random.js';
import { Scene, SECOND } from '../test/support/traffic/scene.js';
import { type Talk, UdpTalk } from '../test/support/traffic/talk.js';
import type { TcpTalk } from '../test/support/traffic/tcp-talk.js';
import { dhcpMessage, Talks } from './demo-talks.js';

const MINUTES = 10;
const MILLISECOND = 1_000_000;
const COLLECTOR = '10.0.0.100';

const router = host('10.20.0.1', '02:20:00:00:00:01', 255);
const branchRouter = host('10.50.0.1', '02:50:00:00:00:01', 255);

const numbered = (count: number, make: (n: number) => Host) =>
  Array.from({ length: count }, (_, n) => make(n));
const mac = (net: number, n: number) => `02:${net}:00:00:00:${n.toString(16).padStart(2, '0')}`;

/** The office, the data centre, and a remote branch. */
const users = numbered(24, (n) => host(`10.20.0.${11 + n}`, mac(20, 11 + n)));
const users6 = numbered(6, (n) => host(`2001:db8:20::${n + 11}`, mac(20, 11 + n)));
const phones = numbered(6, (n) => host(`10.20.0.${90 + n}`, mac(20, 90 + n)));
const branch = numbered(8, (n) => host(`10.50.0.${11 + n}`, mac(50, 11 + n)));
const server = (n: number) => host(`10.30.0.${n}`, mac(30, n));
const directory = server(5);
const files = server(10);
const database = server(20);
const intranet = server(30);
const git = server(31);
const mail = server(25);
const monitoring = server(40);
const crm = behind(router, '203.0.113.80', 49);
const clouds = numbered(14, (n) => behind(router, `198.51.100.${10 + 7 * n}`, 52));
/** It is near, but slow. */
const slowCloud = clouds[7]!;
const clouds6 = numbered(4, (n) => behind(router, `2001:db8:cd::${n + 1}`, 55));
const controller = host('10.50.0.200', mac(50, 200));
const printer = server(60);
const camera = server(61);
const everyone = host('255.255.255.255', 'ff:ff:ff:ff:ff:ff');

/** The names of the clouds, and of the users at their machines. */
const CLOUDS =
  'www.example.net api.example.net cdn.example.net mail.example.net www.example.org docs.example.org ' +
  'static.example.org login.example.org shop.example.com news.example.com maps.example.com ' +
  'chat.example.com media.example.com updates.example.com';
const CLOUD_NAMES = CLOUDS.split(' ');
const USERS = 'ann ben carla dan eva finn gina hugo ines jan kim leo mia nils olga paul'.split(' ');
const nameOf = (cloud: Host): string => CLOUD_NAMES[clouds.indexOf(cloud)]!;
const userAt = (h: Host): string => USERS[h.ip.at(-1)! % USERS.length]!;

/**
 * The access switch mirrors the users' VLAN, the data centre's leaf its servers, and the branch's router
 * everything.
 */
const access = new MirrorSource({
  type: 'erspan2',
  source: '10.0.0.11',
  target: COLLECTOR,
  session: 1,
  index: 24,
});
const leaf = new MirrorSource({
  type: 'erspan3',
  source: '10.0.0.12',
  target: COLLECTOR,
  session: 2,
  hardware: 1,
  direction: 'ingress',
  securityGroup: 30,
});
const branchMirror = new MirrorSource({
  type: 'gretap',
  source: '10.0.0.50',
  target: COLLECTOR,
  key: 300,
  numbered: true,
});

const random = new Random(20_250_602);
/** The mirrors are near the clients: what an answer takes is the way to the server, and the server's time. */
class NearClients extends Applications {
  override tcp(e: Ends, port: number): TcpTalk {
    const t = super.tcp(e, port);
    const thinks = e.server === slowCloud ? 240 * MILLISECOND : 200_000;
    t.pace = {
      acknowledges: { client: 60_000, server: e.rtt },
      sends: { client: 200_000, server: thinks },
    };
    return t;
  }
}

const applications = new NearClients(random, 509);
const talks = new Talks(random, applications);
const ports = new Map<Host, number>();

function ends(client: Host, to: Host, rtt: number): Ends {
  const clientPort = (ports.get(client) ?? 49_151) + 1;
  ports.set(client, clientPort);
  return { client, server: to, clientPort, rtt };
}

/** A random time to the server and back, around this many microseconds. */
const about = (microseconds: number) => random.int(700, 1600) * microseconds;

/** The next conversation of a user's machine. */
function userTalk(client: Host): Talk {
  const a = applications;
  const near = (to: Host) => ends(client, to, about(300));
  const far = (to: Host) => ends(client, to, about(18_000));
  const x = random.int(0, 99);
  const cloud = random.pick(clouds);
  if (x < 24) return a.dns(near(directory), nameOf(cloud), cloud.ip);
  if (x < 26) return a.dns(near(directory), 'git.corp.example', git.ip);
  if (x < 28) return a.dns(near(directory), 'files.corp.example', files.ip);
  if (x < 32) return a.dns(near(directory), 'wpad.corp.example', null);
  if (x < 58) return a.tls(far(cloud), nameOf(cloud), random.doubling(800, 40_000, 0.6), random.int(1, 4));
  if (x < 64)
    return a.tls(ends(client, crm, about(310_000)), 'crm.example.com', random.doubling(2000, 9000, 0.5), 2);
  if (x < 74) return a.http(near(intranet), 'intranet.corp.example', random.doubling(900, 20_000, 0.5), 2);
  if (x < 80) return talks.files(near(files), userAt(client), random.doubling(8000, 120_000, 0.5));
  if (x < 84) return talks.ssh(near(git), random.int(4, 30));
  if (x < 88) return a.quic(far(cloud), nameOf(cloud), random.doubling(2400, 60_000, 0.5));
  if (x < 91) return a.refused(near(intranet), 8443);
  if (x < 94) return a.ping(near(directory), 3, 3);
  return a.unanswered(far(cloud), 5223);
}

function user6Talk(client: Host): Talk {
  const e = ends(client, random.pick(clouds6), about(14_000));
  return random.chance(0.7)
    ? applications.tls(e, 'www.example.org', random.doubling(900, 30_000, 0.6), 2)
    : applications.quic(e, 'media.example.org', random.doubling(2400, 20_000, 0.5));
}

/** The branch is 45 ms away, over a link that loses segments. */
function branchTalk(client: Host): Talk {
  const e = (to: Host) => ends(client, to, about(45_000));
  const x = random.int(0, 9);
  if (x < 3) return applications.dns(e(directory), 'files.corp.example', files.ip);
  if (x < 7) {
    const talk = applications.http(e(intranet), 'intranet.corp.example', random.doubling(4000, 40_000, 0.6));
    return random.chance(0.5)
      ? talk
      : talks
          .files(e(files), userAt(client), random.doubling(20_000, 80_000, 0.5))
          .retransmit(false, 300 * MILLISECOND);
  }
  return applications.tls(e(mail), 'mail.corp.example', random.doubling(2000, 30_000, 0.5), 2, 993);
}

/** Conversations among servers. */
function serverTalk(): Talk {
  const e = (client: Host, to: Host) => ends(client, to, about(90));
  const x = random.int(0, 9);
  if (x < 5) return talks.statements(e(intranet, database), random.int(2, 14));
  if (x < 7)
    return applications.syslog(e(random.pick([files, git, mail]), monitoring), 'srv', random.int(1, 6));
  if (x < 8) return talks.snmp(e(monitoring, random.pick([files, git])));
  if (x < 9) return talks.mail(e(mail, behind(router, '198.51.100.25')));
  return applications.ping(e(monitoring, database), 2, random.chance(0.8) ? 2 : 0);
}

/** A machine asks for an address by DHCP, and is given one. */
function welcome(scene: Scene, user: Host, at: number): void {
  const id = random.int(1, 9999);
  const nobody = { ...user, ip: new Uint8Array(4), address: '0.0.0.0' };
  const name = `${userAt(user)}-laptop`;
  const asks = new UdpTalk(nobody, everyone, 68, 67)
    .ask(dhcpMessage(1, user, id, name))
    .ask(dhcpMessage(3, user, id, name, { offered: user.ip, by: directory.ip }));
  const answers = new UdpTalk(directory, everyone, 67, 68)
    .ask(dhcpMessage(2, user, id, '', { given: user.ip }))
    .ask(dhcpMessage(5, user, id, '', { given: user.ip }));
  seen(scene, asks, at, [access]);
  seen(scene, answers, at + 500_000, [access]);
}

/** A user logs on, and gets a ticket for the file server. */
function logOn(scene: Scene, client: Host, at: number): void {
  const user = userAt(client);
  const e = () => ends(client, directory, about(300));
  const isWrong = random.chance(0.2);
  seen(scene, talks.logon(e(), user, isWrong), at, [access]);
  if (isWrong) seen(scene, talks.logon(e(), user, false), at + 6 * SECOND, [access]);
  seen(scene, talks.ticket(e(), user, 'cifs/files.corp.example', 18), at + 8 * SECOND, [access]);
  seen(scene, talks.directory(e(), user, random.chance(0.1)), at + 9 * SECOND, [access]);
}

/** What happens a few times only. */
function few(scene: Scene): void {
  for (let i = 0; i < 14; i++) {
    const talk = talks.intranet(ends(random.pick(users), intranet, about(300)));
    seen(scene, talk, (20 + 40 * i) * SECOND, [access]);
  }
  for (let i = 0; i < 3; i++) {
    const e = (to: Host) => ends(random.pick(users), to, about(300));
    const at = (30 + 170 * i) * SECOND;
    // TLS 1.0 with 3DES, and TLS 1.2; versions as in the ServerHello.
    const own = { issuer: 'printer.corp.example' };
    seen(scene, talks.oldTls(e(printer), 'printer.corp.example', 1, 0x000a, own), at, [access]);
    const short = { until: '250615000000Z' };
    seen(scene, talks.oldTls(e(camera), 'camera.corp.example', 3, 0xc02f, short), at + SECOND, [access]);
    const engineer = ends(branch[1]!, controller, about(2000));
    seen(scene, talks.controller(engineer), at + 2 * SECOND, [branchMirror]);
    const phone = ends(phones[i]!, branchRouter, about(45_000));
    seen(scene, talks.invite(phone, 4700 + i), at + 3 * SECOND, [access]);
  }
  // The machine that scans also asks for tickets of services, in RC4, to guess their passwords.
  const scanner = users[17]!;
  for (const [i, service] of ['MSSQLSvc/db.corp.example:1433', 'HTTP/intranet.corp.example'].entries()) {
    const e = ends(scanner, directory, about(300));
    seen(scene, talks.ticket(e, userAt(scanner), service, 23), (320 + i) * SECOND, [access]);
  }
}

/** One machine scans the ports of the file server and its neighbours. */
function scan(scene: Scene): void {
  const scanner = users[17]!;
  for (let port = 1; port <= 120; port++) {
    const to = random.pick([files, database, intranet, git]);
    const open = random.chance(0.04);
    const e = ends(scanner, to, about(300));
    const talk = open
      ? applications.tcp(e, port).connect().rst(true)
      : random.chance(0.7)
        ? applications.refused(e, port)
        : applications.tcp(e, port).syn();
    seen(scene, talk, 300 * SECOND + port * 40 * MILLISECOND, [access, leaf]);
  }
}

/** Plays a talk through the mirrors that see it. The leaf's path to the collector is congested at times. */
function seen(scene: Scene, talk: Talk, at: number, mirrors: MirrorSource[]): void {
  for (const mirror of mirrors) {
    const busy = Math.floor(at / (20 * SECOND)) % 5 === 2;
    const chance = mirror === leaf && busy ? 0.12 : 0;
    const lose = talk.steps.flatMap((_, i) => (random.chance(chance) ? [i] : []));
    const vlans = mirror === access ? [20] : mirror === leaf ? [30] : [];
    scene.play(talk, mirror, { at: at + (mirror === leaf ? 40_000 : 0), vlans, lose, row: null });
  }
}

const isServer = (h: Host) => h.address.startsWith('10.30.');

/** Generates conversations until the end of the demo, `everyMs` apart on average. */
function busy(
  scene: Scene,
  everyMs: number,
  talk: () => Talk,
  mirrors: (talk: Talk) => MirrorSource[],
): void {
  for (
    let at = random.int(0, 5000) * MILLISECOND;
    at < MINUTES * 60 * SECOND;
    at += random.int(1, 2 * everyMs) * MILLISECOND
  ) {
    const next = talk();
    seen(scene, next, at, mirrors(next));
  }
}

export function demoScene(): { scene: Scene; mirrors: MirrorSource[] } {
  const scene = new Scene();
  busy(
    scene,
    1050,
    () => userTalk(random.pick(users)),
    (t) => (isServer(t.server) ? [access, leaf] : [access]),
  );
  busy(
    scene,
    4000,
    () => user6Talk(random.pick(users6)),
    () => [access],
  );
  busy(
    scene,
    6000,
    () => branchTalk(random.pick(branch)),
    () => [branchMirror],
  );
  busy(scene, 3000, serverTalk, () => [leaf]);
  busy(
    scene,
    60_000,
    () =>
      talks.speech(
        ends(random.pick(phones), branchRouter, about(45_000)),
        16_400,
        random.int(100, 250),
        random.chance(0.3),
      ),
    () => [access],
  );
  for (const phone of phones)
    seen(scene, applications.ntp(ends(phone, directory, about(300))), random.int(0, 500) * SECOND, [
      access,
      leaf,
    ]);
  for (const user of users.slice(0, 5)) welcome(scene, user, random.int(0, 60) * SECOND);
  for (const user of users) logOn(scene, user, random.int(1, 500) * SECOND);
  few(scene);
  scan(scene);
  return { scene, mirrors: [access, leaf, branchMirror] };
}
