/** What two hosts do with each other in tests: ping, HTTP, DNS, and a refused connection. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const SERVER = `
const http = require('node:http'), dgram = require('node:dgram');
http.createServer((q, r) => r.end('x'.repeat(5000))).listen(80, '::');
const d = dgram.createSocket('udp6');
d.on('message', (m, from) => {
  const answer = Buffer.concat([m.subarray(0, 2), Buffer.from([0x81, 0x80]), m.subarray(4)]);
  d.send(answer, from.port, from.address);
});
d.bind(53, '::', () => console.log('ready'));
`;

const CLIENT = `
const http = require('node:http'), dgram = require('node:dgram'), net = require('node:net');
const [server, port] = [process.argv[1], Number(process.argv[2])];
const family = net.isIPv6(server) ? 'udp6' : 'udp4';
const query = Buffer.from('123401000001000000000000076578616d706c65036e65740000010001', 'hex');
(async () => {
  await new Promise((done, failed) => {
    const options = { host: server, port: 80, localPort: port, headers: { connection: 'close' } };
    const q = http.get(options, (r) => r.resume().on('close', done));
    q.on('error', failed);
  });
  await new Promise((done) => {
    const d = dgram.createSocket(family);
    d.on('message', () => { d.close(); done(); });
    d.bind(port, () => d.send(query, 53, server));
  });
  await new Promise((done, failed) => {
    const s = net.connect({ host: server, port: 81, localPort: port });
    s.on('connect', () => failed(new Error('nobody should listen on port 81')));
    s.on('error', done);
  });
})();
`;

export class HostServer {
  private constructor(private readonly process: ChildProcess) {}

  /** Serves HTTP on port 80 and DNS on port 53 in a network namespace. */
  static async start(netns: string): Promise<HostServer> {
    const child = spawn('ip', ['netns', 'exec', netns, process.execPath, '-e', SERVER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout!, 'data');
    return new HostServer(child);
  }

  stop(): void {
    this.process.kill();
  }
}

/**
 * The command of a client that fetches a page, resolves a name, and is refused on port 81, always from the
 * same port.
 */
export function clientCommand(server: string, port: number): string[] {
  return [process.execPath, '-e', CLIENT, server, String(port)];
}
