import { z } from 'zod';
import { route } from './route.js';

/** Behind `?` of every route that asks the store: a capture is asked in its place. */
export const CAPTURE_PARAMETER = 'capture';

const capture = z.object({
  /** What the parameter `capture` of every route that asks the store takes. */
  id: z.string(),
  /** Of the file. */
  name: z.string(),
  bytes: z.number(),
  /** When it came, RFC 3339. */
  at: z.string(),
  who: z.string(),
});
export type Capture = z.output<typeof capture>;

/** Characters of a file's name. */
export const LONGEST_CAPTURE_NAME = 200;

export const captures = {
  captures: route({
    method: 'GET',
    path: '/captures',
    needs: 'view',
    doc: 'The captures that were dropped into the page, the newest first.',
    answer: z.object({
      captures: z.array(capture),
      /** So many are kept, and so many bytes may one have. */
      most: z.number(),
      limit: z.number(),
    }),
  }),
  addCapture: route({
    method: 'POST',
    path: '/captures',
    needs: 'captures',
    doc:
      'Reads a capture (pcap or pcapng, also with gzip or zstd: the body, as `application/octet-stream`) ' +
      'into a store of its own. Answers when it has been read.',
    query: z.object({
      name: z.string().min(1).max(LONGEST_CAPTURE_NAME).describe("The file's name."),
    }),
    body: 'bytes',
    answer: capture,
  }),
  removeCapture: route({
    method: 'DELETE',
    path: '/captures/:id',
    needs: 'captures',
    doc: 'Removes a capture and its store.',
    params: z.object({ id: z.string() }),
    answer: z.object({}),
  }),
};
