/**
 * What goes into the tarball with the program: the raw-socket package, with a nan that compiles on the
 * releases of Node.js people run. An installation does not heed this package's `overrides`, so both are
 * bundled. npm heeds no override of a bundled package either, and would call the tree of a checkout invalid
 * (`npm ls`, `npm sbom`): so two package.json are others while `npm pack` runs.
 *
 * - This package's names the bundle, and has an installation compile the addon (compile-addon.js): npm runs
 *   no script of a bundled package.
 * - raw-socket's asks for the nan that comes with it, and has its sources packed alone: what was compiled
 *   here has the paths of whoever packs.
 *
 *     tsx packaging/bundle.ts begin    before (prepack)
 *     tsx packaging/bundle.ts end      after (postpack), and after one that was broken off
 *
 * Another checkout than this one is named behind.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = process.argv[3] ?? join(import.meta.dirname, '..');
const OURS = join(ROOT, 'package.json');
const THEIRS = join(ROOT, 'node_modules/raw-socket/package.json');

interface Manifest {
  readonly overrides?: { readonly nan?: string };
  readonly scripts?: object;
}

/**
 * Puts another text in place of a file's; the first is kept for {@link restore}. Readers find one or the
 * other, whole.
 */
function replace(file: string, change: (manifest: Manifest) => object): void {
  const kept = `${file}.kept`;
  if (!existsSync(kept)) writeFileSync(kept, readFileSync(file));
  const manifest = JSON.parse(readFileSync(kept, 'utf8')) as Manifest;
  writeFileSync(`${file}.new`, `${JSON.stringify(change(manifest), null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function restore(file: string): void {
  if (existsSync(`${file}.kept`)) renameSync(`${file}.kept`, file);
}

const { overrides } = JSON.parse(readFileSync(OURS, 'utf8')) as Manifest;
if (process.argv[2] === 'begin') {
  replace(OURS, (manifest) => ({
    ...manifest,
    bundleDependencies: ['raw-socket'],
    scripts: { ...manifest.scripts, install: 'node packaging/compile-addon.js' },
  }));
  replace(THEIRS, (manifest) => ({
    ...manifest,
    dependencies: { nan: overrides?.nan },
    files: ['src', 'binding.gyp'],
    gypfile: false,
  }));
} else if (process.argv[2] === 'end') {
  restore(THEIRS);
  restore(OURS);
} else {
  process.stderr.write('say begin or end\n');
  process.exitCode = 2;
}
