import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

test.each([
  ['passed', 'test(`a`, () => {}); test(`b`, () => {});', { passed: 2, failed: 0, skipped: 0 }],
  ['failed', 'test(`a`, () => { throw new Error(`no`) });', { passed: 0, failed: 1, skipped: 0 }],
  ['skipped for a reason', 'test(`a`, ({ skip }) => skip(`why`));', { passed: 0, failed: 0, skipped: 1 }],
  ['skipped without one', 'test.skip(`a`, () => {});', { passed: 0, failed: 1, skipped: 0 }],
  ['in a file that breaks', 'throw new Error(`no`);', { passed: 0, failed: 1, skipped: 0 }],
  [
    'followed by an error that no test caught',
    'test(`a`, () => { setTimeout(() => { throw new Error(`late`) }) }); test(`b`, () => new Promise((done) => setTimeout(done, 50)));',
    { passed: 2, failed: 1, skipped: 0 },
  ],
])('tests that are %s are counted as that.', (_, body, counts) => {
  mkdirSync(join(root, 'build'), { recursive: true });
  const folder = temporary(join(root, 'build'));
  writeFileSync(join(folder, 'a.test.js'), `import { test } from 'vitest';\n${body}`);
  writeFileSync(join(folder, 'vitest.config.js'), 'export default {};');
  const reporter = `--reporter=${join(root, 'scripts', 'count-reporter.ts')}`;
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  spawnSync(process.execPath, [vitest, 'run', '--root', folder, reporter], {
    env: { ...process.env, GRADPOOL_TEST_COUNTS: join(folder, 'counts.json') },
  });
  expect(JSON.parse(readFileSync(join(folder, 'counts.json'), 'utf8'))).toEqual(counts);
});

test.each([
  ['all passed', 'echo "3 passed, 0 failed" > "$GRADPOOL_TEST_SUMMARY"', '3 passed, 0 failed', 0],
  [
    'some were skipped',
    'echo "3 passed, 0 failed, 1 skipped" > "$GRADPOOL_TEST_SUMMARY"',
    '3 passed, 0 failed, 1 skipped',
    0,
  ],
  ['some failed', 'echo "2 passed, 1 failed" > "$GRADPOOL_TEST_SUMMARY"; exit 1', '2 passed, 1 failed', 1],
  ['the run broke before it was counted', 'exit 7', '0 passed, 1 failed', 7],
  ['the run ended well, but was not counted', 'exit 0', '0 passed, 1 failed', 1],
  [
    'the run broke after it was counted',
    'echo "3 passed, 0 failed" > "$GRADPOOL_TEST_SUMMARY"; exit 3',
    '0 passed, 1 failed',
    3,
  ],
])('.ci/run ends with the count and the exit code when %s.', (_, npm, line, code) => {
  const folder = temporary(tmpdir());
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\necho noise\n${npm}\n`);
  chmodSync(join(folder, 'npm'), 0o755);
  mkdirSync(join(folder, '.ci'));
  cpSync(join(root, '.ci', 'run'), join(folder, '.ci', 'run'));
  const env = { ...process.env, PATH: [folder, process.env.PATH].join(delimiter) };
  const { status, stdout } = spawnSync('bash', ['.ci/run'], { cwd: folder, encoding: 'utf8', env });
  expect({ status, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({ status: code, last: line });
});

function temporary(parent: string): string {
  const folder = mkdtempSync(join(parent, 'gradpool-count-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
