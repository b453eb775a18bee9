import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin, type Rolldown } from 'vite';

const ROOT = import.meta.dirname;
/** The script that runs while the others are on their way: not after them, as a part of them. */
const FIRST = 'src/first.ts';
const MAIN = 'src/main.tsx';

/** The modules that are loaded with one: what it imports, and what that does, but nothing on demand. */
function loadedWith(entry: string, context: Rolldown.ChunkingContext): ReadonlySet<string> {
  const loaded = new Set<string>();
  const add = (id: string): void => {
    if (loaded.has(id)) return;
    loaded.add(id);
    for (const imported of context.getModuleInfo(id)?.importedIds ?? []) add(imported);
  };
  add(`${ROOT}/${entry}`);
  return loaded;
}

/** Two files for all that is loaded first, in place of one for every set of pages that share something. */
function filesLoadedFirst(): Rolldown.CodeSplittingNameFunction {
  let files: readonly (readonly [name: string, modules: ReadonlySet<string>])[] | undefined;
  return (id, context) => {
    files ??= [
      ['asking', loadedWith(FIRST, context)],
      ['page', loadedWith(MAIN, context)],
    ];
    return files.find(([, modules]) => modules.has(id))?.[0];
  };
}

/** The files of both fonts that every page needs. Unnamed, they are asked for once a text is laid out. */
const FONTS = /^(inter|jetbrains-mono)-latin-wght-normal\.woff2$/;

/** Names in the page what is loaded first: the script that runs as soon as it is there, and the fonts. */
function firstFiles(): Plugin {
  return {
    name: 'first-files',
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle }) => {
        const files = Object.values(bundle ?? {});
        const chunks = files.filter((file) => file.type === 'chunk');
        const fonts = files.filter(({ type, names }) => type === 'asset' && names.some((n) => FONTS.test(n)));
        const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(FIRST) === true);
        const src = bundle === undefined ? `/${FIRST}` : `./${chunk!.fileName}`;
        const attrs = { type: 'module', async: true, crossorigin: true, src };
        const preload = fonts.map(({ fileName }) => ({
          tag: 'link',
          attrs: { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: true, href: `./${fileName}` },
        }));
        return [{ tag: 'script', attrs, injectTo: 'head-prepend' }, ...preload];
      },
    },
  };
}

/** The page is served below any path: its files are named relative to it. */
export default defineConfig({
  root: ROOT,
  base: './',
  plugins: [react(), firstFiles()],
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: {
      input: ['index.html', FIRST].map((file) => `${ROOT}/${file}`),
      output: { codeSplitting: { groups: [{ name: filesLoadedFirst(), debugName: 'first' }] } },
    },
    // Inlined files would be data: URLs, which the page's policy has for images only.
    assetsInlineLimit: 0,
    // What is bundled, with its licenses: it goes into the package.
    license: { fileName: 'licenses.md' },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
  // `npm run console` serves the sources; the API is that of a console on its usual port.
  server: { proxy: { '/api': 'http://127.0.0.1:9480' } },
});
