import { fileURLToPath } from 'node:url';

/**
 * The built file of module `name`, to run as its own process: next to this one in the program; from
 * `npm run build` if this runs from source (tests, benchmarks).
 */
export function entry(name: string): string {
  const here = fileURLToPath(new URL('.', import.meta.url));
  return `${here.replace(/\/src\/store\/$/, '/dist/cli/')}${name}.js`;
}
