import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ControlServer, openReply, type UploadCommand } from '../../src/observe/control.js';

const servers: ControlServer[] = [];
afterEach(async () => {
  for (const s of servers.splice(0)) await s.close();
});

/** Why an upload was not taken. */
const refusals: string[] = [];

/** Serves `count`, which answers how many bytes came. */
async function serve(
  bounds = { bytes: 1 << 20, within: 60_000 },
  mayChange: (descriptor: number) => boolean = () => true,
): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), 'mirrorlake-upload-')), 'control.sock');
  const count: UploadCommand = {
    bounds,
    take: async (_request, answer, upload) => {
      const body = answer.begin();
      let n = 0;
      try {
        for await (const piece of upload) {
          n += piece.length;
          // Slower than they come.
          await new Promise((done) => setImmediate(done));
        }
      } catch (error) {
        refusals.push((error as Error).message);
        throw error;
      }
      body.write(Buffer.from(`${n}`));
      body.end();
    },
  };
  servers.push(await ControlServer.open(path, {}, { uploads: { count }, mayChange }));
  return path;
}

async function said(body: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const piece of body) text += piece.toString();
  return text;
}

it('an upload comes whole, and is answered', async () => {
  const path = await serve({ bytes: 64 << 20, within: 60_000 });
  const reply = await openReply(path, { command: 'count' });
  for (let i = 0; i < 20; i++)
    if (!reply.upload.write(Buffer.alloc((1 << 20) + i))) await reply.upload.drained();
  reply.upload.endUpload();
  expect(await said(reply.body)).toBe(String((20 << 20) + 190));
});

it('an upload may come with its request', async () => {
  const socket = createConnection(await serve());
  await once(socket, 'connect');
  socket.write(
    Buffer.concat([Buffer.from('{"command":"count"}\n'), Buffer.from('\0\0\0\x03abc\0\0\0\0more')]),
  );
  let text = '';
  for await (const piece of socket) text += String(piece);
  expect(text).toBe('{"ok":true,"body":true}\n\0\0\0\x013\0\0\0\0');
});

it('nobody uploads who may not', async () => {
  const asked: number[] = [];
  const path = await serve(undefined, (descriptor) => {
    asked.push(descriptor);
    return false;
  });
  await expect(openReply(path, { command: 'count' })).rejects.toThrow(
    "count: only root and the collector's own user may do this",
  );
  expect(asked).toEqual([expect.any(Number)]);
  expect(asked[0]).toBeGreaterThan(2);
});

it.each([
  ['frames', Buffer.concat([Buffer.from([0, 0, 4, 0]), Buffer.alloc(1024)])],
  ['an error that does not end', Buffer.alloc(1024, 0xff)],
])('an upload that is too long is refused: %s', async (_, piece) => {
  const reply = await openReply(await serve({ bytes: 100_000, within: 60_000 }), { command: 'count' });
  const answer = said(reply.body);
  const written = reply.upload as unknown as { readonly socket: NodeJS.WritableStream };
  for (let i = 0; i < 200; i++) written.socket.write(piece);
  await expect(answer).rejects.toThrow('an upload is no longer than 97.7 KiB');
});

it('an upload that takes too long is refused', async () => {
  const reply = await openReply(await serve({ bytes: 100_000, within: 50 }), { command: 'count' });
  reply.upload.write(Buffer.from('abc'));
  await expect(said(reply.body)).rejects.toThrow('an upload takes no longer than 0.05 s');
});

it('a client that is gone has uploaded nothing', async () => {
  refusals.length = 0;
  const reply = await openReply(await serve(), { command: 'count' });
  reply.upload.write(Buffer.from('abc'));
  reply.close();
  await expect.poll(() => refusals).toEqual(['the client was gone before its upload had ended']);
});
