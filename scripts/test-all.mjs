/** Lint, type check and every test, in this order, all of them whatever fails, counted. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Ends with the line `N passed, N failed` (and `, N skipped`), lint and type check counting as one test each.
 * The line goes to the file that GRADPOOL_TEST_SUMMARY names, where .ci/run set that, to end its own output with.
 * @param {object} parts each runs, prints and resolves to its exit code
 * @param {() => Promise<number>} parts.lint
 * @param {() => Promise<number>} parts.typecheck
 * @param {(args: string[]) => Promise<number>} parts.vitest
 * @returns {Promise<number>} the exit code: 0 only when nothing failed
 */
export async function testAll({ lint, typecheck, vitest }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, part] of Object.entries({ Lint: lint, 'Type check': typecheck })) {
    console.log(`\n${name}`);
    const passed = stopAtSignal(await part()) === 0;
    counts[passed ? 'passed' : 'failed']++;
  }
  console.log('\nTests');
  const tests = await countTests(vitest);
  counts.passed += tests.passed;
  counts.failed += tests.failed;
  counts.skipped += tests.skipped;
  report(
    `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
  );
  return counts.failed === 0 ? 0 : 1;
}

/** A run that ends badly counts as a failure even when each test it got to passed. */
async function countTests(/** @type {(args: string[]) => Promise<number>} */ vitest) {
  const folder = mkdtempSync(join(tmpdir(), 'gradpool-test-'));
  const path = join(folder, 'counts.json');
  process.env.GRADPOOL_TEST_COUNTS = path;
  try {
    const code = stopAtSignal(await vitest(['--reporter=default', '--reporter=./scripts/count-reporter.ts']));
    const counts = readCounts(path);
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns {{ passed: number, failed: number, skipped: number }} */
function readCounts(/** @type {string} */ path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    console.error('The test run broke before it was counted.');
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** Who stops the tests wants none of the rest. */
function stopAtSignal(/** @type {number} */ code) {
  if (code < 128) return code;
  throw Object.assign(new Error('The tests were stopped by a signal.'), { name: 'StoppedError', code });
}

function report(/** @type {string} */ line) {
  const summary = process.env.GRADPOOL_TEST_SUMMARY;
  if (summary) writeFileSync(summary, `${line}\n`);
  else console.log(`\n${line}`);
}
