/**
 * The control socket: how other commands talk to a running collector. A Unix stream socket, one request a
 * connection: the client sends one line of JSON with a `command`; the collector answers one line of JSON, a
 * {@link ControlHead}, and after it, for commands that have one, a body until the end of the connection.
 */
import { once } from 'node:events';
import { chmodSync, mkdirSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { isServer } from '../model/store-location.js';

/** The longest request line, bytes. */
const MAX_REQUEST = 1 << 20;
/** sizeof(sockaddr_un.sun_path), its final zero left out. */
const MAX_PATH = 107;
/** A client that says nothing for this long is cut off, milliseconds. */
const REQUEST_TIMEOUT = 10_000;

export interface ControlRequest {
  readonly command: string;
  readonly [argument: string]: unknown;
}

/** The answer's first line: a result, or what went wrong with the exit status for the command line. */
export type ControlHead =
  | { readonly ok: true; readonly result?: unknown }
  | { readonly ok: false; readonly error: string; readonly exitCode: number };

/** Answers one command: returns the result, or writes a body after {@link ControlAnswer.begin}. */
export type ControlHandler = (request: ControlRequest, answer: ControlAnswer) => Promise<unknown> | unknown;

export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly exitCode: number;
  /** Whether it means that no collector is running there. */
  readonly nobody: boolean;

  constructor(message: string, exitCode = 1, nobody = false) {
    super(message);
    this.exitCode = exitCode;
    this.nobody = nobody;
  }
}

/** The way back to a client. */
export class ControlAnswer {
  private begun = false;

  constructor(private readonly socket: Socket) {}

  /** Sends the head of an answer that has a body, and gives the stream to write it to. The caller ends it. */
  begin(result?: unknown): Writable {
    this.head({ ok: true, result });
    return this.socket;
  }

  /** Sends the whole answer, unless a body has begun. */
  end(head: ControlHead): void {
    if (this.begun) {
      // The client sees the body end early.
      if (!head.ok) this.socket.destroy();
      return;
    }
    this.head(head);
    this.socket.end();
  }

  /** Whether the client has gone. */
  get closed(): boolean {
    return this.socket.destroyed;
  }

  private head(head: ControlHead): void {
    this.begun = true;
    this.socket.write(`${JSON.stringify(head)}\n`);
  }
}

/** Where the socket is: in the directory of an embedded store, else in /run. */
export function controlPath(store: string): string {
  return isServer(store) ? '/run/mirrorlake/control.sock' : join(store, 'control.sock');
}

export class ControlServer {
  private readonly server: Server;
  private readonly clients = new Set<Socket>();

  private constructor(
    readonly path: string,
    private readonly handlers: Readonly<Record<string, ControlHandler>>,
  ) {
    this.server = createServer((socket) => this.serve(socket));
  }

  /** @throws ControlError when another collector answers there, or the place cannot be used. */
  static async open(
    path: string,
    handlers: Readonly<Record<string, ControlHandler>>,
  ): Promise<ControlServer> {
    if (Buffer.byteLength(path) > MAX_PATH) {
      throw new ControlError(
        `${path}: too long for a socket (${MAX_PATH} bytes); set \`control\` to a shorter path`,
        2,
      );
    }
    if (await answers(path)) {
      throw new ControlError(
        `${path}: another collector is running there; stop it, or set \`control\` to another path`,
      );
    }
    try {
      mkdirSync(dirname(path), { recursive: true });
      // Left by a collector that was killed.
      unlinkSync(path);
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(path, e);
    }
    const control = new ControlServer(path, handlers);
    control.server.listen(path);
    try {
      await once(control.server, 'listening');
      chmodSync(path, 0o660);
    } catch (e) {
      throw unusable(path, e);
    }
    return control;
  }

  private serve(socket: Socket): void {
    this.clients.add(socket);
    socket.on('close', () => this.clients.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(REQUEST_TIMEOUT, () => socket.destroy());
    let text = '';
    const data = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\n');
      if (end < 0 && text.length <= MAX_REQUEST) return;
      socket.off('data', data);
      socket.setTimeout(0);
      void this.answer(
        Buffer.from(text.slice(0, Math.max(end, 0)), 'latin1').toString('utf8'),
        new ControlAnswer(socket),
      );
    };
    socket.on('data', data);
  }

  private async answer(line: string, answer: ControlAnswer): Promise<void> {
    try {
      const request = parseRequest(line);
      const handler = Object.hasOwn(this.handlers, request.command)
        ? this.handlers[request.command]
        : undefined;
      if (handler === undefined)
        throw new ControlError(`the collector does not know the command ${request.command}`, 2);
      const result = await handler(request, answer);
      answer.end({ ok: true, result });
    } catch (e) {
      const error = e instanceof Error ? e : new Error(String(e));
      const exitCode = (error as { exitCode?: unknown }).exitCode;
      answer.end({ ok: false, error: error.message, exitCode: typeof exitCode === 'number' ? exitCode : 1 });
    }
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const client of this.clients) client.destroy();
    await closed;
  }
}

function parseRequest(line: string): ControlRequest {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    request = undefined;
  }
  if (
    typeof request === 'object' &&
    request !== null &&
    typeof (request as ControlRequest).command === 'string'
  ) {
    return request as ControlRequest;
  }
  throw new ControlError('a request is one line of JSON with a "command"', 2);
}

function unusable(path: string, e: unknown): ControlError {
  const code = (e as NodeJS.ErrnoException).code ?? String(e);
  return new ControlError(`${path}: cannot be the control socket: ${code}; set \`control\` to another path`);
}

async function answers(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** What a collector answered: its result, and its body as it comes. */
export interface ControlReply {
  readonly result: unknown;
  readonly body: AsyncIterable<Buffer>;
}

/**
 * Asks the collector at `path` for a result.
 *
 * @throws ControlError with the collector's own words, or when none runs there.
 */
export async function askCollector(path: string, request: ControlRequest): Promise<unknown> {
  const reply = await openReply(path, request);
  for await (const _ of reply.body) {
    // A result has no body; this sees the connection to its end.
  }
  return reply.result;
}

/**
 * Asks the collector at `path` for something that has a body, which the caller reads to its end or leaves with
 * `return()`.
 *
 * @throws ControlError as {@link askCollector}.
 */
export async function openReply(path: string, request: ControlRequest): Promise<ControlReply> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code ?? String(e);
    if (code === 'EACCES')
      throw new ControlError(`${path}: not allowed; run as root or as the collector's user`);
    throw new ControlError(
      `${path}: no collector is running there (${code}); start one with: mirrorlake collect`,
      1,
      true,
    );
  }
  socket.write(`${JSON.stringify(request)}\n`);
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let text = Buffer.alloc(0);
  let end = -1;
  while (end < 0) {
    const next = await chunks.next();
    if (next.done === true) throw new ControlError(`${path}: the collector ended without an answer`);
    text = Buffer.concat([text, next.value]);
    end = text.indexOf(10);
  }
  const head = JSON.parse(text.subarray(0, end).toString('utf8')) as ControlHead;
  if (!head.ok) {
    socket.destroy();
    throw new ControlError(head.error, head.exitCode);
  }
  return { result: head.result, body: body(text.subarray(end + 1), chunks, socket) };
}

async function* body(first: Buffer, rest: AsyncIterator<Buffer>, socket: Socket): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    socket.destroy();
  }
}
