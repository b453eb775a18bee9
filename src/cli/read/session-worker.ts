/** The session thread of `read`: frames in, rows out, while the main thread reads and decodes. */
import { parentPort, workerData } from 'node:worker_threads';
import { FRAME_BATCH, FRAME_PLACE, FRAME_WORDS, unpackFrame } from '../../sessions/frame-batch.js';
import type { SessionSink } from '../../sessions/record.js';
import { SessionTable } from '../../sessions/table.js';
import { sessionJson } from '../../store/ndjson.js';
import { SessionSegment } from '../../store/session-segment.js';
import { Frame } from '../../wire/frame.js';
import { MirrorPoint } from '../../wire/mirror-point.js';
import { Mirrored } from '../../wire/mirrored.js';
import { LineWriter } from '../line-writer.js';
import {
  ARENA_START,
  type FromSessionThread,
  IN_ARENA,
  type SessionThreadData,
  type ToSessionThread,
} from './session-protocol.js';

/** Bytes of a segment before it is handed back. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

const data = workerData as SessionThreadData;
const port = parentPort;
if (port === null) throw new Error('the session thread is started by read');
const buffers = data.buffers.map((buffer) => new Uint8Array(buffer));
const points: MirrorPoint[] = [];
const frame = new Frame();
const mirrored = new Mirrored();
const lines = new LineWriter();
const segment = new SessionSegment(data.collector);
const sink: SessionSink = data.print
  ? { session: (record) => lines.line(sessionJson(record, data.collector)) }
  : {
      session: (record) => {
        segment.session(record);
        if (segment.length >= SEGMENT_BYTES) handBack();
      },
    };
const table = new SessionTable(sink, data.capacity === undefined ? {} : { capacity: data.capacity });

function say(message: FromSessionThread, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}

function handBack(): void {
  if (segment.length === 0) return;
  const bytes = segment.take() as Uint8Array<ArrayBuffer>;
  say({ kind: 'segment', bytes }, [bytes.buffer]);
}

function frames(memory: SharedArrayBuffer, count: number, buffer: Uint8Array): void {
  const words = new Int32Array(memory, 0, FRAME_BATCH * FRAME_WORDS);
  const arena = new Uint8Array(memory, ARENA_START);
  for (let i = 0; i < count; i++) {
    frame.bytes = words[i * FRAME_WORDS + FRAME_PLACE] === IN_ARENA ? arena : buffer;
    unpackFrame(words, i, points, frame, mirrored);
    table.frame(frame, mirrored);
  }
}

port.on('message', (message: ToSessionThread) => {
  if (message.kind === 'frames') {
    for (const p of message.points)
      points.push(new MirrorPoint(p.index, p.type, p.source, p.target, p.session, p.key));
    frames(message.memory, message.count, buffers[message.buffer]);
    say({ kind: 'done', memory: message.memory, buffer: message.buffer });
    return;
  }
  table.finish(message.reason);
  if (!message.last) return;
  lines.flush();
  handBack();
  say({ kind: 'ended', counters: table.counters });
  port.close();
});
