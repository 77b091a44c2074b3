import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '..', '..', 'src');

/** What no command needs before it is asked for: to serve a page, to write on a terminal's line, to write event files, to join ranks, to draw, to read. */
const seldom = [
  'log-update',
  ...['@hono/node-server', 'hono', 'protobufjs', 'koffi', '@observablehq/plot', 'gifenc'],
  ...['@jsquash/jpeg', 'csv-parse', 'hyparquet', 'yauzl', 'chokidar', 'h5wasm'],
];

test.for(['train', 'evaluate', 'predict', 'runs/runs-command', 'measure/verify-command'])(
  'cli/%s loads no package that it seldom needs',
  async (command) => {
    const packages = await packagesOf(join(src, 'cli', `${command}.ts`));
    expect(packages.filter((name) => seldom.includes(name))).toEqual([]);
  },
);

test('a training loads no pictures, and the page is what loads its server', async () => {
  expect(await packagesOf(join(src, 'cli', 'train.ts'))).not.toContain('fast-png');
  expect(await packagesOf(join(src, 'coordinator', 'train.ts'))).not.toContain('fast-png');
  expect(await packagesOf(join(src, 'cli', 'pages', 'serve-command.ts'))).toContain('hono');
});

/** Packages that are loaded with a module, in this thread. */
async function packagesOf(file: string): Promise<string[]> {
  const program = `
    import { registerHooks } from 'node:module';
    const found = new Set();
    registerHooks({
      load(url, context, nextLoad) {
        const [, name] = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? [];
        if (name !== undefined) found.add(name);
        return nextLoad(url, context);
      },
    });
    await import(${JSON.stringify(file)});
    console.log([...found].join(' '));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  return stdout.trim().split(' ');
}
