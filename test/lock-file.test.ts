import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageAt, unverified } from '../packaging/lock-integrity.js';

interface LockFile {
  packages: Record<
    string,
    {
      version?: string;
      resolved?: string;
      integrity?: string;
      dependencies?: Record<string, string>;
      optionalDependencies?: Record<string, string>;
    }
  >;
}

const TEXT = readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8');
const { packages } = JSON.parse(TEXT) as LockFile;

it('package-lock.json holds the optional packages of every platform; npm ci refuses it without them', () => {
  const names = new Set(Object.keys(packages).map(packageAt));
  const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.entries(optionalDependencies).filter(([name]) => !names.has(name)),
  );
  expect(missing).toEqual([]);
});

it(
  'package-lock.json has the checksum of every package (npx tsx packaging/lock-integrity.ts ' +
    'fills them in)',
  () => {
    // The registry that was last asked does not have these: chDB for systems that are not tested.
    const pending = ['@chdb/lib-darwin-arm64', '@chdb/lib-darwin-x64', '@chdb/lib-linux-arm64-gnu'];
    expect(
      unverified(packages)
        .map(packageAt)
        .filter((name) => !pending.includes(name)),
    ).toEqual([]);
    for (const { integrity = 'sha512-' } of Object.values(packages)) expect(integrity).toMatch(/^sha512-/);
  },
);

it('package-lock.json names no registry, and an exact version of every dependency in package.json', () => {
  expect(Object.values(packages).filter((p) => p.resolved !== undefined)).toEqual([]);
  const { '': root, ...rest } = packages;
  for (const [name, wanted] of Object.entries(root.dependencies ?? {})) {
    expect(rest[`node_modules/${name}`]?.version, name).toBe(wanted);
  }
});
