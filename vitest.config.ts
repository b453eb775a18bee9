import { defineConfig } from 'vitest/config';

const live = ['test/live/**/*.test.ts', 'test/interop/**/*.test.ts'];

export default defineConfig({
  test: {
    globalSetup: 'test/support/build.ts',
    testTimeout: 60_000,
    // One test waits for a process where another computes: two at a time also on a small machine.
    maxWorkers: 2,
    hookTimeout: 120_000,
    // In CI a report is kept, so that a skipped test can be told from a passed one.
    reporters:
      process.env.CI === 'true' ? ['default', ['json', { outputFile: 'coverage/tests.json' }]] : ['default'],
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: live, sequence: { groupOrder: 0 } },
      },
      {
        // These make namespaces, devices and load: one after the other.
        extends: true,
        test: {
          name: 'live',
          include: live,
          fileParallelism: false,
          testTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
