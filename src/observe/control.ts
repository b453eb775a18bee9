/**
 * The control socket, through which other commands talk to a running collector. It is a Unix stream socket
 * with one request per connection: the client sends one line of JSON with a `command`; the collector answers
 * with one line of JSON, a {@link ControlHead}, and for some commands a body (body.ts). To commands that take
 * an upload, the client sends a body too, once it has the head: a refusal costs it nothing.
 */

import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { asError, MirrorlakeError } from '../model/errors.js';
import { isServer, NO_STORE } from '../model/store-location.js';
import { BodyReader, BodyWriter } from './body.js';
import { Connections } from './connections.js';
import { FirstLine } from './first-line.js';
import { LONGEST_PATH, listenAt, PathTaken, type SocketOwner } from './socket-path.js';
import { Upload, type UploadBounds } from './upload.js';

/** The longest request line, bytes, and the longest first line of an answer. */
export const MAX_REQUEST = 1 << 20;
const MAX_HEAD = 1 << 28;
/**
 * When to cut off a client that has not sent its request, and one that reads nothing of a complete answer,
 * milliseconds.
 */
export const CONTROL_TIMEOUTS = { request: 10_000, answer: 30_000 } as const;
/** Connections at once. */
export const MOST_CONTROL_CONNECTIONS = 32;
const MOST_LEAVING = 4;
const LEAVING_TIMEOUT = 1000;

export interface ControlRequest {
  readonly command: string;
  readonly [argument: string]: unknown;
}

/** The answer's first line: a result, or an error with the exit status for the command line. */
export type ControlHead =
  | { readonly ok: true; readonly result?: unknown; readonly body?: boolean }
  | { readonly ok: false; readonly error: string; readonly exitCode: 1 | 2 };

/** Answers one command: returns the result, or writes a body after {@link ControlAnswer.begin}. */
export type ControlHandler = (request: ControlRequest, answer: ControlAnswer) => Promise<unknown> | unknown;

/** A command with an upload, which changes something: only some of those who may ask may use it. */
export interface UploadCommand {
  readonly bounds: UploadBounds;
  /** Begins the answer, for the client to send; then reads the upload. */
  readonly take: (request: ControlRequest, answer: ControlAnswer, upload: Upload) => Promise<void>;
}

export class ControlError extends MirrorlakeError {
  override readonly name = 'ControlError';

  /**
   * @param unreached why nothing could be asked: no collector is running there, or this user may not connect
   */
  constructor(
    message: string,
    exitCode: 1 | 2 = 1,
    readonly unreached?: 'nobody' | 'denied',
  ) {
    super(message, 'CONTROL', { exitCode });
  }
}

/** The answer to a client. */
export class ControlAnswer {
  private begun = false;
  private body: BodyWriter | undefined;

  /** @param cutOff called if nothing of a complete answer is read for `timeout` milliseconds */
  constructor(
    private readonly socket: Socket,
    private readonly timeout: number,
    private readonly cutOff: () => void,
  ) {}

  /** Sends the head of an answer with a body, and returns the body's writer. The caller ends it. */
  begin(result?: unknown): BodyWriter {
    this.head({ ok: true, result, body: true });
    this.body = new BodyWriter(this.socket);
    return this.body;
  }

  /** From now on the client is cut off if it reads nothing of what is sent, as after a complete answer. */
  cutOffIfNotRead(): void {
    this.socket.setTimeout(this.timeout, this.cutOff);
  }

  /** Calls `gone` when the client has disconnected, with or without its answer. */
  onClose(gone: () => void): void {
    if (this.socket.destroyed) gone();
    else this.socket.once('close', gone);
  }

  /** Sends the complete answer, unless a body has begun. */
  end(head: ControlHead): void {
    this.cutOffIfNotRead();
    if (this.begun) {
      if (!head.ok) this.body?.fail(head);
      return;
    }
    this.head(head);
    this.socket.end();
  }

  /** Whether the client has disconnected. */
  get closed(): boolean {
    return this.socket.destroyed;
  }

  private head(head: ControlHead): void {
    this.begun = true;
    this.socket.write(headLine(head));
  }
}

/**
 * The socket of a collector without a data directory. Only root creates directories in /run; the unit's
 * belongs to its user.
 */
export const RUN_CONTROL = '/run/mirrorlake/control.sock';

/** The socket's path: in the directory of an embedded store, otherwise in /run. */
export function controlPath(store: string): string {
  return isServer(store) || store === NO_STORE ? RUN_CONTROL : join(store, 'control.sock');
}

const TOO_LONG = `a request is no longer than ${MAX_REQUEST} bytes`;

function headLine(head: ControlHead): string {
  return `${JSON.stringify(head)}\n`;
}

