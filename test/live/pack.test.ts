import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linksOf } from '../support/links.js';
import { describeWith } from '../support/needs.js';

const ROOT = join(import.meta.dirname, '../..');

/** @returns the path of a copy of the checkout, whose files are hard links, but for what packing writes */
function copyOfCheckout(): string {
  const places = join(ROOT, 'node_modules/.cache');
  mkdirSync(places, { recursive: true });
  const copy = mkdtempSync(join(places, 'mirrorlake-pack-'));
  const cp = (into: string, names: string[]): void => {
    execFileSync('cp', ['--archive', '--link', ...names, into]);
  };
  cp(
    copy,
    readdirSync(ROOT)
      .filter((name) => !['.git', 'node_modules', 'dist', 'coverage', 'man', 'sbom.cdx.json'].includes(name))
      .map((name) => join(ROOT, name)),
  );
  const modules = join(ROOT, 'node_modules');
  mkdirSync(join(copy, 'node_modules'));
  cp(
    join(copy, 'node_modules'),
    readdirSync(modules)
      .filter((name) => name !== '.cache')
      .map((name) => join(modules, name)),
  );
  return copy;
}

describeWith(
  ['root', 'npm', 'g++', 'make', 'python3'],
  'the package, installed globally in a clean prefix',
  () => {
    let directory: string;
    /** A copy of the checkout: packing changes some files for a while, which other tests read. */
    let checkout: string;
    let prefix: string;
    /** The package as it was packed. */
    let unpacked: string;
    let manifest: string;
    /** An environment with only the installed program and the system's. */
    let env: NodeJS.ProcessEnv;

    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'mirrorlake-pack-'));
      prefix = join(directory, 'prefix');
      mkdirSync(prefix);
      env = { ...process.env, PATH: `${join(prefix, 'bin')}:${process.env.PATH}` };
      checkout = copyOfCheckout();
      manifest = readFileSync(join(checkout, 'package.json'), 'utf8');
      const npm = (...args: string[]): void => {
        execFileSync('npm', args, { cwd: checkout, stdio: ['ignore', 'ignore', 'pipe'] });
      };
      npm('pack', '--pack-destination', directory);
      const tarball = join(directory, readdirSync(directory).find((file) => file.endsWith('.tgz'))!);
      unpacked = join(directory, 'unpacked');
      mkdirSync(unpacked);
      execFileSync('tar', ['-xzf', tarball, '-C', unpacked]);
      npm(
        'install',
        '--global',
        '--prefix',
        prefix,
        '--allow-scripts=mirrorlake',
        '--no-audit',
        '--prefer-offline',
        tarball,
      );
    }, 400_000);
    afterAll(() => {
      for (const made of [directory, checkout]) rmSync(made, { recursive: true, force: true });
    });

    function mirrorlake(...args: string[]): string {
      return execFileSync('mirrorlake', args, { cwd: directory, env, encoding: 'utf8', stdio: 'pipe' });
    }

    it('has the version and the files of an appliance, and no tests', () => {
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
      expect(mirrorlake('--version')).toBe(`${version}\n`);
      const home = join(prefix, 'lib/node_modules/mirrorlake');
      for (const file of [
        'packaging/mirrorlake.service',
        'packaging/mirrorlake.yaml',
        'packaging/prometheus/mirrorlake.rules.yml',
        'LICENSE',
        'NOTICE',
        'README.md',
      ]) {
        expect(existsSync(join(home, file)), file).toBe(true);
      }
      for (const file of ['src', 'test', 'bench/run.ts'])
        expect(existsSync(join(home, file)), file).toBe(false);
      expect(readFileSync(join(prefix, 'share/man/man1/mirrorlake.1'), 'utf8')).toContain(
        `mirrorlake ${version}`,
      );
      expect(mirrorlake('completion', 'bash')).toContain('complete');
    });

    it('has the documentation, whose links work, and says where it is', () => {
      const home = join(prefix, 'lib/node_modules/mirrorlake');
      const place = /^Documentation: (\S+); /m.exec(mirrorlake('query', '--help'))?.[1];
      expect(place).toBe(join(home, 'docs/'));
      const pages = [
        'README.md',
        'CONTRIBUTING.md',
        ...readdirSync(place!, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.md'))
          .map((name) => join('docs', name)),
      ];
      expect(pages.length).toBeGreaterThan(30);
      // These pages are read beside the source, which is not in the package; other tests check their links.
      const besideSource = ['docs/explanation/way-of-a-packet.md', 'docs/how-to/add-a-protocol.md'];
      const isSource = (page: string, link: string): boolean =>
        besideSource.includes(page) && /^\.\.\/\.\.\/(?:src|test)\//.test(link);
      const broken = pages.flatMap((page) =>
        linksOf(readFileSync(join(home, page), 'utf8'))
          .filter((link) => !isSource(page, link) && !existsSync(join(home, dirname(page), link)))
          .map((link) => `${page}: ${link}`),
      );
      expect(broken).toEqual([]);
    });

    it('contains nothing compiled, and nothing of the place where it was packed', () => {
      const files = readdirSync(unpacked, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
      expect(files.length).toBeGreaterThan(100);
      const names = files.map((f) => join(f.parentPath, f.name).slice(unpacked.length));
      expect(names).toContain('/package/node_modules/raw-socket/src/raw.cc');
      expect(names).toContain('/package/node_modules/nan/nan.h');
      expect(
        names.filter((name) => /\.(o|a|d|so|node|mk|gypi|map)$|Makefile|obj\.target/.test(name)),
      ).toEqual([]);
      for (const place of new Set([ROOT, checkout, homedir(), tmpdir(), hostname()])) {
        // A picture's bytes may be any: a short name of a host is among them by chance.
        const mention = names.filter(
          (name) => !name.endsWith('.png') && readFileSync(join(unpacked, name)).includes(`${place}/`),
        );
        expect(mention, place).toEqual([]);
      }
    });

    it('contains a list of its contents', () => {
      const { components } = JSON.parse(readFileSync(join(unpacked, 'package/sbom.cdx.json'), 'utf8')) as {
        components: { name: string; version: string }[];
      };
      expect(components).toContainEqual(expect.objectContaining({ name: 'nan', version: '2.30.0' }));
      const { version } = JSON.parse(
        readFileSync(join(unpacked, 'package/node_modules/nan/package.json'), 'utf8'),
      ) as { version: string };
      expect(version).toBe('2.30.0');
    });

    it('left the checkout unchanged', () => {
      expect(readFileSync(join(checkout, 'package.json'), 'utf8')).toBe(manifest);
      const addon = JSON.parse(
        readFileSync(join(checkout, 'node_modules/raw-socket/package.json'), 'utf8'),
      ) as {
        gypfile?: boolean;
      };
      expect(addon.gypfile).toBeUndefined();
    });

    it('compiles the addon again where the doctor says so', () => {
      const addon = join(prefix, 'lib/node_modules/mirrorlake/node_modules/raw-socket');
      rmSync(join(addon, 'build'), { recursive: true });
      const line = mirrorlake('doctor')
        .split('\n')
        .find((l) => l.includes('raw-socket:'));
      expect(line).toMatch(/^warn {2}raw-socket: its addon does not load: it is not there; /);
      const fix = line!.split('; fix it with: ')[1].replace(/ \(.*\)$/, '');
      execFileSync('sh', ['-c', fix], { env: { ...env, npm_config_prefix: prefix }, stdio: 'pipe' });
      expect(mirrorlake('doctor')).toContain('ok    raw-socket: its addon loads\n');
    });

    it('reads a capture into an embedded store and answers in SQL', () => {
      mirrorlake('read', join(ROOT, 'lab/demo.pcapng.gz'), '--store', 'data');
      expect(Number(mirrorlake('query', 'SELECT count() FROM sessions', '--store', 'data'))).toBeGreaterThan(
        1000,
      );
    });

    it('receives through raw sockets, whose addon was compiled during installation', async () => {
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
        await expect.poll(() => said).toContain('receiving GRE on raw sockets');
        expect(mirrorlake('status', '--store', 'live')).toMatch(/raw \(raw\) +up/);
      } finally {
        collector.kill('SIGTERM');
      }
      expect(await exited).toEqual([0, null]);
    });
  },
);
