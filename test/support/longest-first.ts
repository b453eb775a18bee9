/** The order of test files. The longest begin first, so that none of them runs alone at the end. */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The longest files: without results of an earlier run Vitest sorts by size alone, and its results leave out
 * what a file does before its first test.
 */
const LONGEST = [
  'test/live/collect.test.ts',
  'test/interop/tunnels-linux.test.ts',
  'test/interop/compose.test.ts',
  'test/live/mirror.test.ts',
  'test/live/tunnels.test.ts',
  'test/live/collect-raw.test.ts',
  'test/live/doctor-packets.test.ts',
  'test/live/spool-disk-full.test.ts',
  'test/live/collect-descriptors.test.ts',
  'test/live/console-live.test.ts',
  'test/interop/ovs.test.ts',
  'test/live/console-mirrors.test.ts',
  'test/live/doctor.test.ts',
  'test/live/collect-live.test.ts',
  'test/live/collect-interfaces.test.ts',
  'test/interop/mirror.test.ts',
  'test/live/collect-owner.test.ts',
  'test/live/find-store.test.ts',
  'test/live/collect-spoofed.test.ts',
  'test/live/collect-tunnels.test.ts',
  'test/live/prometheus.test.ts',
  'test/live/status-health.test.ts',
  'test/live/collect-uncaught.test.ts',
  'test/live/pack.test.ts',
  'test/pages/access.test.ts',
  'test/pages/packets.test.ts',
  'test/pages/sessions.test.ts',
  'test/pages/overview.test.ts',
  'test/pages/mirrors.test.ts',
  'test/pages/hosts.test.ts',
  'test/console/captures.test.ts',
  'test/store/exactly-once.test.ts',
  'test/cli/read-workers.test.ts',
  'test/store/migrations.test.ts',
  'test/console/packets-decode.test.ts',
  'test/hostile/data.test.ts',
  'test/store/rollups.test.ts',
  'test/packaging/tutorial.test.ts',
  'test/cli/read-packets.test.ts',
  'test/store/location.test.ts',
  'test/store/cluster.test.ts',
  'test/hostile/questions-cost.test.ts',
  'test/applications/fuzz.test.ts',
  'test/receive/file/compressed.test.ts',
  'test/cli/installation.test.ts',
  'test/hostile/questions.test.ts',
  'test/console/sign-in.test.ts',
  'test/mutated.test.ts',
  'test/cli/export.test.ts',
  'test/generated.test.ts',
  'test/receive/file/cost.test.ts',
  'test/store/store.test.ts',
  'test/store/failures.test.ts',
  'test/cli/help.test.ts',
  'test/hostile/packets-collisions.test.ts',
  'test/store/conversations.test.ts',
  'test/accounts/sequence.test.ts',
  'test/cli/completion.test.ts',
  'test/console/command.test.ts',
  'test/cli/read-nothing.test.ts',
  'test/applications/golden.test.ts',
  'test/cli/read.test.ts',
  'test/sessions/copy-watch.test.ts',
  'test/collector/console.test.ts',
  'test/collector/spoofed.test.ts',
  'test/hostile/engine.test.ts',
  'test/hostile/packets-sessions.test.ts',
  'test/cli/find-store.test.ts',
  'test/store/spool.test.ts',
];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = (file: TestSpecification): number => {
      const at = LONGEST.indexOf(relative(this.ctx.config.root, file.moduleId));
      return at < 0 ? LONGEST.length : at;
    };
    const sorted = await super.sort(files);
    // Files that share processes stay together: these end when a file of another project comes.
    const sharing = ({ project }: TestSpecification): string => (project.config.isolate ? '' : project.name);
    const places = [...new Set(sorted.map(sharing))];
    const place = (file: TestSpecification): number => places.indexOf(sharing(file));
    return sorted.sort((a, b) => place(a) - place(b) || rank(a) - rank(b));
  }
}