export interface ControlOptions {
  /** Who may connect, beside root; by default the user that the collector runs as. */
  readonly owner?: SocketOwner | undefined;
  /** Connections at once; {@link MOST_CONTROL_CONNECTIONS} by default. */
  readonly connections?: number;
  /** {@link CONTROL_TIMEOUTS} by default. */
  readonly timeouts?: { readonly request: number; readonly answer: number };
  /** Called when a connection could not be accepted. */
  readonly failed?: (error: Error) => void;
  readonly uploads?: Readonly<Record<string, UploadCommand>>;
  /** Whether whoever is at the other end of a socket, by its descriptor, may use these; by default nobody. */
  readonly mayChange?: (descriptor: number) => boolean;
}

export class ControlServer {
  private readonly server: Server;
  /** Connections whose question is being answered. The others make room for new ones. */
  private readonly answering = new Set<Socket>();
  private readonly clients: Connections;
  /** Connections without room, while they are told so. */
  private readonly leaving = new Connections(MOST_LEAVING, () => true);
  private readonly timeouts: { readonly request: number; readonly answer: number };
  private readonly uploads: Readonly<Record<string, UploadCommand>>;
  private readonly mayChange: (descriptor: number) => boolean;

  private constructor(
    readonly path: string,
    private readonly handlers: Readonly<Record<string, ControlHandler>>,
    options: ControlOptions,
  ) {
    this.timeouts = options.timeouts ?? CONTROL_TIMEOUTS;
    this.uploads = options.uploads ?? {};
    this.mayChange = options.mayChange ?? (() => false);
    const most = options.connections ?? MOST_CONTROL_CONNECTIONS;
    this.clients = new Connections(most, (socket) => !this.answering.has(socket));
    this.server = createServer((socket) => this.serve(socket));
  }

  /** @throws ControlError if something else is there, or the path cannot be used. */
  static async open(
    path: string,
    handlers: Readonly<Record<string, ControlHandler>>,
    options: ControlOptions = {},
  ): Promise<ControlServer> {
    if (Buffer.byteLength(path) > LONGEST_PATH) {
      throw new ControlError(
        `${path}: too long for a socket (${LONGEST_PATH} bytes); set \`control\` to a shorter path`,
        2,
      );
    }
    const control = new ControlServer(path, handlers, options);
    try {
      await listenAt(control.server, path, options.owner);
    } catch (e) {
      control.server.close();
      throw unusable(path, e);
    }
    // For example EMFILE of accept(2): the next connection is still accepted.
    control.server.on('error', (e) => options.failed?.(e));
    return control;
  }

  /** Connections refused or cut off before their request because there were too many. */
  get refused(): number {
    return this.clients.refused;
  }

  /** Connections cut off because their request was late or too long, or their answer was not read. */
  get cut(): number {
    return this.clients.cut;
  }

  private serve(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (!this.clients.add(socket)) {
      this.turnAway(socket);
      return;
    }
    const cutOff = (): void => this.clients.cutOff(socket);
    const late = setTimeout(cutOff, this.timeouts.request);
    socket.once('close', () => clearTimeout(late));
    const first = new FirstLine(MAX_REQUEST);
    const data = (piece: Buffer): void => {
      const whole = first.take(piece);
      if (whole === undefined) return;
      socket.off('data', data);
      clearTimeout(late);
      if (whole.tooLong) {
        this.clients.cut++;
        socket.end(headLine({ ok: false, error: TOO_LONG, exitCode: 2 }));
        return;
      }
      this.answering.add(socket);
      const answer = new ControlAnswer(socket, this.timeouts.answer, cutOff);
      const line = whole.line.toString('utf8');
      void this.answer(line, whole.rest, socket, answer).finally(() => this.answering.delete(socket));
    };
    socket.on('data', data);
  }

  private turnAway(socket: Socket): void {
    this.leaving.add(socket);
    // Its request is ignored, but it must be able to finish sending to hear why.
    socket.resume();
    socket.setTimeout(LEAVING_TIMEOUT, () => socket.destroy());
    const error = 'the collector is answering as many others as it can: try again in a moment';
    socket.end(headLine({ ok: false, error, exitCode: 1 }));
  }

  private async answer(line: string, rest: Buffer, socket: Socket, answer: ControlAnswer): Promise<void> {
    try {
      const request = parseRequest(line);
      if (Object.hasOwn(this.uploads, request.command)) {
        await this.take(this.uploads[request.command], request, answer, { socket, rest });
        return;
      }
      const handler = Object.hasOwn(this.handlers, request.command)
        ? this.handlers[request.command]
        : undefined;
      if (handler === undefined)
        throw new ControlError(`the collector does not know the command ${request.command}`, 2);
      const result = await handler(request, answer);
      answer.end({ ok: true, result });
    } catch (e) {
      const error = asError(e);
      const exitCode = error instanceof MirrorlakeError ? error.exitCode : 1;
      answer.end({ ok: false, error: error.message, exitCode });
    }
  }

