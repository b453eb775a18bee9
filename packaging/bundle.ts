/**
 * What the tarball contains besides the program: the raw-socket package, with a nan that compiles on current
 * releases of Node.js. An installation ignores this package's `overrides`, so both are bundled. npm ignores
 * overrides of a bundled package too, and would call a checkout's tree invalid (`npm ls`, `npm sbom`). So two
 * package.json files are different while `npm pack` runs:
 *
 * - This package's names the bundle, and makes an installation compile the addon (compile-addon.js): npm runs
 *   no script of a bundled package.
 * - raw-socket's requires the nan that comes with it, and packs only its sources: compiled files contain the
 *   paths of the machine that packs.
 *
 *     tsx packaging/bundle.ts begin    before (prepack)
 *     tsx packaging/bundle.ts end      after (postpack), and after an interrupted one
 *
 * A third argument names another checkout.
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
 * Replaces a file's content, and keeps the former for {@link restore}. Readers always see one of the two,
 * complete.
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
