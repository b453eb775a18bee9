/** The HTTP side: /metrics for Prometheus, /healthz for whoever restarts what is ill. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { MirrorlakeError } from '../model/errors.js';
import type { CollectorStatus, CollectorSummary } from '../model/status.js';
import { ailments } from './ailments.js';
import { Connections } from './connections.js';
import { isAskedFor } from './host-name.js';
import { exposition } from './metrics.js';

/** The address for `/metrics` cannot be listened on. */
export class ListenError extends MirrorlakeError {
  override readonly name = 'ListenError';

  constructor(message: string) {
    super(message, 'LISTEN');
  }
}

/** Connections at once; beyond that the least recently used one is cut off. */
export const MOST_HTTP_CONNECTIONS = 64;
/** Bytes of a request's headers. */
export const MOST_HEADERS = 16 << 10;
/** Milliseconds. */
export interface HttpTimeouts {
  /** How long a request may take to arrive, and how often Node checks for late ones. */
  readonly request: number;
  readonly checking: number;
  /** How long a connection is kept open for another request. */
  readonly keepAlive: number;
  /** How long a connection may be idle, and how long an answer may take to be read. */
  readonly idle: number;
  readonly answer: number;
}
export const HTTP_TIMEOUTS: HttpTimeouts = {
  request: 10_000,
  checking: 2_000,
  keepAlive: 5_000,
  idle: 10_000,
  answer: 30_000,
};
/** How long an answer to /metrics is reused: it may be large, and is made in the main thread. */
const SAME_METRICS_MS = 1_000;

/** What the server shows. */
export interface Shown {
  /** The whole status, for /metrics. */
  readonly status: () => CollectorStatus;
  /** What /healthz looks at. */
  readonly summary: () => CollectorSummary;
}

export interface ObserveOptions {
  /** Names that it may be asked by, besides addresses and localhost. */
  readonly names?: readonly string[];
  /** Connections at once; {@link MOST_HTTP_CONNECTIONS} by default. */
  readonly connections?: number;
  /** {@link HTTP_TIMEOUTS} by default. */
  readonly timeouts?: HttpTimeouts;
  /** Called when a connection could not be accepted. */
  readonly failed?: (error: Error) => void;
}

export class ObserveServer {
  private readonly server: Server;
  private readonly connections: Connections;
  private readonly names: ReadonlySet<string>;
  /** Connections whose last request was answered: what happens to them then is no loss. */
  private readonly answered = new WeakSet<Socket>();
  private metrics: { readonly at: number; readonly answer: Promise<Metrics> } | undefined;
  port = 0;

  private constructor(
    private readonly shown: Shown,
    options: ObserveOptions,
  ) {
    this.names = new Set((options.names ?? []).map((name) => name.toLowerCase()));
    this.connections = new Connections(options.connections ?? MOST_HTTP_CONNECTIONS, () => true);
    const timeouts = options.timeouts ?? HTTP_TIMEOUTS;
    this.server = createServer(
      {
        headersTimeout: timeouts.request,
        requestTimeout: timeouts.request,
        keepAliveTimeout: timeouts.keepAlive,
        connectionsCheckingInterval: timeouts.checking,
        maxHeaderSize: MOST_HEADERS,
      },
      (request, response) => {
        const { socket } = request;
        this.connections.used(socket);
        this.answered.delete(socket);
        const late = setTimeout(() => this.connections.cutOff(socket), timeouts.answer);
        response.once('finish', () => this.answered.add(socket));
        response.once('close', () => clearTimeout(late));
        this.serve(request, response).catch((e: unknown) => {
          response.statusCode = 500;
          response.end(`${e instanceof Error ? e.message : e}\n`);
        });
      },
    );
    this.server.setTimeout(timeouts.idle, (socket) => {
      if (this.answered.has(socket)) socket.destroy();
      else this.connections.cutOff(socket);
    });
    this.server.on('connection', (socket) => this.connections.add(socket));
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
      this.refuse(error.code, socket),
    );
  }

  /** @throws ListenError */
  static async listen(
    host: string,
    port: number,
    shown: Shown,
    options: ObserveOptions = {},
  ): Promise<ObserveServer> {
    const observe = new ObserveServer(shown, options);
    const { server } = observe;
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch (e) {
      const code = (e as NodeJS.ErrnoException).code ?? String(e);
      throw new ListenError(
        `cannot listen on ${host}:${port}: ${code}; choose another address with --listen`,
      );
    }
    // For example EMFILE of accept(2): the next connection is still accepted.
    server.on('error', (e) => options.failed?.(e));
    const address = server.address();
    observe.port = typeof address === 'object' && address !== null ? address.port : port;
    return observe;
  }

  /** Connections cut off because there were too many. */
  get refused(): number {
    return this.connections.refused;
  }

  /** Connections cut off because their request was late or too long, or their answer not read in time. */
  get cut(): number {
    return this.connections.cut;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** Answers an invalid request as Node does, and closes its connection. */
  private refuse(code: string | undefined, socket: Socket): void {
    const bound = code === undefined ? undefined : BOUNDS[code];
    if (socket.writable) socket.write(`HTTP/1.1 ${bound ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
    if (bound !== undefined) this.connections.cutOff(socket);
    else socket.destroy();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0];
    if (!isAskedFor(request.headers.host, this.names)) {
      end(response, 421, NOT_BY_THIS_NAME);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      end(response, 405, '');
    } else if (path === '/metrics') {
      const { type, body } = await this.exposed();
      response.setHeader('Content-Type', type);
      response.end(body);
    } else if (path === '/healthz') {
      const wrong = ailments(this.shown.summary());
      end(response, wrong.length === 0 ? 200 : 503, wrong.length === 0 ? 'ok' : wrong.join('\n'));
    } else {
      end(response, 404, 'there are /metrics and /healthz');
    }
  }

  private exposed(): Promise<Metrics> {
    const now = Date.now();
    if (this.metrics === undefined || now - this.metrics.at >= SAME_METRICS_MS || now < this.metrics.at) {
      // As bytes, so that all slow readers share them.
      const answer = exposition(this.shown.status()).then(({ type, text }) => ({
        type,
        body: Buffer.from(text),
      }));
      this.metrics = { at: now, answer };
    }
    return this.metrics.answer;
  }
}

interface Metrics {
  readonly type: string;
  readonly body: Buffer;
}

/** Node's codes for the bounds of a request, and the answers. */
const BOUNDS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

const NOT_BY_THIS_NAME =
  'this collector is asked by its address, as localhost, or by a name in `listen_names` of its configuration';

function end(response: ServerResponse, code: number, line: string): void {
  response.statusCode = code;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(line === '' ? '' : `${line}\n`);
}
