/**
 * npm run build: builds the program from src/ into dist/cli/. The command line is split into parts that are
 * loaded on demand; every thread and process has one file. A run over a small capture starts a fifth sooner
 * than with one file per module, and V8 inlines constants that it does not inline across modules.
 *
 * All files are in one folder, at the depth of a room of src/, so that paths relative to a module (the
 * schemas, package.json, the file of a thread) are the same for source and program.
 *
 * The console's page is built from web/ into dist/console/, by Vite, for browsers.
 */
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Plugin, rolldown } from 'rolldown';
import { build as buildWith } from 'vite';

const ROOT = join(import.meta.dirname, '..');
const OUT = join(ROOT, 'dist/cli');

/** What is started, by the name of its file. */
const STARTED = {
  'session-worker': 'src/reader/session-worker.ts',
  'packet-worker': 'src/reader/packet-worker.ts',
  'store-worker': 'src/collector/store/store-worker.ts',
  'loaded-networks-worker': 'src/collector/store/loaded-networks-worker.ts',
  'ring-worker': 'src/collector/ring/ring-worker.ts',
  'tunnel-worker': 'src/tunnels/tunnel-worker.ts',
  'console-worker': 'src/console/worker.ts',
  'loader-worker': 'src/networks/loader-worker.ts',
  'chdb-starter': 'src/store/embedded/starter.ts',
  'chdb-worker': 'src/store/embedded/worker.ts',
  // Tests and benchmarks run tunnels without the rest of a collector.
  'tunnel-service': 'src/tunnels/service.ts',
  'tunnel-spec': 'src/tunnels/spec/spec.ts',
};

/**
 * Modules that are one file: what is reached from these, and not from the base, which every command loads.
 * What several reach is a file of theirs. Every file costs Node.js a third of a millisecond, every 50 kB of
 * source one more, so that a run over a small capture is to need few, and little that is not its own.
 */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  base: ['src/cli/command-line.ts', 'src/cli/read.ts'],
  commands: ['collect', 'status', 'query', 'spool', 'networks', 'schema', 'console', 'mirror'].map(
    (command) => `src/cli/${command}.ts`,
  ),
  packets: ['src/cli/export.ts'],
  reading: [
    ...['run', 'session-work', 'lines-output', 'open-output'].map((module) => `src/reader/${module}.ts`),
    'src/cli/read/summary.ts',
  ],
};

/** Which part a module is in, once all are known. */
class Parts {
  private readonly imports = new Map<string, readonly string[]>();
  private partOf: Map<string, string> | undefined;

  /** Learns of modules as they are parsed. */
  readonly plugin: Plugin = {
    name: 'parts',
    moduleParsed: ({ id, importedIds }) => void this.imports.set(id, importedIds),
  };

  name(module: string): string | null {
    this.partOf ??= this.all();
    return this.partOf.get(module) ?? null;
  }

  private all(): Map<string, string> {
    const reachedBy = new Map<string, string[]>();
    const reach = (module: string, part: string): void => {
      const imports = this.imports.get(module);
      const parts = reachedBy.get(module) ?? [];
      if (imports === undefined || parts.includes('base') || parts.includes(part)) return;
      reachedBy.set(module, [...parts, part]);
      for (const imported of imports) reach(imported, part);
    };
    for (const [part, sources] of Object.entries(PARTS))
      for (const source of sources) reach(join(ROOT, source), part);
    return new Map([...reachedBy].map(([module, parts]) => [module, parts.join('-')]));
  }
}

/** @returns the files written, without their folder */
async function bundle(name: string, source: string, inParts: boolean): Promise<string[]> {
  const parts = new Parts();
  const built = await rolldown({
    cwd: ROOT,
    platform: 'node',
    tsconfig: join(ROOT, 'tsconfig.json'),
    input: { [name]: source },
    external: /^[^./]/,
    preserveEntrySignatures: 'allow-extension',
    logLevel: 'warn',
    plugins: [parts.plugin],
  });
  const { output } = await built.write({
    dir: OUT,
    format: 'esm',
    sourcemap: true,
    codeSplitting: inParts && {
      includeDependenciesRecursively: false,
      groups: [{ name: (module) => parts.name(module), debugName: 'parts' }],
    },
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  });
  await built.close();
  return output.map((file) => file.fileName);
}

/**
 * Rebuilds dist/cli/. Source that does not parse is an error; types are left to the type check.
 *
 * @param more the tests' own programs, by name: they start as fast as the program, and share its folder
 */
export async function build(more: Readonly<Record<string, string>> = {}): Promise<void> {
  const written = await bundle('main', 'src/cli/main.ts', true);
  for (const [name, source] of Object.entries({ ...STARTED, ...more })) {
    written.push(...(await bundle(name, source, false)));
  }
  const twice = written.filter((file, i) => written.indexOf(file) !== i);
  if (twice.length > 0) throw new Error(`two parts of the program are called ${twice.join(', ')}`);
  for (const file of readdirSync(OUT)) {
    if (!written.includes(file)) rmSync(join(OUT, file), { recursive: true });
  }
}

/** The fonts that the page brings: Vite lists the licenses of scripts only. */
const FONTS = ['@fontsource-variable/inter', '@fontsource-variable/jetbrains-mono'];

/** Rebuilds dist/console/, with the licenses of all that is in it. */
export async function buildPage(): Promise<void> {
  // Tests have another environment, with which React would be its version for developers.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  await buildWith({ configFile: join(ROOT, 'web/vite.config.ts'), logLevel: 'warn', mode: 'production' });
  if (NODE_ENV === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = NODE_ENV;
  for (const font of FONTS) {
    const at = join(ROOT, 'node_modules', font);
    const { version } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { version: string };
    const text = `\n## ${font} - ${version} (OFL-1.1)\n\n${readFileSync(join(at, 'LICENSE'), 'utf8')}`;
    appendFileSync(join(ROOT, 'dist/console/licenses.md'), text);
  }
  compress(join(ROOT, 'dist/console/assets'));
}

/** Writes scripts and styles compressed, too: the console sends them as they are. */
function compress(folder: string): void {
  for (const file of readdirSync(folder).filter((name) => /\.(js|css)$/.test(name)))
    writeFileSync(join(folder, `${file}.gz`), gzipSync(readFileSync(join(folder, file)), { level: 9 }));
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  await Promise.all([build(), buildPage()]);
