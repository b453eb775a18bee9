/** The console as an HTTP server: what stands before every route, the routes, and the page's files. */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { HttpBindings } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { type Context, Hono } from 'hono';
import { compress } from 'hono/compress';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { etag } from 'hono/etag';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import { asError, MirrorlakeError } from '../model/errors.js';
import type { Logger } from '../observe/log.js';
import { CAPTURE_PARAMETER } from './contract/captures.js';
import type { Who } from './contract/sign-in.js';
import { type Problem, ROUTES, type Route, type RouteName } from './contract.js';
import { RequestError } from './errors.js';
import type { Asking, Handler, Services } from './handler.js';
import { Progressed } from './questions.js';
import { aboutHandlers } from './routes/about.js';
import { captureHandlers } from './routes/captures.js';
import { compareHandlers } from './routes/compare.js';
import { findingsHandlers } from './routes/findings.js';
import { hostHandlers } from './routes/hosts.js';
import { liveHandlers } from './routes/live.js';
import { mapHandlers } from './routes/map.js';
import { mirrorHandlers } from './routes/mirrors.js';
import { nameHandlers } from './routes/names.js';
import { overviewHandlers } from './routes/overview.js';
import { packetsHandlers } from './routes/packets.js';
import { serviceHandlers } from './routes/services.js';
import { sessionsHandlers } from './routes/sessions.js';
import { setupHandlers } from './routes/setup.js';
import { sqlHandlers } from './routes/sql.js';
import { trafficHandlers } from './routes/traffic.js';
import { tunnelHandlers } from './routes/tunnels.js';
import { viewHandlers } from './routes/views.js';
import type { SignIn } from './sign-in.js';
import { answeredOrTold, takesLines } from './slow-answers.js';

/** Bodies of requests, bytes. */
export const LONGEST_BODY = 64 * 1024;
/** Listeners of a request's signal, before Node takes them for a leak. */
const MOST_LISTENERS = 100;
const API = '/api/v1';
const PAGE = fileURLToPath(new URL('../../dist/console/', import.meta.url));

export interface AppOptions {
  readonly services: Services;
  readonly signIn: SignIn;
  /** Names of the Host header that are answered, without port. */
  readonly names: readonly string[];
  /** The path that a proxy puts in front: '' or `/mirrorlake`. */
  readonly prefix: string;
  /** Whether the cookie may only go over TLS. */
  readonly secure: boolean;
  readonly log: Logger;
}

type Env = { Bindings: HttpBindings; Variables: { who: Who; nonce: string } };

/** Every route that is answered with JSON or with a stream of its own, but for signing in. */
const HANDLERS: { readonly [N in Exclude<RouteName, 'login' | 'logout' | 'me'>]: Handler<N> } = {
  ...aboutHandlers,
  ...trafficHandlers,
  ...sqlHandlers,
  ...compareHandlers,
  ...packetsHandlers,
  ...overviewHandlers,
  ...findingsHandlers,
  ...sessionsHandlers,
  ...mirrorHandlers,
  ...tunnelHandlers,
  ...setupHandlers,
  ...mapHandlers,
  ...viewHandlers,
  ...captureHandlers,
  ...liveHandlers,
  ...hostHandlers,
  ...serviceHandlers,
  ...nameHandlers,
};

