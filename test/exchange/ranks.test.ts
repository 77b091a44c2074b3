/** Several ranks on this machine, as a user starts them; and processes that lack what ranks need. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { expectRefusal, modelModule, sandbox, writeImages } from '../../testing/cli/sandbox.ts';
import { whyNoRanks } from '../../testing/exchange/machines.ts';
import { ended } from '../../testing/programs.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '..', '..', 'testing', 'exchange', 'api-program.ts');
const withoutKoffi = {
  environment: {
    NODE_OPTIONS: `--require ${join(import.meta.dirname, '..', 'fixtures', 'without-koffi.cjs')}`,
  },
};
const box = sandbox();
const data = writeImages(box, 'images');
const small = ['--data', data, '--batch-size', '8', '--steps', '2', '--workers', '1', '--save-every', '0'];

test("each function that trains, with exchange 'mpi' on 2 ranks, gives the bits and the reports of one process", {
  timeout: 600_000,
}, async ({ skip }) => {
  const why = whyNoRanks();
  if (why !== undefined) skip(why);
  const alone = await run(process.execPath, [program, 'local']);
  const line = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', '-np', '2'];
  const ranks = await run('mpirun', [...line, process.execPath, program, 'mpi']);
  const lines = alone.stdout.trim().split('\n');
  expect(lines).toEqual([
    expect.stringMatching(/^train [0-9a-f]{64}$/),
    expect.stringMatching(/^fit [0-9a-f]{64} .*"val_loss"/),
    expect.stringMatching(/^fitDataset [0-9a-f]{64} .*"val_loss"/),
    expect.stringMatching(/^createTrainer [0-9a-f]{64} .*"accuracy"/),
    expect.stringMatching(/^trainOnBatch [0-9a-f]{64} .*at most 20 examples, got 90/),
    expect.stringMatching(/^gan [0-9a-f]{64} [0-9a-f]{64} [\d.]+ (\w{12},){4}\w{12}$/),
  ]);
  const twice = (text: string) => text.replace('rank 0: ', '').replace('rank 1: ', '');
  expect(ranks.stdout.trim().split('\n').map(twice).sort()).toEqual(
    lines.flatMap((one) => [one, one]).sort(),
  );
});

/** Of a run, the records of TensorBoard's events that have histograms of the gradient, without their times. */
function gradientRecords(run: string): string[] {
  const [name] = box.list(run).filter((file) => file.startsWith('events'));
  const bytes = readFileSync(box.path(run, name));
  const records: string[] = [];
  // A record is its length in 8 bytes, 4 of a sum, the event, 4 of a sum; an event begins with the time in 9.
  for (let at = 0, size: number; at < bytes.length; at += size + 16) {
    size = bytes.readUInt32LE(at);
    records.push(bytes.subarray(at + 12 + 9, at + 12 + size).toString('latin1'));
  }
  return records.filter((record) => record.includes('gradients/'));
}

test('2 ranks show the gradient that one process does, with what penalties add', {
  timeout: 600_000,
}, async ({ skip }) => {
  const why = whyNoRanks();
  if (why !== undefined) skip(why);
  const penalized = `layers.flatten({ inputShape }), layers.dense({ units: 20, activation: 'tanh',
    kernelRegularizer: { className: 'L1L2', config: { l1: 0.01, l2: 0.1 } } }), layers.dense({ units: classes })`;
  box.write('penalized.mjs', modelModule(penalized));
  const more = ['--eval-every', '1', '--tensorboard', 'histograms', '--model', 'penalized.mjs'];
  const typed = ['train', ...small, ...more, '--run'];
  expect(await box.run(...typed, 'shown')).toMatchObject({ exitCode: 0 });
  const line = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', '-np', '2'];
  const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
  const ranks = [...line, process.execPath, main, ...typed, 'shown-by-ranks'];
  await run('mpirun', ranks, { cwd: box.path() });
  const shown = gradientRecords('shown');
  expect(shown).toHaveLength(2);
  expect(shown[0]).not.toBe(shown[1]);
  expect(gradientRecords('shown-by-ranks')).toEqual(shown);
});

const rank = { OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '2', OMPI_COMM_WORLD_LOCAL_RANK: '0' };

test.for([
  [
    'in an mpirun without koffi is told what to install',
    { environment: { ...withoutKoffi.environment, ...rank } },
    [],
    /needs koffi, .*openmpi-bin.*npm install koffi/,
  ],
  [
    'with --exchange mpi without an mpirun is told so',
    {},
    ['--exchange', 'mpi'],
    /has started .*mpirun -np 2/,
  ],
  [
    "in MPICH's mpiexec is told which MPI it has to be",
    { environment: { PMI_RANK: '0', PMI_SIZE: '2' } },
    [],
    /MPICH/,
  ],
] as const)('a process %s', async ([, options, more, message]) => {
  const child = box.start(['train', ...small, '--run', 'refused', ...more], options);
  const end = await ended(child);
  expectRefusal(end, end.exitCode === 2 ? 2 : 1, message);
  expect(box.list('refused')).toEqual([]);
});

test('a process alone needs no koffi, and loads nothing of MPI', async () => {
  const end = await ended(box.start(['train', ...small, '--run', 'alone'], withoutKoffi));
  expect(end).toMatchObject({ exitCode: 0 });
  expect(end.stdout).toContain('global_step: 2');
});
