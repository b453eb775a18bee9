/**
 * A company's network, big enough for measurements: sites, hosts, and what they say to each other all day.
 */
import { Applications, type Ends } from './applications.js';
import { behind, type Host, host } from './host.js';
import { MYSQL_GREETING } from './payloads.js';
import { Random } from './random.js';
import type { Talk } from './talk.js';

export interface Conversation {
  talk: Talk;
  /** The site whose mirror sees it, from 0. */
  site: number;
  /** VLAN ids of its frames, outermost first. */
  vlans: number[];
}

const CLIENTS = 400;
const SERVERS = 30;
const ABROAD = 600;
/** One host in six uses IPv6. */
const IPV6_EVERY = 6;
const MILLISECOND = 1_000_000;

interface Site {
  vlans: number[];
  clients: Host[];
  servers: Host[];
  abroad: Host[];
}

export class Network {
  private readonly random: Random;
  private readonly applications: Applications;
  private readonly sites: Site[];
  private readonly ports = new Map<Host, number>();
  private readonly pinged = new Set<string>();

  constructor(seed: number, sites: number) {
    this.random = new Random(seed);
    this.applications = new Applications(this.random);
    this.sites = Array.from({ length: sites }, (_, n) => this.site(n));
  }

  private site(n: number): Site {
    const mac = (kind: number, i: number) =>
      `02:${hex2(n)}:${hex2(kind)}:00:${hex2(i >> 8)}:${hex2(i & 255)}`;
    const inside = (kind: number, i: number) =>
      i % IPV6_EVERY === 0
        ? host(`2001:db8:${n}:${kind}::${(i + 1).toString(16)}`, mac(kind, i))
        : host(`10.${n}.${kind + (i >> 8)}.${i & 255}`, mac(kind, i));
    const router = host(`10.${n}.0.254`, mac(254, 0));
    return {
      vlans: n % 3 === 2 ? [] : [100 + n],
      clients: Array.from({ length: CLIENTS }, (_, i) => inside(16, i)),
      servers: Array.from({ length: SERVERS }, (_, i) => inside(200, i)),
      abroad: Array.from({ length: ABROAD }, (_, i) =>
        i % IPV6_EVERY === 0
          ? behind(router, `2001:db8:ffff:${(i + 1).toString(16)}::50`)
          : behind(router, `198.${18 + (i & 1)}.${i >> 8}.${i & 255}`),
      ),
    };
  }

  /** The next conversation. No two have the same addresses and ports. */
  next(): Conversation {
    const n = this.random.int(0, this.sites.length - 1);
    const site = this.sites[n]!;
    const client = this.random.pick(site.clients);
    return { talk: this.talk(client, site), site: n, vlans: site.vlans };
  }

  private ends(client: Host, servers: Host[], rtt: number): Ends {
    const family = client.ip.length;
    let server = this.random.pick(servers);
    while (server.ip.length !== family) server = this.random.pick(servers);
    const clientPort = this.ports.get(client) ?? 32_768;
    this.ports.set(client, clientPort === 60_999 ? 32_768 : clientPort + 1);
    return { client, server, clientPort, rtt };
  }

  /** Two ends that have not pinged each other yet: echoes have no ports that distinguish conversations. */
  private notPinged(draw: () => Ends): Ends {
    for (;;) {
      const ends = draw();
      const pair = `${ends.client.address} ${ends.server.address}`;
      if (this.pinged.has(pair)) continue;
      this.pinged.add(pair);
      return ends;
    }
  }

  private talk(client: Host, site: Site): Talk {
    const r = this.random;
    const a = this.applications;
    const near = () => this.ends(client, site.servers, r.int(100, 2000) * 1000);
    const far = () => this.ends(client, site.abroad, r.int(8, 180) * MILLISECOND);
    const name = `host-${r.int(1, 999)}.example.net`;
    const x = r.int(0, 999);
    if (x < 300) return a.dns(near(), name, r.chance(0.1) ? null : r.bytes(r.chance(0.3) ? 16 : 4));
    if (x < 660) return a.tls(far(), name, r.doubling(600, 900_000, 0.6), r.int(1, 5));
    if (x < 760) return a.http(near(), name, r.doubling(600, 800_000, 0.55), r.int(1, 4));
    if (x < 785) return a.ssh(near(), r.int(3, 60));
    if (x < 805) return a.smb(near(), r.doubling(4000, 1_000_000, 0.5));
    if (x < 840) return a.database(near(), 3306, MYSQL_GREETING, r.int(1, 40));
    if (x < 890) return a.quic(far(), name, r.doubling(1200, 300_000, 0.5));
    if (x < 930) return a.refused(near(), r.int(1, 1024));
    if (x < 955) return a.unanswered(far(), r.pick([22, 23, 445, 3389, 8080]));
    if (x < 975) return a.syslog(near(), 'web-7', r.int(1, 30));
    if (x < 995) return a.ping(this.notPinged(near), r.int(1, 5), r.int(0, 5));
    return a.rtp(near(), r.int(10_000, 20_000) & ~1, r.int(20, 400));
  }
}

function hex2(n: number): string {
  return n.toString(16).padStart(2, '0');
}