export function createApp(options: AppOptions): Hono<Env> {
  const app = new Hono<Env>().basePath(options.prefix);
  const cookie = options.secure ? '__Host-mirrorlake' : 'mirrorlake';
  app.onError((error, c) => answerError(error, c, options.log));
  app.use(async (c, next) => {
    const host = (c.req.header('host') ?? '').replace(/:\d+$/, '').toLowerCase();
    // An address is no name that somebody else could let resolve to this host.
    if (isIP(host.replace(/^\[|\]$/g, '')) === 0 && !options.names.includes(host))
      throw new RequestError(`${host} is none of this console's names`, 403, {
        hint: 'add it to console.names',
      });
    const nonce = randomBytes(16).toString('base64');
    c.set('nonce', nonce);
    await next();
    for (const [name, value] of Object.entries(headers(nonce))) c.header(name, value);
    // It would bind other services of this host, too, where TLS is not ours.
    if (options.secure) c.header('Strict-Transport-Security', 'max-age=31536000');
  });
  app.use(compress());

  const api = new Hono<Env>();
  api.use(async (c, next) => {
    await next();
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'private, no-cache');
  });
  const tagged = etag();
  api.use(async (c, next) => {
    await next();
    // A tag is of all bytes: what is streamed, or kept by nobody, has none.
    if (c.res.headers.get('Cache-Control') !== 'no-store') await tagged(c, () => Promise.resolve());
  });
  const enter = (c: Context<Env>, who: Who): Response => {
    const value = options.signIn.cookieFor(who);
    setCookie(c, cookie, value, {
      path: options.secure ? '/' : `${options.prefix}/`,
      httpOnly: true,
      sameSite: 'Strict',
      secure: options.secure,
    });
    return c.json(who);
  };
  api.post(ROUTES.login.path, async (c) => {
    sameOrigin(c);
    const body = parsed(ROUTES.login.body, await readBody(c), 'the body');
    const address = addressOf(c);
    try {
      const who =
        'token' in body
          ? options.signIn.byToken(body.token)
          : await options.signIn.byPassword(body.name, body.password, address);
      options.log.info({ audit: true, who: who.name, address }, 'signed in');
      return enter(c, who);
    } catch (error) {
      const name = 'token' in body ? 'token' : body.name;
      options.log.warn({ audit: true, who: name, address }, 'not signed in');
      throw error;
    }
  });
  api.use(async (c, next) => {
    const who = letIn(c, cookie, options);
    c.set('who', who);
    await next();
  });
  api.post(ROUTES.logout.path, (c) => {
    options.signIn.forget(getCookie(c, cookie) ?? '');
    deleteCookie(c, cookie, { path: options.secure ? '/' : `${options.prefix}/`, secure: options.secure });
    return c.json({});
  });
  api.get(ROUTES.me.path, (c) => c.json(c.get('who')));
  for (const [name, handler] of Object.entries(HANDLERS)) {
    const route: Route = ROUTES[name as RouteName];
    api.on(route.method, route.path, async (c) => {
      const who = c.get('who');
      if (route.needs !== undefined && !who.rights.includes(route.needs))
        throw new RequestError(`this takes the right ${route.needs}`, 403);
      const asking = {
        query: parsed(route.query ?? z.object({}), queries(c), 'the query'),
        params: parsed(route.params ?? z.object({}), c.req.param(), 'the path'),
        body:
          route.body === undefined || route.body === 'bytes'
            ? undefined
            : parsed(route.body, await readBody(c), 'the body'),
        who,
        signal: patient(c.req.raw.signal),
        request: c.req.raw,
      };
      const capture = c.req.query(CAPTURE_PARAMETER);
      const services =
        capture === undefined
          ? options.services
          : { ...options.services, ...options.services.captures.services(capture) };
      const progressed = new Progressed();
      const heard = { ...services, questions: progressed.of(services.questions) };
      const answering = (async () => (handler as Handler<RouteName>)(asking as Asking<RouteName>, heard))();
      const told = route.method === 'GET' && takesLines(c.req.header('accept'));
      const answer = told
        ? await answeredOrTold(answering, progressed, (error) => problemOf(error, c.req.path, options.log))
        : await answering;
      return answer instanceof Response ? answer : c.json(answer);
    });
  }
  api.all('*', () => {
    throw new RequestError('there is no such route', 404, { hint: 'docs/reference/api.md lists them' });
  });
  app.route(API, api);

  app.get('/healthz', (c) => c.text('ok\n'));
  app.use(
    '/assets/*',
    serveStatic({
      root: PAGE,
      precompressed: true,
      rewriteRequestPath: (path) => path.slice(options.prefix.length),
      onFound: (_, c) => c.header('Cache-Control', 'public, max-age=31536000, immutable'),
    }),
  );
  app.get('/assets/*', (c) => c.text('not found\n', 404));
  app.get('*', (c) => {
    const page = pageWith(options.prefix, c.get('nonce'));
    return c.html(page, 200, { 'Cache-Control': 'no-store' });
  });
  return app;
}

/** A request's signal: a card asks a dozen questions, and each of them listens. */
function patient(signal: AbortSignal): AbortSignal {
  setMaxListeners(MOST_LISTENERS, signal);
  return signal;
}

