/** The tests' own programs, built next to the program under test (build.ts). */
import { join } from 'node:path';

/** Their sources, by name. */
export const PROGRAMS = {
  'lines-program': 'test/support/lines-program.ts',
  'network-loader': 'src/networks/loader.ts',
  'spool-holder': 'test/support/spool-holder.ts',
  'spool-writer': 'test/support/spool-writer.ts',
};

/** The built file of one of them, or of the program itself: `main`. */
export function program(name: string): string {
  return join(import.meta.dirname, '../../dist/cli', `${name}.js`);
}
