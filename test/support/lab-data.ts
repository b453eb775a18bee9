/** A ClickHouse server with the bundled demo, an ARP request, and ten minutes of two tunnels. */
import { HopRecord } from '../../src/model/hop-record.js';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { PathRecord } from '../../src/model/path-record.js';
import { SessionRecord } from '../../src/model/session-record.js';
import { TunnelRecord } from '../../src/model/tunnel-record.js';
import { ServerStore } from '../../src/store/clickhouse/server.js';
import { HopSegment, PathSegment, SessionSegment, TunnelSegment } from '../../src/store/segment/segments.js';
import { ClickHouseServer } from './clickhouse-server.js';
import { runLine } from './command-lines.js';
import { DEMO_WORDS } from './demo-store.js';

const DATABASE = 'lab';
const MINUTES = 10;

export class LabData {
  private constructor(
    private readonly server: ClickHouseServer,
    /** First and last packet, in seconds since 1970. */
    readonly from: number,
    readonly to: number,
  ) {}

  static async start(): Promise<LabData> {
    const server = await ClickHouseServer.start();
    await server.sql(`CREATE DATABASE ${DATABASE}`);
    const store = `${server.url}/${DATABASE}`;
    const { status, stderr } = await runLine([...DEMO_WORDS, '--store', store]);
    if (status !== 0) throw new Error(stderr);
    const text = await server.sql(
      `SELECT toUnixTimestamp(min(first_seen)), toUnixTimestamp(max(last_seen)) FROM ${DATABASE}.sessions`,
    );
    const [from, to] = text.split('\t').map(Number);
    await storeArp(store, from);
    await storeTunnels(store, Math.floor(from / 60) * 60);
    await storePaths(store, Math.floor(from / 60) * 60);
    return new LabData(server, from, to);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** The rows of a statement. 64-bit numbers are strings. */
  async ask(sql: string): Promise<Record<string, unknown>[]> {
    const answer = await fetch(`${this.server.url}/?database=${DATABASE}&default_format=JSON`, {
      method: 'POST',
      body: sql,
    });
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${body.slice(0, 1000)}\n${sql}`);
    return (JSON.parse(body) as { data: Record<string, unknown>[] }).data;
  }
}

/** A conversation between MAC addresses: every real mirror has one, but the demo has none. */
async function storeArp(location: string, since: number): Promise<void> {
  const mapped = (...ip: number[]): Uint8Array => new Uint8Array([...new Uint8Array(10), 0xff, 0xff, ...ip]);
  const r = new SessionRecord();
  r.point = new MirrorPoint(0, MirrorType.Erspan2, mapped(10, 0, 0, 11), mapped(10, 0, 0, 100), 1, null);
  r.firstSeenSec = r.lastSeenSec = since;
  r.hasMac = true;
  r.clientMac.set([2, 0, 0, 0, 0, 1]);
  r.serverMac.fill(0xff);
  r.etherType = 0x0806;
  r.transport = 'arp';
  r.clientPackets = 1;
  r.clientBytes = 42;
  const segment = new SessionSegment('arp');
  segment.session(r);
  const store = new ServerStore(location);
  try {
    await store.insert('sessions', segment.take(), 'arp', 1);
  } finally {
    await store.close();
  }
}

/** Both ends of a tunnel, as collectors write them: every third minute, one end receives damaged packets. */
async function storeTunnels(location: string, since: number): Promise<void> {
  const store = new ServerStore(location);
  try {
    for (const [end, name] of ['pc-1', 'pc-2'].entries()) {
      const segment = new TunnelSegment(name);
      for (let minute = 0; minute < MINUTES; minute++) {
        const r = new TunnelRecord();
        r.minute = since + 60 * minute;
        r.name = `Tunnel-${end + 1}`;
        r.mode = 'gre';
        r.local.set([0xff, 0xff, 192, 168, 0, 106 + end], 10);
        r.remote.set([0xff, 0xff, 192, 168, 0, 107 - end], 10);
        r.rxPackets = r.txPackets = 60 + minute;
        r.rxBytes = r.txBytes = 84 * r.rxPackets;
        r.rxErrors = r.rxCrcErrors = end === 1 && minute % 3 === 0 ? 4 : 0;
        segment.tunnel(r);
      }
      await store.insert('tunnels', segment.take(), name, MINUTES);
    }
  } finally {
    await store.close();
  }
}

/** Three minutes of a pair across a firewall, with losses, and a conversation that does not get through. */
async function storePaths(location: string, since: number): Promise<void> {
  const store = new ServerStore(location);
  try {
    const paths = new PathSegment('demo');
    for (let minute = 0; minute < 3; minute++) {
      for (const forward of [true, false]) {
        const r = new PathRecord();
        r.minute = since + 60 * minute;
        [r.fromMirror, r.toMirror] = forward ? ['access-1', 'core-1'] : ['core-1', 'access-1'];
        r.sample = 64;
        r.matched = 1000;
        r.lost = forward ? 20 : 1;
        r.delayMinNs = 400_000;
        r.delayP50Ns = 500_000 * (minute + 1);
        r.delayP95Ns = r.delayP99Ns = r.delayMaxNs = 2_000_000 * (minute + 1);
        paths.path(r);
      }
    }
    await store.insert('paths', paths.take(), 'paths', 6);
    const hops = new HopSegment('demo');
    for (const [port, matched, lost] of [
      [443, 500, 3],
      [3389, 0, 9],
    ]) {
      const r = new HopRecord();
      r.firstSeenSec = r.lastSeenSec = since + 10;
      [r.fromMirror, r.toMirror] = ['access-1', 'core-1'];
      r.sample = 64;
      r.clientIp.set([0xff, 0xff, 10, 20, 0, 14], 10);
      r.serverIp.set([0xff, 0xff, 10, 30, 0, 10], 10);
      r.clientPort = 50_000;
      r.serverPort = port;
      r.protocol = 6;
      r.forwardMatched = matched;
      r.forwardLost = lost;
      hops.hop(r);
    }
    await store.insert('hops', hops.take(), 'hops', 2);
  } finally {
    await store.close();
  }
}
