/** What comes behind STARTTLS or a proxy, for tests of readers before it: records whose bytes are told. */
import { type Application, Read, type Reader, STATELESS } from '../../src/applications/reader.js';
import { Told } from '../../src/model/told.js';
import { Conversation } from './conversation.js';
import type { Sample } from './sample.js';

/** A record of TLS as far as its header is one: a hello with these bytes. */
export function hello(text: string): Uint8Array {
  const record = Buffer.alloc(6 + text.length);
  record.set([22, 3, 1, 0, 1 + text.length, 1]);
  record.write(text, 6, 'latin1');
  return record;
}

/** Tells what records hold: the client's as the server's name, the server's as its software. */
export function fakeTls(): Application {
  const reader: Reader = {
    newState: () => STATELESS,
    stream(d, b, o, end) {
      if (b[o] !== 22) return d.malformed();
      const n = end - o < 6 ? 6 : 5 + ((b[o + 3] << 8) | b[o + 4]);
      if (end - o < n && d.ending === '') return Read.More;
      d.tell(
        d.fromClient ? Told.ServerName : Told.ServerSoftware,
        d.texts.ascii(b, o + 6, Math.min(end, o + n)),
      );
      return n;
    },
  };
  return { name: 'tls', tcp: { is: ({ bytes, start }) => bytes[start] === 22 }, newReader: () => reader };
}

/** Plays a sample with records behind it; in another order, or without some of its segments. */
export function playOn(application: Application, sample: Sample, order?: readonly number[]): Conversation {
  const c = new Conversation([application, fakeTls()], { client: 40_000, server: sample.server });
  const offsets: [number, number] = [0, 0];
  const segments = sample.messages.map(([who, data]) => {
    const side = who === 'client' ? 0 : 1;
    const offset = offsets[side];
    offsets[side] += data.length;
    return { side, offset, data } as const;
  });
  for (const i of order ?? segments.keys()) {
    const { side, offset, data } = segments[i];
    c.segment(side, offset, data);
  }
  return c;
}
