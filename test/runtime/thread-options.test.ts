/** Node.js's own options, and what becomes of them in threads. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { threadOptions } from '../../src/runtime/thread-options.ts';
import { ended } from '../../testing/programs.ts';

const index = join(import.meta.dirname, '..', '..', 'src', 'index.ts');
const layers = import.meta.resolve('@tensorflow/tfjs-layers');
const training = `
  Promise.all([import(${JSON.stringify(layers)}), import(${JSON.stringify(index)})]).then(([tf, { train }]) => {
    const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 2 })] });
    const data = { inputs: new Float32Array(8).fill(1), labels: [0, 1, 0, 1], shape: [2] };
    return train(model, { train: data }, { workers: 2, batchSize: 4, steps: 1 });
  }).then(({ globalStep }) => console.log('step', globalStep))`;
const preload = `data:text/javascript,process._rawDebug('preloaded')`;

const waysToStart: Record<string, { args: string[]; env?: Record<string, string>; preloads?: number }> = {
  '--input-type=module -e': { args: ['--input-type=module', '-e', `await ${training}`] },
  '--input-type module -e, with options of V8, the process and threads': {
    args: [
      ...['--max-old-space-size=300', '--title=x', '--unhandled-rejections=strict', '--no-warnings'],
      ...['--import', preload, '--input-type', 'module', '-e', training],
    ],
    // In the program, the coordinator and two workers.
    preloads: 4,
  },
  '--input_type=commonjs -p': { args: ['--input_type=commonjs', '-p', training] },
  NODE_OPTIONS: {
    args: ['-e', `await ${training}`],
    env: { NODE_OPTIONS: `--no-warnings --input-type=module --import="${preload}"` },
    preloads: 4,
  },
};

for (const [way, { args, env = {}, preloads = 0 }] of Object.entries(waysToStart))
  test.concurrent(`A program trains that is given as text (${way}).`, async () => {
    const child = spawn(process.execPath, args, { env: { ...process.env, ...env } });
    const { exitCode, stdout, stderr } = await ended(child);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'preloaded\n'.repeat(preloads) });
    expect(stdout).toContain('step 1\n');
  });

test('Threads inherit all options where they can take them.', () => {
  expect(
    threadOptions(['--import', './loader.mjs', '-e', 'code'], { NODE_OPTIONS: '--no-warnings' }),
  ).toEqual({});
});

test('Threads that cannot keep what finds, loads and guards modules.', () => {
  const guards = ['--permission', '--allow-fs-read=/data', '--allow-fs-write', '/runs', '--no-allow-addons'];
  const loads = ['-r', './a.cjs', '--import=./b.mjs', '-C', 'development', '--experimental_vm_modules'];
  const others = ['--inspect', '--max-old-space-size=300', '--test', '--watch'];
  const options = [...guards, ...others, '--input-type=module', ...loads, '-e', 'code'];
  expect(threadOptions(options, { HOME: '/home' })).toEqual({
    execArgv: [...guards, ...loads],
    env: { HOME: '/home', NODE_OPTIONS: '' },
  });
});
