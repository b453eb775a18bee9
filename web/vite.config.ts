import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page is served below any path: its files are named relative to it. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: 'es2022',
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
