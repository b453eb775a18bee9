import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../support/needs.js';

const ROOT = join(import.meta.dirname, '../..');

describeWith(
  ['root', 'npm', 'g++', 'make', 'python3'],
  'the package, installed globally in a clean prefix',
  () => {
    let directory: string;
    let prefix: string;
    /** Nothing but the installed program and the system's. */
    let env: NodeJS.ProcessEnv;

    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'mirrorlake-pack-'));
      prefix = join(directory, 'prefix');
      mkdirSync(prefix);
      env = { ...process.env, PATH: `${join(prefix, 'bin')}:${process.env.PATH}` };
      const npm = (...args: string[]): void => {
        execFileSync('npm', args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
      };
      npm('pack', '--pack-destination', directory);
      const tarball = join(directory, readdirSync(directory).find((file) => file.endsWith('.tgz'))!);
      npm(
        'install',
        '--global',
        '--prefix',
        prefix,
        '--allow-scripts=raw-socket',
        '--no-audit',
        '--prefer-offline',
        tarball,
      );
    }, 400_000);
    afterAll(() => {
      rmSync(directory, { recursive: true, force: true });
    });

    function mirrorlake(...args: string[]): string {
      return execFileSync('mirrorlake', args, { cwd: directory, env, encoding: 'utf8', stdio: 'pipe' });
    }

    it('has the version and what an appliance needs, and no tests', () => {
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
      expect(mirrorlake('--version')).toBe(`${version}\n`);
      const home = join(prefix, 'lib/node_modules/mirrorlake');
      for (const file of [
        'packaging/mirrorlake.service',
        'packaging/mirrorlake.yaml',
        'LICENSE',
        'README.md',
      ]) {
        expect(existsSync(join(home, file)), file).toBe(true);
      }
      for (const file of ['src', 'test', 'bench']) expect(existsSync(join(home, file)), file).toBe(false);
      expect(readFileSync(join(prefix, 'share/man/man1/mirrorlake.1'), 'utf8')).toContain(
        `mirrorlake ${version}`,
      );
      expect(mirrorlake('completion', 'bash')).toContain('complete');
    });

    it('reads a capture into an embedded store and answers in SQL', () => {
      mirrorlake('read', join(ROOT, 'lab/demo.pcapng.gz'), '--store', 'data');
      expect(Number(mirrorlake('query', 'SELECT count() FROM sessions', '--store', 'data'))).toBeGreaterThan(
        1000,
      );
    });

    it('receives through raw sockets, whose addon was compiled on the way', async () => {
      const collector = spawn('mirrorlake', ['collect', '--store', 'live'], {
        cwd: directory,
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      collector.stderr.on('data', (d: Buffer) => {
        said += d.toString();
      });
      const exited = once(collector, 'exit');
      try {
        await expect.poll(() => said, { timeout: 30_000 }).toContain('receiving GRE on raw sockets');
        expect(mirrorlake('status', '--store', 'live')).toMatch(/raw \(raw\) +up/);
      } finally {
        collector.kill('SIGTERM');
      }
      expect(await exited).toEqual([0, null]);
    });
  },
);
