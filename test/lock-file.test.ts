import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

interface LockFile {
  packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>;
}

it('package-lock.json holds the optional packages of every platform, without which npm ci refuses it', () => {
  const path = join(import.meta.dirname, '../package-lock.json');
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as LockFile;
  const names = new Set(
    Object.keys(packages).map((place) => place.slice(place.lastIndexOf('node_modules/') + 13)),
  );
  const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.entries(optionalDependencies).filter(([name]) => !names.has(name)),
  );
  expect(missing).toEqual([]);
});
