import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.js';

/** The console's pages in a browser, which is the same whatever Node.js serves them. */
const pages = ['test/pages/**/*.test.ts'];
const live = ['test/live/**/*.test.ts', 'test/interop/**/*.test.ts'];
/** These install packages, from the registry where npm has not kept them. */
const online = ['test/live/pack.test.ts'];
/**
 * These change their process (its directory, umask, modules, signals), or measure its CPU time or memory:
 * each has one of its own. All others share three, which load once what they test.
 */
const own = [
  'test/accounts/{numbering,numbering-removal,sequence-arithmetic}.test.ts',
  'test/cli/{find-store,terminal}.test.ts',
  'test/collector/{ring-receiver,spoofed,trials}.test.ts',
  'test/hostile/{engine,packets-*}.test.ts',
  'test/observe/control.test.ts',
  'test/receive/file/cost.test.ts',
  'test/sessions/{collisions,cost,dedup,memory,slot-index}.test.ts',
  'test/store/{question-patience,spool}.test.ts',
];

/**
 * For tests that compute much. V8 collects garbage with several threads, which together take more CPU time
 * than one does, and the workers keep a small machine busy as it is.
 */
const computing = ['--single-threaded-gc'];

export default defineConfig({
  test: {
    globalSetup: ['test/support/temporary.ts', 'test/support/build.ts'],
    // What one project compiles serves the others.
    experimental: { fsModuleCache: true, fsModuleCachePath: 'node_modules/.cache/vitest' },
    // Ends of what hangs, and no measure of speed: another's work may take most of the machine.
    testTimeout: 300_000,
    expect: { poll: { timeout: 120_000, interval: 100 } },
    // A test may wait for a process while another computes: three at a time even on a small machine.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    hookTimeout: 300_000,
    // In CI a report is kept, so that a skipped test can be told from a passed one.
    reporters:
      process.env.CI === 'true' ? ['default', ['json', { outputFile: 'coverage/tests.json' }]] : ['default'],
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...live, ...pages, ...own],
          execArgv: computing,
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'pages',
          include: pages,
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'unit-own',
          include: own,
          execArgv: computing,
        },
      },
      {
        // These make namespaces, devices and load: each file in network and mount namespaces of its own. They
        // mostly wait for timers of protocols and for processes, so more of them run at once than there may
        // be processors. Not beside the others: waiting costs CPU time too, and more of it on a busy machine.
        extends: true,
        test: {
          name: 'live',
          include: live,
          exclude: online,
          execArgv: ['--require', './test/support/own-machine.cjs'],
          // Without root there are no namespaces, and most of these say only that they are skipped.
          isolate: process.getuid?.() === 0,
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'online',
          include: online,
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
