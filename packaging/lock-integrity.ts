/**
 * npx tsx packaging/lock-integrity.ts: adds missing checksums to package-lock.json, as the registry has them,
 * and names the packages that the registry does not have. npm omits checksums of packages it did not look up:
 * optional ones for other platforms, if they were not available when the lock file was made.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCK = join(import.meta.dirname, '../package-lock.json');

interface Locked {
  version?: string;
  integrity?: string;
  link?: boolean;
}

/** The packages of a lock file without a checksum, by path. */
export function unverified(packages: Readonly<Record<string, Locked>>): string[] {
  return Object.entries(packages)
    .filter(([place, p]) => place !== '' && p.link !== true && p.integrity === undefined)
    .map(([place]) => place);
}

/** `node_modules/a/node_modules/@b/c` is the package `@b/c`. */
export function packageAt(place: string): string {
  return place.slice(place.lastIndexOf('node_modules/') + 13);
}

function integrityOf(name: string, version: string): string | undefined {
  const { stdout, status } = spawnSync('npm', ['view', `${name}@${version}`, 'dist.integrity'], {
    encoding: 'utf8',
  });
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}

if (import.meta.filename === process.argv[1]) {
  const lock = JSON.parse(readFileSync(LOCK, 'utf8')) as { packages: Record<string, Locked> };
  for (const place of unverified(lock.packages)) {
    const { version, ...rest } = lock.packages[place];
    const name = packageAt(place);
    const integrity = integrityOf(name, version!);
    if (integrity === undefined) {
      process.stderr.write(`the registry has no checksum of ${name} ${version}: ask another one\n`);
      process.exitCode = 1;
    } else lock.packages[place] = { version: version!, integrity, ...rest };
  }
  writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
}
