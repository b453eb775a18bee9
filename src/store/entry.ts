import { fileURLToPath } from 'node:url';

/**
 * The compiled module `name` of this room, for a process or thread of its own. When this module itself runs from
 * source (tests, benchmarks), that is the one `npm run build` put in dist/.
 */
export function entry(name: string): string {
  const here = fileURLToPath(new URL('.', import.meta.url));
  return `${here.replace(/\/src\/store\/$/, '/dist/store/')}${name}.js`;
}
