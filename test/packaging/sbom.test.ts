import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { npm } from '../support/npm.js';

const ROOT = join(import.meta.dirname, '../..');
const FILE = join(ROOT, 'sbom.cdx.json');

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly scope: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly object[];
}

describe('npm run sbom', () => {
  let text: string;
  let bom: {
    bomFormat: string;
    specVersion: string;
    metadata: { component: { name: string; version: string; type: string } };
    components: Component[];
    dependencies: { ref: string; dependsOn: string[] }[];
  };
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };

  beforeAll(() => {
    rmSync(FILE, { force: true });
    npm('run', 'sbom');
    text = readFileSync(FILE, 'utf8');
    bom = JSON.parse(text);
  });

  it('writes CycloneDX for this version', () => {
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: expect.stringMatching(/^1\.\d$/) });
    const { version } = manifest;
    expect(bom.metadata.component).toMatchObject({ name: 'mirrorlake', version, type: 'application' });
  });

  it('lists the parts of an installation with licenses and checksums, and no development tools', () => {
    for (const [name, version] of Object.entries(manifest.dependencies)) {
      expect(bom.components).toContainEqual(expect.objectContaining({ name, version }));
    }
    expect(bom.components).toContainEqual(expect.objectContaining({ name: 'nan', version: '2.30.0' }));
    const names = new Set(bom.components.map((c) => c.name));
    for (const name of Object.keys(manifest.devDependencies)) expect(names).not.toContain(name);
    for (const { name, hashes, licenses, scope } of bom.components) {
      // Optional packages for other systems may have been missing when the lock file was made.
      if (scope === 'optional') continue;
      expect(hashes?.[0], name).toMatchObject({
        alg: 'SHA-512',
        content: expect.stringMatching(/^[0-9a-f]{128}$/),
      });
      expect(licenses?.length, name).toBeGreaterThan(0);
    }
  });

  it('writes the same each time, and names no registry', () => {
    execFileSync(process.execPath, ['--import', 'tsx', 'packaging/make-sbom.ts'], { cwd: ROOT });
    expect(readFileSync(FILE, 'utf8')).toBe(text);
    expect(text).not.toMatch(/"resolved"|"distribution"|registry\./);
  });

  it('leaves npm ls and npm sbom working', () => {
    expect(npm('ls', '--all', '--omit=dev')).toContain('raw-socket');
    expect(JSON.parse(npm('sbom', '--omit=dev', '--sbom-format=cyclonedx'))).toMatchObject({
      bomFormat: 'CycloneDX',
    });
  });
});

it('the bundle exists only while npm packs', () => {
  const checkout = mkdtempSync(join(tmpdir(), 'mirrorlake-bundle-'));
  mkdirSync(join(checkout, 'node_modules/raw-socket'), { recursive: true });
  const names = ['package.json', 'node_modules/raw-socket/package.json'];
  for (const name of names) cpSync(join(ROOT, name), join(checkout, name));
  const texts = (): string[] => names.map((name) => readFileSync(join(checkout, name), 'utf8'));
  const before = texts();
  const bundle = (word: string): void => {
    const words = ['--import', 'tsx', 'packaging/bundle.ts', word, checkout];
    execFileSync(process.execPath, words, { cwd: ROOT });
  };
  bundle('begin');
  // The first one was interrupted, and packing begins again.
  bundle('begin');
  const [ours, theirs] = texts().map((text) => JSON.parse(text) as object);
  expect(ours).toMatchObject({
    bundleDependencies: ['raw-socket'],
    scripts: { install: 'node packaging/compile-addon.js' },
  });
  expect(theirs).toMatchObject({ dependencies: { nan: '2.30.0' }, gypfile: false });
  bundle('end');
  bundle('end');
  expect(texts()).toEqual(before);
  expect(readdirSync(checkout).sort()).toEqual(['node_modules', 'package.json']);
  rmSync(checkout, { recursive: true });
});
