/**
 * Writes a capture of mirrored traffic, the same for the same seed. Hosts at several sites communicate, each
 * site's switch mirrors to the collector, and the capture has what the collector's interface would receive.
 *
 *   --packets N      packets in the capture
 *   --output FILE    the capture (classic pcap, nanoseconds); FILE.json describes the content
 *   --seed N         another network (1)
 *   --mix NAME       plain: ERSPAN II, ERSPAN I and keyed gretap over IPv4, which every peer decodes
 *                    (default); all: ERSPAN III, IPv6 and GRE without Ethernet as well
 *   --loss P         the share of mirrored frames that are lost on the way to the collector (0.001)
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { LinkType } from '../src/model/batch.js';
import { openOutput } from '../src/receive/file/capture-writer.js';
import { PcapWriter } from '../src/receive/file/pcap-writer.js';
import { MirrorSource, type MirrorSourceOptions } from '../test/support/traffic/mirror-source.js';
import { type Conversation, Network } from '../test/support/traffic/network.js';
import { PacketBuilder } from '../test/support/traffic/packet.js';
import { Random } from '../test/support/traffic/random.js';
import type { Step } from '../test/support/traffic/talk.js';
import { buildFrame, buildPacket } from '../test/support/traffic/talk-frames.js';
import { TimeHeap } from '../test/support/traffic/time-heap.js';

/** The content of a generated capture. */
export interface Summary {
  packets: number;
  bytes: number;
  /** Conversations with at least one packet in the capture. */
  sessions: number;
  /** For each mirror: packets in the capture, and the number of losses that sequence numbers reveal. */
  mirrors: { type: string; source: string; session: number; packets: number; lost: number }[];
}

/** 2025-06-02 08:00:00 UTC. */
const START = 1_748_851_200;
/** New conversations per second. */
const ARRIVALS = 600;
const SECOND = 1_000_000_000;

const TARGET = '10.255.0.1';

const PLAIN: MirrorSourceOptions[] = [
  { type: 'erspan2', source: '10.255.1.1', target: TARGET, session: 10, index: 1001 },
  { type: 'erspan2', source: '10.255.1.2', target: TARGET, session: 11, index: 7 },
  { type: 'erspan2', source: '10.255.1.3', target: TARGET, session: 12, index: 523 },
  { type: 'erspan2', source: '10.255.1.3', target: TARGET, session: 13, index: 524 },
  { type: 'erspan1', source: '10.255.1.5', target: TARGET },
  { type: 'gretap', source: '10.255.1.6', target: TARGET, key: 4096, numbered: true },
];

const ALL: MirrorSourceOptions[] = [
  ...PLAIN,
  { type: 'erspan3', source: '10.255.1.7', target: TARGET, session: 20, hardware: 17, direction: 'egress' },
  {
    type: 'erspan3',
    source: '2001:db8:ff::8',
    target: '2001:db8:ff::1',
    session: 21,
    hardware: 3,
    direction: 'ingress',
  },
  { type: 'erspan2', source: '2001:db8:ff::9', target: '2001:db8:ff::1', session: 22, index: 3 },
  { type: 'gre', source: '10.255.1.10', target: TARGET, key: 77 },
];

interface Playing extends Conversation {
  start: number;
  step: number;
  seen: boolean;
}

export interface GenerateOptions {
  packets: number;
  output: string;
  seed?: number;
  mix?: 'plain' | 'all';
  loss?: number;
  /** Called for every packet written. */
  watch?: (conversation: Conversation, step: Step, mirror: MirrorSource) => void;
}

export async function generate(options: GenerateOptions): Promise<Summary> {
  const { packets, output, seed = 1, mix = 'plain', loss = 0.001, watch } = options;
  const mirrors = (mix === 'all' ? ALL : PLAIN).map((o) => new MirrorSource(o));
  const network = new Network(seed, mirrors.length);
  const random = new Random(seed + 1);
  const writer = new PcapWriter(await openOutput(output), LinkType.Ethernet);
  const builder = new PacketBuilder();
  const playing = new TimeHeap<Playing>();
  const summary: Summary = { packets: 0, bytes: 0, sessions: 0, mirrors: [] };
  let arrival = 0;
  while (summary.packets < packets) {
    while (arrival <= playing.next) {
      const conversation = network.next();
      playing.push(arrival, { ...conversation, start: arrival, step: 0, seen: false });
      arrival += random.int(0, (2 * SECOND) / ARRIVALS);
    }
    const at = playing.next;
    const playingNow = playing.pop()!;
    const { talk, site, vlans } = playingNow;
    const step = talk.steps[playingNow.step++]!;
    const following = talk.steps[playingNow.step];
    if (following !== undefined) playing.push(playingNow.start + following.at, playingNow);

    const mirror = mirrors[site]!;
    if (random.chance(loss)) {
      mirror.lose();
      continue;
    }
    if (mirror.options.type === 'gre') buildPacket(builder, talk, step);
    else buildFrame(builder, talk, step, vlans);
    mirror.wrap(builder);
    writer.packet(START + Math.floor(at / SECOND), at % SECOND, builder.bytes, builder.start, builder.length);
    if (writer.full) await writer.flush();
    if (!playingNow.seen) summary.sessions++;
    playingNow.seen = true;
    watch?.(playingNow, step, mirror);
    summary.packets++;
    summary.bytes += builder.length;
  }
  await writer.close();
  summary.mirrors = mirrors.map(({ options: o, packets: n, lost }) => ({
    type: o.type,
    source: o.source,
    session: o.session ?? 0,
    packets: n,
    lost,
  }));
  return summary;
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const { values } = parseArgs({
    options: {
      packets: { type: 'string' },
      output: { type: 'string' },
      seed: { type: 'string', default: '1' },
      mix: { type: 'string', default: 'plain' },
      loss: { type: 'string', default: '0.001' },
    },
  });
  if (values.packets === undefined || values.output === undefined) {
    process.stderr.write('generate.ts: --packets N and --output FILE say what to write\n');
    process.exit(2);
  }
  const summary = await generate({
    packets: Number(values.packets),
    output: values.output,
    seed: Number(values.seed),
    mix: values.mix === 'all' ? 'all' : 'plain',
    loss: Number(values.loss),
  });
  writeFileSync(`${values.output}.json`, `${JSON.stringify(summary, null, 2)}\n`);
}
