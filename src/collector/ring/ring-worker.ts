/**
 * A ring worker: reads its rings, blocking in poll, and takes the packets all the way to segments. It never turns
 * its event loop: messages are looked for when its wake descriptor says so.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { dropCapabilities } from '../../linux/capabilities.js';
import { clearEvent } from '../../linux/event.js';
import { POLLERR, POLLIN, PollSet } from '../../linux/poll.js';
import { clearSocketError } from '../../linux/socket.js';
import { PacketBatch } from '../../model/batch.js';
import { Ring } from '../../receive/ring.js';
import { Channel } from '../../threads/channel.js';
import { PortTransport } from '../../threads/transport.js';
import { Capture } from '../packet-path.js';
import { SegmentPort, Waiting } from '../store/segment-port.js';
import type { RingCounts, RingData, RingMainSide, RingWorkerData, RingWorkerSide } from './ring-dialect.js';

/** Milliseconds between two looks at the time, and between two snapshots. */
const TICK_MS = 100;
const SNAPSHOT_MS = 500;
/**
 * How long a worker that has read its rings empty lets packets gather, in place of being woken for every block: at most this
 * long, and no longer than they take to fill a part of the smallest ring at 10 Gbit/s.
 */
const GATHER_MS = 8;
const BYTES_A_MS = 1.25e6;
const GATHER_PART = 4;
/** Batches read from one ring before the next has its turn. */
const TURN = 64;

const data = workerData as RingWorkerData;
const batch = new PacketBatch();
const segments = new SegmentPort(data.store, new Waiting(data.waiting));
const capture = new Capture(data.capture, {
  segment: (table, bytes, rows) => segments.send(table, bytes, rows),
  minute: (counts) => main.tell('minute', counts),
});

// The main thread opens the sockets. It shares its memory with this one, so this is no wall, and costs nothing.
dropCapabilities();

const wake = new PollSet(1);
wake.add(data.wake, POLLIN);

interface Reading {
  readonly data: RingData;
  readonly ring: Ring;
}
let reading: Reading[] = [];
let polls = new PollSet(1);
let gatherMs = 0;
/** Answers that everything has ended; undefined until that is asked for. */
let finished: ((counts: RingCounts) => void) | undefined;

const asked = new PortTransport(parentPort!, true);
const main = new Channel<RingWorkerSide, RingMainSide>(asked, {
  asks: {
    finish: () =>
      new Promise((resolve) => {
        finished = resolve;
      }),
  },
  tells: { rings: setRings, rules: (rules) => capture.setRules(rules) },
});

function setRings(rings: readonly RingData[]): void {
  const kept = reading.filter((r) => rings.some((d) => d.fd === r.data.fd));
  for (const r of reading.filter((r) => !kept.includes(r))) {
    // What the kernel had written before the interface went is still worth reading.
    while (r.ring.fill(batch)) capture.process(batch);
    r.ring.close();
    main.tell('released', r.data.fd);
  }
  const added = rings.filter((d) => !kept.some((r) => r.data.fd === d.fd));
  reading = [
    ...kept,
    ...added.map((d) => ({ data: d, ring: new Ring(d.fd, d.shape, d.linkType, d.number, d.hasMac) })),
  ];
  const smallest = Math.min(...reading.map((r) => r.data.shape.blockSize * r.data.shape.blocks));
  gatherMs = Math.min(GATHER_MS, Math.floor(smallest / GATHER_PART / BYTES_A_MS));
  polls = new PollSet(1 + reading.length);
  polls.add(data.wake, POLLIN);
  for (const r of reading) polls.add(r.data.fd, POLLIN);
}

function counts(): RingCounts {
  return { snapshot: capture.snapshot(), changes: capture.changes() };
}

function takeMessages(): void {
  clearEvent(data.wake);
  asked.drain();
}

/** Reads some of every ring. @returns whether there was anything. */
function read(): boolean {
  let any = false;
  for (let i = 0; i < reading.length; i++) {
    for (let n = 0; n < TURN && reading[i].ring.fill(batch); n++) {
      capture.process(batch);
      any = true;
    }
  }
  return any;
}

/** Lets packets gather after some have come. Who only waits for a message is not kept from it. */
function gather(): void {
  if (gatherMs > 0 && wake.wait(gatherMs) !== 0) takeMessages();
}

function wait(): void {
  if (polls.wait(TICK_MS) === 0) return;
  if (polls.events(0) !== 0) takeMessages();
  for (let i = 0; i < reading.length; i++) {
    // The interface went down: once read, the error is gone, and the socket waits for it to come up.
    if ((polls.events(1 + i) & POLLERR) !== 0) clearSocketError(reading[i].data.fd);
  }
}

function run(): void {
  let ticked = 0;
  let told = 0;
  let before = false;
  polls.add(data.wake, POLLIN);
  while (finished === undefined) {
    const busy = read();
    const now = Date.now();
    if (now - ticked >= TICK_MS || now < ticked) {
      capture.tick(now, busy);
      ticked = now;
      // A worker that is never idle still hears what it is told.
      if (busy) takeMessages();
      if (now - told >= SNAPSHOT_MS || now < told) {
        main.tell('counts', counts());
        told = now;
      }
    }
    if (!busy) {
      if (before) gather();
      else wait();
    }
    before = busy;
  }
  setRings([]);
  capture.finish();
  finished(counts());
}

run();
