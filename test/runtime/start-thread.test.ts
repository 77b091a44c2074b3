/** Threads that Node.js, or the system, does not start. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { inWorkerThreads } from '../../src/pool/supervised.ts';
import type { WorkerSetup } from '../../src/protocol/tasks.ts';
import { startThread } from '../../src/runtime/start-thread.ts';
import { ended } from '../../testing/programs.ts';

const index = JSON.stringify(join(import.meta.dirname, '..', '..', 'src', 'index.ts'));
const layers = JSON.stringify(import.meta.resolve('@tensorflow/tfjs-layers'));
const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const program = (run: string) => `
  const [tf, { train }] = [await import(${layers}), await import(${index})];
  const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 2 })] });
  const data = { inputs: new Float32Array(8).fill(1), labels: [0, 1, 0, 1], shape: [2] };
  const onEvent = ({ kind, text }) => kind === 'notice' && console.log(text);
  const run = ${JSON.stringify(run)};
  await train(model, { train: data }, { workers: 2, batchSize: 4, steps: 1, run, onEvent })
    .then(({ globalStep }) => console.log('step', globalStep), ({ name, kind, message }) => console.log(name, kind, message));`;

/** Prints notices, and how the training ended. */
async function trainUnder(flags: readonly string[], run: string) {
  const permission = ['--no-warnings', '--permission', '--allow-fs-read=*', ...flags];
  const args = [...permission, '--input-type=module', '-e', program(run)];
  const { exitCode, stdout, stderr } = await ended(spawn(process.execPath, args));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

const directory = mkdtempSync(join(tmpdir(), 'gradpool-permission-'));
afterAll(() => rmSync(directory, { recursive: true }));

test.concurrent('Without --allow-worker the error names it.', async () => {
  const message =
    /GradpoolError input Expected Node\.js to allow threads, .*; start Node\.js with --allow-worker too\n$/;
  expect(await trainUnder([], join(directory, 'none'))).toMatch(message);
});

test.concurrent('Without --allow-worker the command line says so in one line.', async () => {
  const args = [
    '--no-warnings',
    '--permission',
    '--allow-fs-read=*',
    main,
    'train',
    '--run',
    join(directory, 'none'),
  ];
  const { exitCode, stderr } = await ended(spawn(process.execPath, args));
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^error: Expected Node\.js to allow threads, .* --allow-worker too\n$/);
});

test.concurrent('A run is saved under --permission, and a notice says what is not given there.', async () => {
  const run = join(directory, 'saved');
  const said = await trainUnder(['--allow-worker', '--allow-fs-write=*'], run);
  expect(said).toMatch(/step 1\n$/);
  expect(said.match(/is not locked .* --allow-addons too/g)).toHaveLength(1);
  expect(said.match(/power failure: fsync API is disabled/g)).toHaveLength(1);
  expect(existsSync(join(run, 'checkpoints', 'step-00000001'))).toBe(true);
});

test.concurrent('A run that may not be written is refused, with what to allow.', async () => {
  const run = join(directory, 'refused');
  const said = await trainUnder(['--allow-worker', '--allow-addons'], run);
  expect(said).toContain(`GradpoolError input Could not write to the run directory ${run}: `);
  expect(said).toContain(`allow Node.js ${run} and ${join(run, '*')}, or choose another`);
});

test('A thread that cannot be started is a failure of the call, and of a worker that is started again.', async () => {
  vi.stubEnv('NODE_OPTIONS', '--input-type=module --no-such-option');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  expect(() => startThread('./thread', import.meta.url)).toThrow(
    /^Could not start a thread: .*no-such-option/,
  );
  const pool = inWorkerThreads({
    setup: {} as WorkerSetup,
    workers: 1,
    startsAlone: false,
    patience: { maxRestarts: 1, stepTimeout: 10 },
    onEvent() {},
  });
  const replies = pool.run([{ kind: 'start' }], { stopped: () => false });
  await expect(replies).rejects.toThrow(
    /^Expected a worker that works, got none: .* failed, the last one with: .*/,
  );
  await pool.close();
});
