/**
 * A ring worker: it reads its rings, blocking in poll, and takes the packets all the way to segments. It
 * never runs its event loop: it looks for messages when its wake descriptor is readable.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { dropCapabilities } from '../../linux/capabilities.js';
import { clearEvent } from '../../linux/event.js';
import { POLLERR, POLLIN, PollSet } from '../../linux/poll.js';
import { clearSocketError } from '../../linux/socket.js';
import { PacketBatch } from '../../model/batch.js';
import { ObservationLog } from '../../paths/observation-log.js';
import { Ring } from '../../receive/ring.js';
import { XdpRing } from '../../receive/xdp.js';
import { Channel } from '../../threads/channel.js';
import { PortTransport } from '../../threads/transport.js';
import { PacketPath } from '../packet-path.js';
import { SegmentPort, Waiting } from '../store/segment-port.js';
import type { RingCounts, RingData, RingMainSide, RingWorkerData, RingWorkerSide } from './ring-dialect.js';

/** Milliseconds between two ticks, and between two snapshots. */
const TICK_MS = 100;
const SNAPSHOT_MS = 500;
/**
 * After reading its rings empty, a worker lets packets gather instead of being woken for every block: for at
 * most this long, and no longer than they take to fill a part of the smallest ring at 10 Gbit/s, or at the
 * most packets that one processor of the kernel's receives.
 */
const GATHER_MS = 8;
const BYTES_A_MS = 1.25e6;
const PACKETS_A_MS = 2000;
const GATHER_PART = 4;
/** Batches read from one ring before it is the next one's turn. */
const TURN = 64;

const data = workerData as RingWorkerData;
const batch = new PacketBatch();
const segments = new SegmentPort(data.store, new Waiting(data.waiting));
const path = new PacketPath(data.path, {
  segment: (table, bytes, rows) => segments.send(table, bytes, rows),
  minute: (counts) => main.tell('minute', counts),
  ...(data.observations && { paths: new ObservationLog(data.observations) }),
  live: {
    rows: (rows) => main.tell('rows', rows, [rows.bytes.buffer]),
    open: (rows) => main.tell('open', rows, [rows.bytes.buffer]),
    frames: (frames) => main.tell('frames', frames),
  },
});

// The main thread opens the sockets. It shares its memory with this thread, so this is hardening, not a wall.
dropCapabilities();

const wake = new PollSet(1);
wake.add(data.wake, POLLIN);

interface Reading {
  readonly data: RingData;
  readonly ring: Ring | XdpRing;
}
let reading: Reading[] = [];
let polls = new PollSet(1);
let gatherMs = 0;
/** Answers that everything has ended; undefined until that is asked for. */
let finished: ((counts: RingCounts) => void) | undefined;

const asked = new PortTransport(parentPort!, true);
const main = new Channel<RingWorkerSide, RingMainSide>(asked, {
  asks: {
    empty: () => {
      setRings([]);
      return undefined;
    },
    finish: () =>
      new Promise((resolve) => {
        finished = resolve;
      }),
  },
  tells: {
    rings: setRings,
    rules: (rules) => path.setRules(rules),
    knowledge: (knowledge) => path.setKnowledge(knowledge),
    marker: (marker) => path.marker(marker),
    showRows: (share) => path.showRows(share),
    findOpen: (by) => path.findOpen(by),
    watch: (watches) => path.watch(watches),
  },
});

function setRings(rings: readonly RingData[]): void {
  const kept = reading.filter((r) => rings.some((d) => d.fd === r.data.fd));
  for (const r of reading.filter((r) => !kept.includes(r))) {
    // Packets that the kernel wrote before the interface disappeared are still valid.
    while (r.ring.fill(batch)) path.process(batch, r.data.span);
    r.ring.close();
    main.tell('released', r.data.fd);
  }
  const added = rings.filter((d) => !kept.some((r) => r.data.fd === d.fd));
  reading = [...kept, ...added.map((d) => ({ data: d, ring: ringOf(d) }))];
  const least = Math.min(...reading.map((r) => fillsWithin(r.data)));
  gatherMs = Math.min(GATHER_MS, Math.floor(least / GATHER_PART));
  polls = new PollSet(1 + reading.length);
  polls.add(data.wake, POLLIN);
  for (const r of reading) polls.add(r.data.fd, POLLIN);
}

function ringOf({ fd, shape, linkType, number, hasMac }: RingData): Ring | XdpRing {
  if ('entries' in shape) return new XdpRing(fd, shape, linkType, number);
  return new Ring(fd, shape, linkType, number, hasMac);
}

/** Milliseconds in which a ring is full, at the highest rate. */
function fillsWithin({ shape }: RingData): number {
  if ('entries' in shape) return shape.entries / PACKETS_A_MS;
  return (shape.blockSize * shape.blocks) / BYTES_A_MS;
}

function counts(): RingCounts {
  return { snapshot: path.snapshot(), changes: path.changes() };
}

function takeMessages(): void {
  clearEvent(data.wake);
  asked.drain();
}

/** Reads some packets of every ring. @returns whether there were any */
function read(): boolean {
  let any = false;
  for (let i = 0; i < reading.length; i++) {
    for (let n = 0; n < TURN && reading[i].ring.fill(batch); n++) {
      path.process(batch, reading[i].data.span);
      any = true;
    }
  }
  return any;
}

/** Lets packets gather after a burst; messages are still handled at once. */
function gather(): void {
  if (gatherMs > 0 && wake.wait(gatherMs) !== 0) takeMessages();
}

function wait(): void {
  if (polls.wait(TICK_MS) === 0) return;
  if (polls.events(0) !== 0) takeMessages();
  for (let i = 0; i < reading.length; i++) {
    // The interface went down. Reading the error clears it, and the socket waits for the interface to come
    // up.
    if ((polls.events(1 + i) & POLLERR) !== 0) clearSocketError(reading[i].data.fd);
  }
}

function run(): void {
  let ticked = 0;
  let told = 0;
  let before = false;
  polls.add(data.wake, POLLIN);
  while (finished === undefined) {
    const taken = path.takeOver();
    const busy = read() || taken;
    const now = Date.now();
    if (now - ticked >= TICK_MS || now < ticked) {
      path.tick(now, busy);
      ticked = now;
      // A worker that is never idle must still read its messages.
      if (busy) takeMessages();
      if (now - told >= SNAPSHOT_MS || now < told) {
        main.tell('counts', counts());
        told = now;
      }
    }
    // Until what was asked for is found, it does not wait: packets come in between all the same.
    if (!path.step() && !busy) {
      if (before) gather();
      else wait();
    }
    before = busy;
  }
  setRings([]);
  path.takeOver();
  path.finish();
  finished(counts());
}

run();
