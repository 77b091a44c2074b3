import { defineConfig } from 'vitest/config';

/** What trains on several workers, or watches a clock: a file beside it would only fight for the cores. */
const alone = [
  'test/api/callbacks.test.ts',
  'test/bits.test.ts',
  'test/browser/**/*.test.ts',
  'test/chaos/**/*.test.ts',
  'test/cli/benchmark.test.ts',
  'test/cli/verify.test.ts',
  'test/coordinator/**/*.test.ts',
  'test/equivalence/three-ways.test.ts',
  'test/exchange/faults.test.ts',
  'test/exchange/machines.test.ts',
  'test/exchange/ranks.test.ts',
  'test/gan/bits.test.ts',
  'test/package.test.ts',
  'test/pool/**/*.test.ts',
  'test/runtime/**/*.test.ts',
  'test/scripts/**/*.test.ts',
  'test/tensorflow-bits.test.ts',
];

export default defineConfig({
  test: {
    globalSetup: ['testing/compile-cache.ts', 'testing/built-pages.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          // Most of these compute in one thread, or start one program after the other.
          name: 'side by side',
          include: ['test/**/*.test.ts'],
          exclude: alone,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: alone, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
