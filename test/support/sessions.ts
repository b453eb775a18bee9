/** Numbered sessions for tests of the store. Ids and byte counts follow from the number. */

import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { SessionRecord } from '../../src/model/session-record.js';
import { SessionSegment } from '../../src/store/segment/segments.js';
import { setU32 } from '../../src/wire/bytes.js';

const mapped = (...ip: number[]) => new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ip]);
const point = new MirrorPoint(0, MirrorType.Erspan2, mapped(10, 0, 0, 1), mapped(10, 0, 0, 2), 100, null);

/** Client bytes of session `n`. */
export function bytesOf(n: number): number {
  return 40 + ((n * 7919) % 10_007);
}

/** Client bytes of the sessions from 0 to `n`, excluding `n`. */
export function bytesUpTo(n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += bytesOf(i);
  return sum;
}

const record = new SessionRecord();
record.point = point;
record.ipVersion = 4;
record.protocol = 6;
record.transport = 'tcp';
record.clientIp.set(mapped(10, 1, 0, 1));
record.serverIp.set(mapped(10, 2, 0, 1));

/** A segment with the sessions from `from` to `to`, excluding `to`. */
export function numberedSegment(from: number, to: number): Uint8Array {
  const segment = new SessionSegment('test');
  for (let n = from; n < to; n++) {
    setU32(record.sessionId, 12, n);
    record.firstSeenSec = record.lastSeenSec = 1_700_000_000 + (n % 3600);
    record.clientIp[15] = n;
    record.clientPort = 1024 + (n % 60_000);
    record.clientPackets = 1;
    record.clientBytes = bytesOf(n);
    segment.session(record);
  }
  return segment.take();
}
