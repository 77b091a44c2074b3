/** Counts a Vitest run into the JSON file that GRADPOOL_TEST_COUNTS names: { passed, failed, skipped }. */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
  #filtered = false;

  onInit(vitest: Parameters<NonNullable<Reporter['onInit']>>[0]): void {
    this.#filtered = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      counts.failed += errorsOutsideTests(module);
      for (const test of module.children.allTests()) counts[this.#outcome(test)]++;
    }
    const path = process.env.GRADPOOL_TEST_COUNTS;
    if (path) writeFileSync(path, JSON.stringify(counts));
  }

  /** A test may be skipped for a reason that it gives, or because the command line asked for others. */
  #outcome(test: TestCase): 'passed' | 'failed' | 'skipped' {
    const result = test.result();
    if (result.state === 'passed') return 'passed';
    if (result.state !== 'skipped') return 'failed';
    if (result.note === undefined && this.#filtered) return 'skipped';
    console.log(`Skipped: ${test.fullName}: ${result.note ?? 'no reason given, which counts as failed'}`);
    return result.note === undefined ? 'failed' : 'skipped';
  }
}

/** A file that does not load, or a hook that fails, may leave no failed test behind. */
function errorsOutsideTests(module: TestModule): number {
  let errors = module.errors().length;
  for (const suite of module.children.allSuites()) errors += suite.errors().length;
  return errors;
}
