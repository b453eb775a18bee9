import type { ReadableStream } from 'node:stream/web';
import { MOST_CAPTURES } from '../captures.js';
import { RequestError } from '../errors.js';
import type { Handlers } from '../handler.js';

export const captureHandlers: Handlers<'captures' | 'addCapture' | 'removeCapture'> = {
  captures: (_, { captures }) => ({
    captures: captures.list(),
    most: MOST_CAPTURES,
    limit: captures.limit,
  }),
  addCapture: async ({ query: { name }, who, request, signal }, { captures, log }) => {
    const { headers, body } = request;
    if (headers.get('content-type') !== 'application/octet-stream')
      throw new RequestError('the body has to be application/octet-stream', 400);
    const said = headers.get('content-length');
    const length = said === null ? undefined : Number(said);
    const capture = await captures.add(body as ReadableStream<Uint8Array> | null, {
      name,
      who: who.name,
      length,
      signal,
    });
    log.info({ audit: true, who: who.name, capture: name, bytes: capture.bytes }, 'a capture was dropped');
    return capture;
  },
  removeCapture: async ({ params: { id }, who }, { captures, log }) => {
    await captures.remove(id);
    log.info({ audit: true, who: who.name, capture: id }, 'a capture was removed');
    return {};
  },
};
