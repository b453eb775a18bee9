/** A collector reports each problem once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAIN } from '../support/collector.js';
import { describeWith } from '../support/needs.js';

describeWith(['root'], 'a problem of the store is reported once', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-said-'));
  /** A server that refuses everybody. */
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(403, { 'x-clickhouse-exception-code': '516' });
        response.end('Code: 516. DB::Exception: me: Authentication failed. (AUTHENTICATION_FAILED)');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  /**
   * Runs a collector until it has logged a match, or has ended.
   *
   * @returns lines of stderr, and the exit status
   */
  async function collect(store: string, until: RegExp): Promise<{ lines: string[]; status: number | null }> {
    const config = join(directory, 'mirrorlake.yaml');
    const spool = join(directory, 'spool');
    const control = join(directory, 'control.sock');
    writeFileSync(config, `store: ${store}\nspool: { directory: ${spool} }\ncontrol: ${control}\n`);
    const child = spawn(process.execPath, [MAIN, 'collect', '--config', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const before = until.test(said);
      said += text;
      // A second signal would end it at once.
      if (!before && until.test(said)) child.kill('SIGTERM');
    });
    const [status] = (await once(child, 'close')) as [number | null];
    return { lines: said.trimEnd().split('\n'), status };
  }

  it('if it is away, though sessions and packets are stored separately', async () => {
    const { lines, status } = await collect('http://127.0.0.1:9/x', /segments wait in/);
    expect(status).toBe(0);
    const away = lines.filter((line) => line.includes('cannot be reached'));
    expect(away).toHaveLength(1);
    expect(JSON.parse(away[0])).toMatchObject({ level: 'warn', name: 'mirrorlake' });
  });

  it('if the password is wrong, which ends the collector with status 1', async () => {
    const { lines, status } = await collect(`http://me:secret@127.0.0.1:${port}/x`, /^$/);
    expect(status).toBe(1);
    const refused = lines.filter((line) => line.includes('refuses the user or password'));
    expect(refused).toHaveLength(1);
    expect(JSON.parse(refused[0])).toMatchObject({ level: 'error' });
    expect(lines.join('\n')).not.toMatch(/has died|secret/);
  });
});
