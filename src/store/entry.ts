import { fileURLToPath } from 'node:url';

/**
 * The built file of module `name`, for a process of its own: beside this one in the program; what
 * `npm run build` made when this runs from source (tests, benchmarks).
 */
export function entry(name: string): string {
  const here = fileURLToPath(new URL('.', import.meta.url));
  return `${here.replace(/\/src\/store\/$/, '/dist/cli/')}${name}.js`;
}
