/** A TCP proxy that makes connections fail as networks and servers do. */
import { createServer, type Server, Socket } from 'node:net';

/** What happens to the next connection that carries an insert. */
export type Fault =
  /** The connection breaks after so many bytes have reached the server. */
  | { kind: 'reset in the body'; after: number }
  /** The server gets everything; its response is discarded and the connection reset. */
  | { kind: 'reset before the answer' }
  /** The server gets nothing, and the client this response. */
  | { kind: 'answer'; status: number; code: number }
  /** The server gets everything; its response never arrives. */
  | { kind: 'no answer' };

/** The head of a request that inserts a segment. */
const INSERT = /^POST [^\r\n]*INSERT(?:\+|%20)INTO(?:\+|%20)(?:sessions|transactions|certificates)/;

export class FaultProxy {
  /** Faults to come, one per insert. */
  readonly faults: Fault[] = [];
  /** Inserts that passed without a fault. */
  passed = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly target: number,
  ) {
    server.on('connection', (client) => this.connected(client));
  }

  /** Listens on a free port and forwards to port `target` of 127.0.0.1. */
  static async start(target: number): Promise<FaultProxy> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new FaultProxy(server, address.port, target);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private connected(client: Socket): void {
    const server = new Socket().connect(this.target, '127.0.0.1');
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    let fault: Fault | undefined;
    let forwarded = 0;
    client.on('data', (bytes: Buffer) => {
      // A request's head arrives in one piece; only inserts have their statement in it.
      if (INSERT.test(bytes.subarray(0, 65536).toString('latin1'))) {
        fault = this.faults.shift();
        forwarded = 0;
        if (fault === undefined) this.passed++;
        if (fault?.kind === 'answer') {
          const body = `Code: ${fault.code}. DB::Exception: for the test. (FOR_THE_TEST)\n`;
          client.end(
            `HTTP/1.1 ${fault.status} X\r\nContent-Length: ${body.length}\r\nX-ClickHouse-Exception-Code: ` +
              `${fault.code}\r\nConnection: close\r\n\r\n${body}`,
          );
          server.destroy();
          return;
        }
      }
      if (fault?.kind === 'answer') return;
      if (fault?.kind === 'reset in the body' && forwarded + bytes.length > fault.after) {
        server.write(bytes.subarray(0, fault.after - forwarded), () => {
          client.resetAndDestroy();
          server.resetAndDestroy();
        });
        return;
      }
      forwarded += bytes.length;
      server.write(bytes);
    });
    server.on('data', (bytes: Buffer) => {
      if (fault?.kind === 'no answer') return;
      if (fault?.kind === 'reset before the answer') {
        client.resetAndDestroy();
        server.destroy();
        return;
      }
      client.write(bytes);
    });
  }
}
