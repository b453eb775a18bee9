/** Asks a collector's /healthz whether it is well. */
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { HEALTH_FAILURES, HEALTH_TIMEOUT } from './limits.js';

/** Where to ask: a URL, or a port of the target's own address, path /healthz. */
export type HealthPlace = URL | number;

/**
 * Asks once.
 *
 * @param address of the target, in text form
 * @returns undefined if it is well (status 200 to 299), otherwise what is wrong, with the place
 */
export function askHealth(
  place: HealthPlace,
  address: string,
  timeout: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [plain] = address.split('%');
  const name = plain.includes(':') ? `[${plain}]` : plain;
  const url = typeof place === 'number' ? new URL(`http://${name}:${place}/healthz`) : place;
  const get = url.protocol === 'https:' ? httpsGet : httpGet;
  // A link-local address needs its zone, which a URL cannot have.
  const host = typeof place === 'number' ? { hostname: address } : {};
  const late = AbortSignal.timeout(timeout);
  return new Promise((resolve) => {
    const request = get(
      url,
      { ...host, agent: false, signal: AbortSignal.any([signal, late]) },
      (response) => {
        const status = response.statusCode ?? 0;
        // Its words are for people.
        response.destroy();
        resolve(status >= 200 && status < 300 ? undefined : `${url.href} answers ${status}`);
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => {
      resolve(`${url.href}: ${late.aborted ? 'no answer' : (error.code ?? error.message)}`);
    });
  });
}

/** Asks again and again. */
export class HealthCheck {
  private failures = HEALTH_FAILURES - 1;
  private readonly stop = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param address the target's current address; undefined while its name does not resolve
   * @param interval milliseconds
   * @param report is called after each check: with what is wrong after {@link HEALTH_FAILURES} failed ones in
   * a row, with undefined after a good one
   */
  constructor(
    private readonly place: HealthPlace,
    private readonly address: () => string | undefined,
    private readonly interval: number,
    private readonly report: (wrong: string | undefined) => void,
  ) {}

  /** Asks for the first time. @returns once it is answered */
  async start(): Promise<void> {
    await this.check();
    if (this.stop.signal.aborted) return;
    let busy = false;
    this.timer = setInterval(() => {
      if (busy) return;
      busy = true;
      void this.check().finally(() => {
        busy = false;
      });
    }, this.interval).unref();
  }

  private async check(): Promise<void> {
    const address = this.address();
    if (address === undefined) return;
    const { signal } = this.stop;
    const wrong = await askHealth(this.place, address, HEALTH_TIMEOUT, signal);
    if (signal.aborted) return;
    if (wrong === undefined) {
      this.failures = 0;
      this.report(undefined);
    } else if (++this.failures >= HEALTH_FAILURES) this.report(wrong);
  }

  close(): void {
    this.stop.abort();
    clearInterval(this.timer);
  }
}
