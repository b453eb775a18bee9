import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.js';

const live = ['test/live/**/*.test.ts', 'test/interop/**/*.test.ts'];
/** These install packages, from the registry where npm has not kept them. */
const online = ['test/live/pack.test.ts'];
/**
 * These change nothing of their process, start none, and measure neither CPU time nor memory: one process has
 * them one after the other, and loads what they test once.
 */
const pure = [
  'test/{wire,model,mirror-source,threads,tunnels}/**/*.test.ts',
  'test/{demux,doctor}/*.test.ts',
  'test/cli/{grouped,limits,status-text,summary}.test.ts',
  'test/collector/{configured-mirrors,mirror-accounts,mirror-names,policy,rule-index,separation}.test.ts',
  'test/packaging/{commands,compose,config,line-length,rooms,way-of-a-packet}.test.ts',
  'test/receive/file/{pcap,pcapng}.test.ts',
  'test/store/{community-id,kept-frame,ndjson,packet-ndjson,segment}.test.ts',
  'test/accounts/!(numbering|numbering-removal|sequence-arithmetic).test.ts',
  'test/sessions/!(collisions|cost|dedup|memory|slot-index).test.ts',
];

export default defineConfig({
  test: {
    globalSetup: 'test/support/build.ts',
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
          exclude: [...live, ...pure],
        },
      },
      {
        extends: true,
        test: {
          name: 'unit-pure',
          include: pure,
          isolate: false,
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
