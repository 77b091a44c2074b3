/** Programs that a bundler has put into one file, with gradpool left out of it and put into it. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, expect, test } from 'vitest';
import { ended } from '../testing/programs.ts';

const root = join(import.meta.dirname, '..');
const index = join(root, 'src', 'index.ts');
const program = `
  import { layers, sequential } from '@tensorflow/tfjs-layers';
  import { train } from 'gradpool';
  const model = sequential({ layers: [layers.dense({ inputShape: [2], units: 2 })] });
  const data = { inputs: new Float32Array(8).fill(1), labels: [0, 1, 0, 1], shape: [2] };
  train(model, { train: data }, { workers: 2, batchSize: 4, steps: 1 })
    .then(({ globalStep }) => console.log('step', globalStep));`;

const directory = mkdtempSync(join(tmpdir(), 'gradpool-bundle-'));
afterAll(() => rmSync(directory, { recursive: true }));
const installed = join(directory, 'node_modules', 'gradpool');
mkdirSync(installed, { recursive: true });
symlinkSync(
  join(root, 'node_modules', '@tensorflow'),
  join(directory, 'node_modules', '@tensorflow'),
  'junction',
);
writeFileSync(join(installed, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
writeFileSync(join(installed, 'index.js'), `export * from ${JSON.stringify(pathToFileURL(index).href)};`);
writeFileSync(join(directory, 'program.mjs'), program);

const formats = [
  ['esm', 'mjs'],
  ['cjs', 'cjs'],
] as const;

async function run(format: 'esm' | 'cjs', ending: string, isExternal: boolean) {
  const file = join(directory, `${format}-${isExternal}.${ending}`);
  const bundle = await rolldown({
    input: join(directory, 'program.mjs'),
    platform: 'node',
    external: isExternal ? /^(gradpool$|@tensorflow\/)/ : /^@tensorflow\//,
    resolve: { alias: { gradpool: index } },
    logLevel: 'silent',
    // As esbuild does in CommonJS.
    ...(format === 'cjs' ? { transform: { define: { 'import.meta.url': 'undefined' } } } : {}),
  });
  await bundle.write({ file, format, codeSplitting: false });
  await bundle.close();
  return ended(spawn(process.execPath, [file]));
}

test.concurrent.each(formats)('A bundle (%s) that leaves gradpool out trains.', async (format, ending) => {
  expect(await run(format, ending, true)).toEqual({ exitCode: 0, stdout: 'step 1\n', stderr: '' });
});

test.concurrent.each(formats)(
  'A bundle (%s) of gradpool says how to leave it out.',
  async (format, ending) => {
    const { exitCode, stdout, stderr } = await run(format, ending, false);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(
      /GradpoolError: Expected gradpool's code in its package, got it in a bundle.* --external:gradpool /,
    );
  },
);
