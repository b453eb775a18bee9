/**
 * A real ClickHouse server for tests, without Docker: libchdb.so contains clickhouse-local, which can listen
 * for HTTP. It runs in its own process, called through Python's ctypes: ClickHouse checks its stack, and a
 * JavaScript FFI has another stack than it expects.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const CALLER = `
import ctypes, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
lib = ctypes.CDLL(sys.argv[1])
args = [b"clickhouse"] + [a.encode() for a in sys.argv[2:]]
argv = (ctypes.c_char_p * (len(args) + 1))(*args, None)
lib.chdb_query_cmdline.restype = ctypes.c_void_p
lib.chdb_query_cmdline(len(args), argv)
`;
const SERVE =
  'SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; SELECT sleepEachRow(1) FROM numbers(1000000000) ' +
  'FORMAT Null SETTINGS max_block_size=1, function_sleep_max_microseconds_per_block=0';

/**
 * The arguments that make python3 a server. `options` are ClickHouse's own; `before` runs before it listens.
 */
export function serverArguments(library: string, options: readonly string[], before = ''): string[] {
  return ['-c', CALLER, library, ...options, '--query', `${before}${SERVE}`];
}

/** The library in the platform's chdb package. */
export function libchdb(): string {
  const require = createRequire(import.meta.url);
  const chdb = createRequire(require.resolve('chdb/package.json'));
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  return join(dirname(chdb.resolve(`@chdb/lib-linux-${arch}-gnu/package.json`)), 'libchdb.so');
}

export class ClickHouseServer {
  private stopping = false;

  private constructor(
    readonly url: string,
    readonly httpPort: number,
    readonly tcpPort: number,
    readonly path: string,
    private process: ChildProcess,
    private readonly temporary: boolean,
  ) {}

  /**
   * Starts a server on free ports of 127.0.0.1, or of another address of this host, and waits until it
   * answers. `config` is the content of a server's XML file.
   */
  static async start(
    options: { path?: string; host?: string; httpPort?: number; tcpPort?: number; config?: string } = {},
  ): Promise<ClickHouseServer> {
    const path = options.path ?? mkdtempSync(join(tmpdir(), 'mirrorlake-clickhouse-'));
    mkdirSync(path, { recursive: true });
    const httpPort = options.httpPort ?? (await freePort());
    const tcpPort = options.tcpPort ?? (await freePort());
    const host = options.host ?? '127.0.0.1';
    const url = `http://${host}:${httpPort}`;
    const child = spawn(
      'python3',
      serverArguments(libchdb(), [
        `--http_port=${httpPort}`,
        `--tcp_port=${tcpPort}`,
        `--listen_host=${host}`,
        `--path=${path}`,
        ...(options.config === undefined ? [] : [`--config-file=${configFile(path, options.config)}`]),
      ]),
      { stdio: ['ignore', 'ignore', 'pipe'], cwd: path },
    );
    let said = '';
    child.stderr?.on('data', (d: Buffer) => {
      said = (said + d.toString()).slice(-4000);
    });
    const until = Date.now() + 60_000;
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the ClickHouse server ended while starting: ${said || child.signalCode}`);
      if (await answers(url)) break;
      if (Date.now() > until) {
        child.kill('SIGKILL');
        throw new Error(`the ClickHouse server did not answer within a minute: ${said}`);
      }
      await new Promise((done) => setTimeout(done, 50));
    }
    return new ClickHouseServer(url, httpPort, tcpPort, path, child, options.path === undefined);
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Kills it, as a crash would, and keeps its data. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((done) => this.process.once('exit', done));
    this.process.kill('SIGKILL');
    await ended;
  }

  /** Starts it again with the same ports and data. */
  async restart(): Promise<void> {
    const { path, httpPort, tcpPort } = this;
    const next = await ClickHouseServer.start({ path, httpPort, tcpPort });
    this.process = next.process;
  }

  /**
   * Restarts the server whenever it ends by itself, as a service manager would. As a library, the engine
   * sometimes aborts if a connection breaks within the head of a request.
   */
  keepUp(): void {
    this.process.once('exit', () => {
      if (!this.stopping) void this.restart().then(() => this.keepUp());
    });
  }

  /** Kills it and removes its data. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.kill();
    if (this.temporary) rmSync(this.path, { recursive: true, force: true });
  }

  /** Runs a statement, in `database`, and returns the response as text. */
  async sql(query: string, database = 'default'): Promise<string> {
    const { status, body } = await post(`${this.url}/?database=${database}`, query);
    if (status !== 200) throw new Error(body.slice(0, 2000));
    return body;
  }
}

/** Posts on a new connection: the server may close a kept one while a request is sent. */
async function post(url: string, text: string): Promise<{ status: number | undefined; body: string }> {
  const asked = request(url, { method: 'POST', agent: false });
  asked.end(text);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const bytes of answer.setEncoding('utf8')) body += bytes;
  return { status: answer.statusCode, body };
}

/** Writes a server's configuration next to its data. */
function configFile(path: string, config: string): string {
  const file = join(path, 'config.xml');
  writeFileSync(file, `<clickhouse>${config}</clickhouse>`);
  return file;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/ping`)).ok;
  } catch {
    return false;
  }
}

/**
 * A TCP port that nobody listens on. It is none of those that the kernel gives to connections (from 32768
 * on): one of them could take it before the server does, or while the server is started again.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; ; tries++) {
    const port = randomInt(10_240, 32_768);
    try {
      await new Promise<void>((done, failed) => {
        const server = createServer();
        server.once('error', failed);
        server.listen(port, '127.0.0.1', () => server.close(() => done()));
      });
      return port;
    } catch (error) {
      if (tries === 20) throw error;
    }
  }
}
