/** The order of test files. The longest begin first, so that none of them runs alone at the end. */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The longest files, for a new checkout, which has no results of an earlier run: there, Vitest sorts by size
 * alone.
 */
const LONGEST = [
  'test/interop/tunnels-linux.test.ts',
  'test/interop/compose.test.ts',
  'test/live/tunnels.test.ts',
  'test/live/collect.test.ts',
  'test/live/collect-raw.test.ts',
  'test/live/doctor-packets.test.ts',
  'test/live/mirror.test.ts',
  'test/interop/tunnels-veth.test.ts',
  'test/live/tutorial.test.ts',
  'test/interop/mirror.test.ts',
  'test/live/pack.test.ts',
  'test/store/exactly-once.test.ts',
  'test/hostile/data.test.ts',
  'test/cli/read-packets.test.ts',
  'test/cli/export.test.ts',
  'test/cli/completion.test.ts',
];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = (file: TestSpecification): number => {
      const at = LONGEST.indexOf(relative(this.ctx.config.root, file.moduleId));
      return at < 0 ? LONGEST.length : at;
    };
    const known = (file: TestSpecification): boolean =>
      this.ctx.cache.getFileTestResults(
        `${file.project.name}:${relative(this.ctx.config.root, file.moduleId)}`,
      ) !== undefined;
    const sorted = await super.sort(files);
    // Groups of projects run one after the other, whatever the order of their files.
    return files.every(known) ? sorted : sorted.sort((a, b) => rank(a) - rank(b));
  }
}
