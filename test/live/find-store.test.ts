/** Commands find a collector by its socket in /run, in a mount namespace with a /run of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { MAIN } from '../support/collector.js';
import { describeWith } from '../support/needs.js';
import { until } from '../support/tunnel-world.js';

const CAPTURE = resolve('test/fixtures/erspan2.pcap');
const RUN = '/run/mirrorlake/control.sock';
const COUNT = ['query', 'SELECT count() FROM sessions'];

describeWith(
  ['root', 'unshare', 'nsenter', 'setpriv', 'python3'],
  'commands beside a running collector',
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-beside-'));
    // Another user goes through it.
    chmodSync(directory, 0o755);
    let namespace: ChildProcess;
    let collector: ChildProcess | undefined;
    let server: ClickHouseServer;
    let log = '';

    beforeAll(async () => {
      namespace = spawn('unshare', [
        '-m',
        'sh',
        '-c',
        'mount -t tmpfs none /run && echo ready && exec sleep infinity',
      ]);
      let said = '';
      namespace.stdout?.on('data', (d: Buffer) => {
        said += d.toString();
      });
      await until(() => said.includes('ready'));
      const users = join(directory, 'users.xml');
      const user = (name: string, password: string): string =>
        `<${name}><password>${password}</password><networks><ip>::/0</ip></networks></${name}>`;
      writeFileSync(
        users,
        `<clickhouse><profiles><default/></profiles><quotas><default/></quotas>
        <users>${user('default', '')}${user('lake', 'secret')}${user('reader', '')}</users></clickhouse>`,
      );
      server = await ClickHouseServer.start({ config: `<users_config>${users}</users_config>` });
    });
    afterAll(async () => {
      namespace?.kill('SIGKILL');
      await server?.stop();
      rmSync(directory, { recursive: true, force: true });
    });
    afterEach(async () => {
      collector?.kill('SIGTERM');
      await until(
        () => collector === undefined || collector.exitCode !== null || collector.signalCode !== null,
      );
      collector = undefined;
    });

    const command = (words: readonly string[]): string[] => [
      ...['-t', String(namespace.pid), '-m', `--wd=${directory}/here`],
      ...words,
    ];

    async function collect(...words: string[]): Promise<void> {
      mkdirSync(join(directory, 'here'), { recursive: true });
      log = '';
      collector = spawn('nsenter', command([process.execPath, MAIN, 'collect', ...words]));
      collector.stderr?.on('data', (d: Buffer) => {
        log += d.toString();
      });
      await until(() => /receiving GRE on|no store: tunnels/.test(log));
    }

    function run(words: readonly string[], environment: Record<string, string> = {}, before: string[] = []) {
      const env = { ...process.env, MIRRORLAKE_STORE: '', ...environment };
      const program = command([...before, process.execPath, MAIN, ...words]);
      const { status, stdout, stderr } = spawnSync('nsenter', program, { env, encoding: 'utf8' });
      return { status, out: stdout, err: stderr };
    }

    it('ask it if it has a data directory, also when they name that, and never write to it', async () => {
      const store = join(directory, 'embedded');
      await collect('--store', store, '--control', RUN);
      expect(run(COUNT)).toEqual({ status: 0, out: '0\n', err: '' });
      expect(run([...COUNT, '--store', store])).toEqual({ status: 0, out: '0\n', err: '' });
      // The engine answers questions a little earlier than the collector calls the store up.
      await expect.poll(() => run(['status']).out).toContain(`store     ${store} is up`);
      expect(run(['status', '--store', store, '--health']).out).toBe('ok\n');
      expect(run(['spool', 'list']).err).toContain(`nothing waits in ${store}/spool`);
      for (const words of [
        ['query', 'DROP TABLE sessions', '--write'],
        ['spool', 'drop'],
        ['spool', 'retry'],
      ])
        expect(run(words)).toMatchObject({ status: 1, out: '' });

      expect(run(['read', CAPTURE]).err).toContain('stored in ./data\n');
      expect(run(COUNT)).toEqual({
        status: 0,
        out: '0\n',
        err:
          `mirrorlake: asking the collector at ${RUN}, whose store is ${store}; for the one ` +
          `here: --store ./data\n`,
      });
      expect(run([...COUNT, '--store', './data'])).toEqual({ status: 0, out: '1\n', err: '' });
      expect(run(COUNT, { MIRRORLAKE_STORE: './data' })).toEqual({ status: 0, out: '1\n', err: '' });
      // The environment selects the store of questions, not the collector.
      expect(run(['status', '--health'], { MIRRORLAKE_STORE: './data' }).out).toBe('ok\n');

      const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
      rmSync(join(directory, 'here/data'), { recursive: true });
      expect(run(COUNT, {}, nobody).err).toContain(
        `${RUN} may be asked by root and the collector's user and group`,
      );
      expect(run(['status'], {}, nobody).err).toContain(`${RUN}: not allowed; run as root`);
    });

    it('find it without a store by status, and query ./data', async () => {
      await collect('--store', 'none', '--tunnel', 'ml-find mode gre local 127.0.0.1 remote 127.0.0.2');
      expect(run(['status']).out).toContain('store     none: tunnels only');
      expect(run(COUNT).err).toContain(`the collector at ${RUN} has no store, and there is none in ./data`);
      run(['read', CAPTURE, '--quiet']);
      expect(run(COUNT)).toEqual({
        status: 0,
        out: '1\n',
        err: `mirrorlake: asking ./data: the collector at ${RUN} has no store\n`,
      });
      rmSync(join(directory, 'here/data'), { recursive: true });
    });

    it('use its server as the user for questions, or else as a user with the password', async () => {
      const config = join(directory, 'server.yaml');
      const write = (more: string): void =>
        writeFileSync(
          config,
          `store: ${server.url.replace('http://', 'http://lake:secret@')}/lake\nspool: { ` +
            `directory: ${directory}/spool }\n${more}`,
        );
      write('');
      await collect('--config', config);
      await until(() => run(['status']).out.includes(' is up'));
      const refused = run(COUNT);
      expect(refused.status).toBe(1);
      expect(refused.err).toContain(`the store of the collector at ${RUN}, refuses the user or password`);
      expect(refused.err).toContain('MIRRORLAKE_STORE_USER and MIRRORLAKE_STORE_PASSWORD');
      expect(refused.err).not.toContain('secret');
      expect(run(COUNT, { MIRRORLAKE_STORE_PASSWORD: 'secret' })).toEqual({
        status: 0,
        out: '0\n',
        err: '',
      });
      const user = ['query', 'SELECT currentUser()'];
      expect(run(user, { MIRRORLAKE_STORE_USER: 'reader' }).out).toBe('reader\n');
      expect(run([...user, '--config', config]).out).toBe('lake\n');
      expect(run(['status', '--json']).out).not.toContain('secret');
      collector?.kill('SIGTERM');
      await until(() => collector?.exitCode !== null);

      write('questions: { user: reader }\n');
      await collect('--config', config);
      await until(() => run(['status']).out.includes(' is up'));
      expect(run(user)).toEqual({ status: 0, out: 'reader\n', err: '' });
      expect(run([...user, '--config', config]).out).toBe('reader\n');
      // A server may be altered while it is written to, by a user who is named with a password.
      const made = run(['query', 'CREATE VIEW lake.v AS SELECT 1 AS n', '--write', '--config', config]);
      expect(made).toMatchObject({ status: 0, err: '' });
    });
  },
);
