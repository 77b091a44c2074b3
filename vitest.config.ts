import { defineConfig } from 'vitest/config';

/** What watches a clock, or a browser that watches one. */
const alone = [
  'test/api/callbacks.test.ts',
  'test/browser/**/*.test.ts',
  'test/chaos/**/*.test.ts',
  'test/cli/benchmark.test.ts',
  'test/cli/verify.test.ts',
  'test/equivalence/three-ways.test.ts',
  'test/pool/**/*.test.ts',
  'test/runtime/**/*.test.ts',
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