  private async take(
    { bounds, take }: UploadCommand,
    request: ControlRequest,
    answer: ControlAnswer,
    { socket, rest }: { socket: Socket; rest: Buffer },
  ): Promise<void> {
    if (!this.mayChange(descriptorOf(socket)))
      throw new ControlError(`${request.command}: only root and the collector's own user may do this`, 1);
    const upload = new Upload(socket, rest, bounds);
    try {
      await take(request, answer, upload);
    } finally {
      upload.leave();
    }
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.clients.closeAll();
    this.leaving.closeAll();
    await closed;
  }
}

/** The descriptor of a socket, which Node.js has no public name for; -1 once it is closed. */
function descriptorOf(socket: Socket): number {
  return (socket as Socket & { readonly _handle?: { readonly fd?: number } })._handle?.fd ?? -1;
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
  if (e instanceof PathTaken)
    return new ControlError(`${path}: ${e.message}; set \`control\` to another path`, 2);
  const code = (e as NodeJS.ErrnoException).code ?? String(e);
  return new ControlError(`${path}: cannot be the control socket: ${code}; set \`control\` to another path`);
}

/** A collector's answer: its result, and its body as it arrives. */
export interface ControlReply {
  readonly result: unknown;
  readonly body: AsyncIterable<Buffer>;
  /** What a command takes that has an upload. */
  readonly upload: BodyWriter;
  /** Disconnects at once, whatever of the body is still to come. */
  readonly close: () => void;
}

export interface Asking {
  /** Milliseconds until a silent collector is given up; 0: never. */
  readonly within?: number;
  /** Ends the request when it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Asks the collector at `path` for a result.
 *
 * @throws ControlError with the collector's own words, or if none runs there.
 */
export async function askCollector(path: string, request: ControlRequest, asking?: Asking): Promise<unknown> {
  const reply = await openReply(path, request, asking);
  for await (const _ of reply.body) {
    // A result has no body; this reads the connection to its end.
  }
  return reply.result;
}

/**
 * Asks the collector at `path` for something with a body, which the caller reads to its end or leaves with
 * `return()`.
 *
 * @throws ControlError as {@link askCollector}.
 */
export async function openReply(
  path: string,
  request: ControlRequest,
  { within = 0, signal }: Asking = {},
): Promise<ControlReply> {
  const socket = createConnection(path);
  signal?.addEventListener('abort', () => socket.destroy());
  let late = false;
  socket.setTimeout(within, () => {
    late = true;
    socket.destroy();
  });
  try {
    await once(socket, 'connect');
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code ?? String(e);
    if (code === 'EACCES')
      throw new ControlError(`${path}: not allowed; run as root or as the collector's user`, 1, 'denied');
    throw new ControlError(
      `${path}: no collector is running there (${code}); start one with: mirrorlake collect`,
      1,
      'nobody',
    );
  }
  socket.write(`${JSON.stringify(request)}\n`);
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = new FirstLine(MAX_HEAD);
  let whole: ReturnType<FirstLine['take']>;
  while (whole === undefined) {
    const next = await chunks.next().catch(() => ({ done: true, value: undefined }) as const);
    if (next.done === true) {
      const how = late ? `has not answered within ${within / 1000} s` : 'ended without an answer';
      throw new ControlError(`${path}: the collector ${how}`);
    }
    whole = first.take(next.value);
  }
  const head = parseHead(whole.line, path);
  if (!head.ok) {
    socket.destroy();
    throw new ControlError(head.error, head.exitCode);
  }
  return {
    result: head.result,
    upload: new BodyWriter(socket),
    body: body(path, head.body === true, whole.rest, chunks, socket),
    close: () => socket.destroy(),
  };
}

function parseHead(line: Buffer, path: string): ControlHead {
  try {
    return JSON.parse(line.toString('utf8')) as ControlHead;
  } catch {
    throw new ControlError(`${path}: what answers there is no collector`);
  }
}

/** @throws ControlError for an error in the middle, or if the collector is gone */
async function* body(
  path: string,
  framed: boolean,
  first: Buffer,
  rest: AsyncIterator<Buffer>,
  socket: Socket,
): AsyncGenerator<Buffer> {
  const reader = new BodyReader();
  let length = 0;
  try {
    for (let piece: Buffer | undefined = first; piece !== undefined && !reader.ended; ) {
      length += piece.length;
      if (framed) yield* reader.take(piece);
      const next = await rest.next().catch(() => ({ done: true, value: undefined }) as const);
      piece = next.done === true ? undefined : next.value;
    }
  } finally {
    socket.destroy();
  }
  if (!framed) {
    if (length === 0) return;
    throw new ControlError(`${path}: the collector is of an earlier version: restart it`);
  }
  const { failure } = reader;
  if (failure !== undefined) throw new ControlError(failure.error, failure.exitCode);
  if (!reader.ended) throw new ControlError(`${path}: the collector ended in the middle of its answer`);
}