/** index.html as it is built, whose assets are named relative to it. @throws RequestError if it is not */
function pageWith(prefix: string, nonce: string): string {
  if (!existsSync(`${PAGE}index.html`))
    throw new RequestError('the page has not been built', 500, { hint: 'npm run build' });
  return readFileSync(`${PAGE}index.html`, 'utf8')
    .replaceAll('"./assets/', `"${prefix}/assets/`)
    .replaceAll('%PREFIX%', prefix)
    .replaceAll('%NONCE%', nonce);
}

/** The headers of every answer. */
function headers(nonce: string): Record<string, string> {
  return {
    'Content-Security-Policy':
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; ` +
      "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
      "require-trusted-types-for 'script'",
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  };
}

/** @throws RequestError 401 for whoever is not signed in */
function letIn(c: Context<Env>, cookie: string, { signIn, secure, prefix }: AppOptions): Who {
  const bearer = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '');
  if (bearer !== null) return signIn.byToken(bearer[1]);
  const proxied = signIn.byProxy((name) => c.req.header(name), addressOf(c));
  if (proxied !== undefined) {
    // The proxy's own cookie comes with what another site asks, too.
    sameOrigin(c);
    return proxied;
  }
  const value = getCookie(c, cookie);
  const known = value === undefined ? undefined : signIn.byCookie(value);
  if (known === undefined)
    throw new RequestError('you are not signed in', 401, {
      hint: 'open the link that mirrorlake console url prints',
    });
  sameOrigin(c);
  if (known.renewed !== undefined)
    setCookie(c, cookie, known.renewed, {
      path: secure ? '/' : `${prefix}/`,
      httpOnly: true,
      sameSite: 'Strict',
      secure,
    });
  return known.who;
}

/**
 * Refuses what another site's page asks: a cookie comes with it too. Browsers say where a request comes from,
 * over plain HTTP only to localhost; else Origin has to be this host.
 *
 * @throws RequestError 403
 */
function sameOrigin(c: Context<Env>): void {
  const site = c.req.header('sec-fetch-site');
  if (site === 'same-origin' || site === 'none') return;
  const origin = c.req.header('origin');
  if (
    site === undefined &&
    origin !== undefined &&
    URL.canParse(origin) &&
    new URL(origin).host === c.req.header('host')
  )
    return;
  // A browser sends no Origin with a GET to its own origin, and a GET changes nothing.
  if (site === undefined && origin === undefined && c.req.method === 'GET') return;
  throw new RequestError('this request comes from another site', 403);
}

/** The other end of the connection. */
function addressOf(c: Context<Env>): string {
  return c.env.incoming.socket.remoteAddress ?? '';
}

function queries(c: Context<Env>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

async function readBody(c: Context<Env>): Promise<unknown> {
  if (!/^application\/json\b/.test(c.req.header('content-type') ?? ''))
    throw new RequestError('the body has to be application/json', 400);
  if (Number(c.req.header('content-length') ?? Number.POSITIVE_INFINITY) > LONGEST_BODY)
    throw new RequestError(`a body has at most ${LONGEST_BODY} bytes`, 413);
  const text = await c.req.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError('the body is no JSON', 400);
  }
}

/** @throws RequestError that names the first wrong parameter */
function parsed<S extends z.ZodType>(schema: S, given: unknown, where: string): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = issue.path.join('.') || where;
  throw new RequestError(`${name}: ${issue.message}`, 400, {
    hint: 'docs/reference/api.md lists the parameters',
  });
}

function answerError(thrown: unknown, c: Context<Env>, log: Logger): Response {
  const problem = problemOf(thrown, c.req.path, log);
  return c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
    'Content-Type': 'application/problem+json',
  });
}

/** What the page is told of an error; the log has what is our own. */
function problemOf(thrown: unknown, path: string, log: Logger): Problem {
  const error = asError(thrown);
  const status =
    error instanceof RequestError
      ? error.status
      : error instanceof MirrorlakeError
        ? error.exitCode === 2
          ? 400
          : 503
        : 500;
  if (status === 500) log.error({ err: error, path }, 'a request failed');
  return {
    title: status === 500 ? 'internal error' : 'not answered',
    status,
    detail:
      status === 500 && !(error instanceof MirrorlakeError)
        ? 'an internal error; the log has it'
        : error.message,
    ...(error instanceof MirrorlakeError && error.hint !== undefined && { hint: error.hint }),
    ...(error instanceof RequestError && error.position !== undefined && { position: error.position }),
  };
}
