import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests train with worker threads of their own: files side by side would only fight for the cores.
    fileParallelism: false,
  },
});
