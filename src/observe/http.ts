/** The HTTP side: /metrics for Prometheus, /healthz for whoever restarts what is ill. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Connections } from './connections.js';
import { isAskedFor } from './host-name.js';
import { Exposition } from './metrics.js';
import type { CollectorStatus, CollectorSummary } from './status.js';

export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly exitCode = 1;
}

/** What is wrong with a collector, a line each; empty when it is well. */
export function ailments(status: CollectorSummary): string[] {
  const down = status.receivers
    .filter((r) => r.state !== 'up')
    .map((r) => `receiver ${r.name} is ${r.state}`);
  for (const r of status.receivers) {
    if (r.addresses_missed > 0)
      down.push(`receiver ${r.name} does not receive on ${r.addresses_missed} of this host's IPv6 addresses`);
  }
  const { state, error, spool_error = '' } = status.store;
  if (spool_error !== '') down.push(spool_error);
  if (state !== 'up') down.push(`the store is ${state}${error === '' ? '' : `: ${error}`}`);
  return [...down, ...(status.troubles ?? [])];
}

/** Connections at once; past it the one that was of no use for longest is cut off. */
export const MOST_HTTP_CONNECTIONS = 64;
/** How long a request may take to come, a connection may be of no use, and an answer may take to be read, milliseconds. */
const REQUEST_TIMEOUT = 10_000;
const KEEP_ALIVE_TIMEOUT = 5_000;
const IDLE_TIMEOUT = 10_000;
const ANSWER_TIMEOUT = 30_000;
/** How often Node looks which requests are late. */
const CHECKING_INTERVAL = 2_000;
/** For how long an answer to /metrics is given again: it may be large, and is made in the main thread. */
const SAME_METRICS_MS = 1_000;

/** What is shown to whoever asks. */
export interface Shown {
  /** All of it, for /metrics. */
  readonly status: () => CollectorStatus;
  /** What /healthz looks at. */
  readonly summary: () => CollectorSummary;
}

export interface ObserveOptions {
  /** Names that it may be asked by, beside addresses and localhost. */
  readonly names?: readonly string[];
  /** Connections at once, {@link MOST_HTTP_CONNECTIONS} without it. */
  readonly connections?: number;
  /** Told when a connection could not be taken. */
  readonly failed?: (error: Error) => void;
}

export class ObserveServer {
  private readonly server: Server;
  private readonly connections: Connections;
  private readonly names: ReadonlySet<string>;
  private readonly exposition = new Exposition();
  private metrics: { readonly at: number; readonly answer: Promise<Metrics> } | undefined;
  port = 0;

  private constructor(
    private readonly shown: Shown,
    options: ObserveOptions,
  ) {
    this.names = new Set((options.names ?? []).map((name) => name.toLowerCase()));
    this.connections = new Connections(options.connections ?? MOST_HTTP_CONNECTIONS, () => true);
    this.server = createServer(
      {
        headersTimeout: REQUEST_TIMEOUT,
        requestTimeout: REQUEST_TIMEOUT,
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
        connectionsCheckingInterval: CHECKING_INTERVAL,
      },
      (request, response) => {
        this.connections.used(request.socket);
        const late = setTimeout(() => request.socket.destroy(), ANSWER_TIMEOUT);
        response.once('close', () => clearTimeout(late));
        this.serve(request, response).catch((e: unknown) => {
          response.statusCode = 500;
          response.end(`${e instanceof Error ? e.message : e}\n`);
        });
      },
    );
    this.server.setTimeout(IDLE_TIMEOUT);
    this.server.on('connection', (socket) => this.connections.add(socket));
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
    // Such as EMFILE of accept(2): the next one is tried all the same.
    server.on('error', (e) => options.failed?.(e));
    const address = server.address();
    observe.port = typeof address === 'object' && address !== null ? address.port : port;
    return observe;
  }

  /** Connections cut off because there were too many. */
  get refused(): number {
    return this.connections.refused;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
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
      // Bytes, so that all who read it slowly hold the same.
      const answer = this.exposition
        .of(this.shown.status())
        .then(({ type, text }) => ({ type, body: Buffer.from(text) }));
      this.metrics = { at: now, answer };
    }
    return this.metrics.answer;
  }
}

interface Metrics {
  readonly type: string;
  readonly body: Buffer;
}

const NOT_BY_THIS_NAME =
  'this collector is asked by its address, as localhost, or by a name in `listen_names` of its configuration';

function end(response: ServerResponse, code: number, line: string): void {
  response.statusCode = code;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(line === '' ? '' : `${line}\n`);
}
