/** The order of test files. The longest begin first, so that none of them runs alone at the end. */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The longest files: without results of an earlier run Vitest sorts by size alone, and its results leave out
 * what a file does before its first test.
 */
const LONGEST = [
  'test/interop/compose.test.ts',
  'test/interop/tunnels-veth.test.ts',
  'test/live/collect.test.ts',
  'test/interop/tunnels-linux.test.ts',
  'test/live/doctor-packets.test.ts',
  'test/live/mirror.test.ts',
  'test/live/collect-raw.test.ts',
  'test/live/pack.test.ts',
  'test/live/tunnels.test.ts',
  'test/live/collect-descriptors.test.ts',
  'test/live/lab.test.ts',
  'test/live/find-store.test.ts',
  'test/live/collect-owner.test.ts',
  'test/live/spool-disk-full.test.ts',
  'test/interop/ovs.test.ts',
  'test/live/collect-interfaces.test.ts',
  'test/live/collect-tunnels.test.ts',
  'test/interop/mirror.test.ts',
  'test/interop/linux-mirror.test.ts',
  'test/store/exactly-once.test.ts',
  'test/hostile/data.test.ts',
  'test/cli/read-packets.test.ts',
  'test/packaging/tutorial.test.ts',
  'test/cli/installation.test.ts',
  'test/hostile/packets-sessions.test.ts',
  'test/store/migrations.test.ts',
  'test/hostile/engine.test.ts',
  'test/collector/spoofed.test.ts',
  'test/hostile/questions-cost.test.ts',
  'test/cli/read-nothing.test.ts',
  'test/hostile/questions.test.ts',
  'test/cli/export.test.ts',
  'test/store/cluster.test.ts',
  'test/cli/find-store.test.ts',
  'test/store/spool.test.ts',
  'test/cli/read.test.ts',
  'test/store/failures.test.ts',
  'test/cli/completion.test.ts',
  'test/cli/help.test.ts',
  'test/store/conversations.test.ts',
];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = (file: TestSpecification): number => {
      const at = LONGEST.indexOf(relative(this.ctx.config.root, file.moduleId));
      return at < 0 ? LONGEST.length : at;
    };
    const sorted = await super.sort(files);
    // Files of a project stay together: its processes end when a file of another project comes.
    const projects = [...new Set(sorted.map(({ project }) => project))];
    const place = ({ project }: TestSpecification): number => projects.indexOf(project);
    return sorted.sort((a, b) => place(a) - place(b) || rank(a) - rank(b));
  }
}
