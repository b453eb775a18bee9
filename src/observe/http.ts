/** The HTTP side: /metrics for Prometheus, /healthz for whoever restarts what is ill. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Exposition } from './metrics.js';
import type { CollectorStatus, CollectorSummary } from './status.js';

/** Connections at once: a scrape or two, a health check, and people. More are refused. */
const MOST_CONNECTIONS = 64;

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
  const { state, error, spool_error } = status.store;
  if (spool_error !== '') down.push(spool_error);
  if (state !== 'up') down.push(`the store is ${state}${error === '' ? '' : `: ${error}`}`);
  return down;
}

export class ObserveServer {
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /**
   * @param summary what /healthz looks at
   * @throws ListenError
   */
  static async listen(
    host: string,
    port: number,
    status: () => CollectorStatus,
    summary: () => CollectorSummary = status,
  ): Promise<ObserveServer> {
    const exposition = new Exposition();
    const metrics = (): Promise<{ type: string; text: string }> => exposition.of(status());
    const server = createServer((request, response) => {
      serve(request, response, metrics, summary).catch((e: unknown) => {
        response.statusCode = 500;
        response.end(`${e instanceof Error ? e.message : e}\n`);
      });
    });
    server.maxConnections = MOST_CONNECTIONS;
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch (e) {
      const code = (e as NodeJS.ErrnoException).code ?? String(e);
      throw new ListenError(
        `cannot listen on ${host}:${port}: ${code}; choose another address with --listen`,
      );
    }
    const address = server.address();
    return new ObserveServer(server, typeof address === 'object' && address !== null ? address.port : port);
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: () => Promise<{ type: string; text: string }>,
  summary: () => CollectorSummary,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.statusCode = 405;
    response.setHeader('Allow', 'GET, HEAD');
    response.end();
  } else if (path === '/metrics') {
    const { type, text } = await metrics();
    response.setHeader('Content-Type', type);
    response.end(text);
  } else if (path === '/healthz') {
    const wrong = ailments(summary());
    response.statusCode = wrong.length === 0 ? 200 : 503;
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    response.end(wrong.length === 0 ? 'ok\n' : `${wrong.join('\n')}\n`);
  } else {
    response.statusCode = 404;
    response.end('there are /metrics and /healthz\n');
  }
}
