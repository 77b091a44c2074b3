/** The commands that train a GAN and make examples with it, on a few images of 28 x 28. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { io, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, test } from 'vitest';
import { idxImages, readIdx } from '../../src/formats/idx/idx.ts';
import { fillWithNoise, noiseStream } from '../../src/gan/noise.ts';
import { sha256 } from '../../src/sha256.ts';
import { type ChaosOptions, type Fault, planVariable } from '../../testing/chaos/fault.ts';
import { expectRefusal, modelModule, sandbox, smallModel } from '../../testing/cli/sandbox.ts';
import { idxBytes } from '../../testing/data/files.ts';
import { ended } from '../../testing/programs.ts';

const box = sandbox();
const { run, start, path, write, list } = box;
/** Without names: those of both networks are the same then. */
const generatorOf = (activation: string, units = 64) =>
  modelModule(
    `layers.dense({ inputShape: [5], units: 8, useBias: false }), layers.batchNormalization(),
    layers.dense({ units: ${units}, activation: '${activation}' }), layers.reshape({ targetShape: [8, ${units / 8}, 1] })`,
  );
const discriminatorOf = (units: number) =>
  modelModule(
    `layers.flatten({ inputShape }), layers.dense({ units: 8, activation: 'relu' }),
    layers.dropout({ rate: 0.3 }), layers.dense({ units: ${units} })`,
  );
const networks = (generator = 'tanh', discriminator = 'logit') => [
  ...['--generator', `${generator}.mjs`, '--discriminator', `${discriminator}.mjs`],
];
/** 9 images: the last batch of an epoch is one. */
const fast = [
  ...['gan', ...networks(), '--data', 'nine', '--batch-size', '4', '--workers', '2', '--sample-count', '5'],
];
/** Several programs one after the other, on a machine that does other work. */
const slow = 180_000;
const settings = ['--steps', '12', '--sample-every', '4', '--log-every', '4', '--seed', '3'];

beforeAll(() => {
  for (const [directory, side] of [
    ['digits', 28],
    ['nine', 8],
  ] as const) {
    const size = side * side;
    const pixels = Array.from({ length: 9 * size }, (_, at) => ((at % size) % 13 < 4 ? 255 : at % 30));
    for (const name of ['train', 't10k']) {
      write(`${directory}/${name}-images-idx3-ubyte`, idxBytes([9, side, side], pixels));
      write(`${directory}/${name}-labels-idx1-ubyte`, idxBytes([9], [0, 1, 2, 0, 1, 2, 0, 1, 2]));
    }
  }
  for (const [name, text] of Object.entries({
    ...{ tanh: generatorOf('tanh'), sigmoid: generatorOf('sigmoid'), narrow: generatorOf('tanh', 56) },
    ...{ logit: discriminatorOf(1), ten: discriminatorOf(10), small: modelModule(smallModel) },
  }))
    write(`${name}.mjs`, text);
});

const picture = (name: string) => decode(readFileSync(path(name)));
const weights = (name: string, player: string) =>
  sha256(readFileSync(path(name, player, 'checkpoints', 'step-00000012', 'weights.bin')));
/** Each has one graphic control extension. */
const framesOf = (name: string) =>
  readFileSync(path(name)).toString('latin1').split('\x21\xf9\x04').length - 1;

/** Its name. Where the kill comes too late, another one is begun. */
async function killedRun(): Promise<string> {
  for (let trial = 0; trial < 10; trial++) {
    const name = `killed-${trial}`;
    const child = start([...fast, ...settings, '--save-every', '4', '--run', name]);
    const end = ended(child);
    for await (const text of child.stdout) if (`${text}`.includes('step 4: saved')) break;
    child.kill('SIGKILL');
    const isKilled = (await end).exitCode === null;
    if (isKilled && !existsSync(path(name, 'generator', 'checkpoints', 'step-00000012'))) return name;
  }
  throw new Error('Expected a run to be killed in its middle, got runs that were over before');
}

test('a GAN is trained with pictures on the way, killed, and gone on with by other workers to the same bits.', {
  timeout: slow,
}, async () => {
  const whole = await run(...fast, ...settings, '--run', 'whole');
  expect(whole.exitCode).toBe(0);
  expect(whole.stdout).toMatch(
    /^data +nine: 9 images of 8 x 8 x 1, scaled to -1 to 1, as the generator's tanh gives$/m,
  );
  expect(whole.stdout).toMatch(/^workers +2 threads, batches of 4 real and as many generated in 4 shards$/m);
  const reported = whole.stdout.matchAll(
    /^step (\d+): discriminator loss = [\d.]+, generator loss = [\d.]+ /gm,
  );
  expect([...reported].map(([, step]) => step)).toEqual(['1', '5', '9', '12']);
  expect(whole.stdout).toMatch(/^\{discriminator_loss: [\d.]+, generator_loss: [\d.]+, global_step: 12\}$/m);
  const pictures = ['00', '04', '08', '12'].map((step) => `step-000000${step}.png`);
  expect(list('whole/samples')).toEqual(pictures);
  // Five examples on a grid of 3 x 2.
  expect(picture('whole/samples/step-00000012.png')).toMatchObject({ width: 26, height: 17, channels: 1 });
  expect(framesOf('whole/samples.gif')).toBe(4);
  const page = readFileSync(path('whole', 'index.html'), 'utf8');
  expect(page).toContain(`data:image/gif;base64,${readFileSync(path('whole', 'samples.gif'), 'base64')}`);
  expect(page).toMatch(/color-scheme" content="light dark"/);
  // The picture keeps its shape on any screen.
  expect(page).toMatch(/<img [^>]*width="26" height="17"/);
  expect(page).toMatch(/^img \{[^}]*height: auto;/m);

  const killed = await killedRun();
  const rest = await run('gan', '--resume', '--run', killed, '--workers', '1');
  const from = Number(/^steps +(\d+) to 12, 3 an epoch$/m.exec(rest.stdout)?.[1]);
  expect(from).toBeGreaterThan(2);
  for (const player of ['generator', 'discriminator'])
    expect(weights(killed, player)).toBe(weights('whole', player));
  expect(readFileSync(path(killed, 'samples.gif'))).toEqual(readFileSync(path('whole', 'samples.gif')));
});

test('a GAN keeps its bits when a worker ends in each phase of a step.', { timeout: slow }, async () => {
  // Of each phase, with two workers: the examples for the discriminator, both gradients, both updates.
  const tasks = Math.min(2, availableParallelism());
  const ends = { kind: 'exit', point: '', when: 'after' } as const;
  const faults: Fault[] = [
    // The sample before the first step has three tasks.
    { ...ends, task: 'evaluate', nth: 5 },
    { ...ends, task: 'gradient', step: 2, nth: 1 },
    { ...ends, task: 'update', step: 3, nth: 1 },
    { ...ends, task: 'gradient', step: 4, nth: tasks + 1 },
    { ...ends, task: 'update', step: 5, nth: tasks + 1 },
  ];
  const { exitCode, stderr } = await struck('struck', faults);
  expect(exitCode).toBe(0);
  expect(stderr.match(/worker \d was lost/g)).toHaveLength(faults.length);
  for (const player of ['generator', 'discriminator'])
    expect(weights('struck', player)).toBe(weights('whole', player));
});

test("a step that fails behind the discriminator's update leaves what was trained before it, and its bits.", {
  timeout: slow,
}, async () => {
  const nth = Math.min(2, availableParallelism()) + 1;
  const fault: Fault = { kind: 'exit', point: '', when: 'before', task: 'update', step: 5, nth, times: 4 };
  const { exitCode, stderr } = await struck('failed', [fault], '--max-restarts', '0');
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^error: .*; all up to step 4 is saved, go on with `--resume`$/m);
  const log = readFileSync(path('failed', 'sessions.jsonl'), 'utf8');
  expect(log).toMatch(
    /"kind":"begin","fromStep":0,"steps":12.*\n(.*\n)*.*"kind":"end","step":4,"how":"failed"\}\n$/,
  );
  expect((await run('gan', '--resume', '--run', 'failed', '--workers', '1')).exitCode).toBe(0);
  for (const player of ['generator', 'discriminator'])
    expect(weights('failed', player)).toBe(weights('whole', player));
});

/** A training to which something is done. */
function struck(name: string, faults: readonly Fault[], ...options: readonly string[]) {
  const plan: ChaosOptions = { faults, files: [], shards: 4, batchSize: 8, ledger: path('ledger') };
  return ended(
    start([...fast, ...settings, ...options, '--run', name], {
      importing: join(import.meta.dirname, '../../testing/chaos/inject.ts'),
      environment: { [planVariable]: JSON.stringify(plan) },
    }),
  );
}

test('sample writes a grid, an IDX file, a PNG each or an animation of the same noise.', async () => {
  const sampled = await run('sample', '--run', 'whole', '--count', '4', '--seed', '7', 'four.png');
  expect(sampled.stdout).toMatch(/^four\.png: 4 examples of whole\/generator\/checkpoints\/step-00000012$/m);
  expect(picture('four.png')).toMatchObject({ width: 17, height: 17 });
  await run('sample', '--run', 'whole', '--count', '2', '--seed', '7', 'two.idx');
  const { shape, values } = await readIdx(path('two.idx'), idxImages);
  expect(shape).toEqual([2, 8, 8]);
  await run('sample', '--run', 'whole', '--count', '2', '--seed', '7', 'singles/');
  expect(list('singles')).toEqual(['00000.png', '00001.png']);
  expect([...picture('singles/00001.png').data]).toEqual([...values.subarray(64)]);
  expect([...picture('four.png').data.slice(0, 8)]).toEqual([...values.subarray(0, 8)]);
  await run('sample', '--run', 'whole', '--count', '1', '--seed', '7', '--interpolate', '8', 'way.gif');
  expect(framesOf('way.gif')).toBe(46);
});

test('a GAN is told to a program, to nobody but at its end, and to observers.', {
  timeout: slow,
}, async () => {
  const own = `const kinds = []; let images;
    export default (event) => {
      kinds.push(event.kind);
      if (event.kind === 'sample') images = event.images.length;
      if (event.kind === 'end') console.error('heard', kinds.join('+'), images, Object.keys(event.result).sort().join('+'));
    };`;
  write('hears.mjs', own);
  write('fails.mjs', "export default ({ kind }) => { if (kind === 'step') throw new Error('no net'); };");
  const short = ['--steps', '3', '--sample-every', '2', '--log-every', '2', '--seed', '3'];
  const observers = ['--observer', 'fails.mjs', '--observer', 'hears.mjs'];
  const told = await run(...fast, ...short, '--json', '--run', 'told', ...observers);
  expect(told.exitCode).toBe(0);
  const events = told.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const kinds = events.map(({ kind }) => kind);
  expect(kinds).toEqual('start sample notice step sample step sample checkpoint result'.split(' '));
  expect(events.filter(({ kind }) => kind === 'sample')).toEqual(
    [0, 2, 3].map((step) => ({ kind: 'sample', step, count: 5 })),
  );
  expect(events.at(-1)).toMatchObject({ globalStep: 3, stopped: false, run: 'told' });
  expect(events.at(-1)).not.toHaveProperty('generator');
  expect(told.stderr).toMatch(
    /^heard start\+sample\+step\+progress\+sample\+step\+sample\+checkpoint\+end 320 discriminatorLoss\+generatorLoss\+globalStep\+parametersSha256\+run\+stopped$/m,
  );
  expect(JSON.stringify(events)).toContain('the observer failed and is told nothing more');

  const quiet = await run(...fast, ...short, '--quiet', '--run', 'quiet');
  expect([quiet.exitCode, quiet.stderr]).toEqual([0, '']);
  expect(quiet.stdout).toMatch(/^\{discriminator_loss: [\d.]+, generator_loss: [\d.]+, global_step: 3\}\n$/);
  const hash = (name: string) =>
    sha256(readFileSync(path(name, 'generator/checkpoints/step-00000003/weights.bin')));
  expect(hash('quiet')).toBe(hash('told'));
  expect(list('told/samples')).toEqual(list('quiet/samples'));
  expect(list('told')).toContain('index.html');
});

test.each([
  [['--json', '--quiet'], 2, /Expected one of `--json` and `--quiet`, got both/],
  [['--observer', 'nowhere.mjs'], 1, /Could not load the `--observer` nowhere\.mjs/],
] as const)('gan with %j is refused.', async (more, exitCode, message) => {
  expectRefusal(await run(...fast, ...more, '--run', 'refused'), exitCode, message);
  expect(list('refused')).toEqual([]);
});

test('SIGINT ends a GAN after the step under way, saves it, and says how to go on.', async () => {
  const child = start([...fast, '--steps', '100000', '--log-every', '1', '--run', 'stopped']);
  const end = ended(child);
  for await (const text of child.stdout) if (`${text}`.includes('step 1:')) break;
  child.kill('SIGINT');
  const { exitCode, stderr } = await end;
  expect(exitCode).toBe(130);
  const step = Number(/stopped after step (\d+); go on with: .* gan --run \S+ --resume/.exec(stderr)?.[1]);
  for (const player of ['generator', 'discriminator'])
    expect(list(`stopped/${player}/checkpoints`)).toEqual([`step-${String(step).padStart(8, '0')}`]);
  expect(list('stopped')).toContain('samples.gif');
});

test.each([
  [
    'dcgan',
    /^networks +dcgan, generator of 834,369 and discriminator of 212,865 parameters$/m,
    /1, 5 an epoch$/m,
  ],
  ['tutorial', /^networks +tutorial, generator of 328,841 and .* 3,265,409 par/m, /, the first 300 the dis/],
])('the preset %s is trained on images of 28 x 28.', async (preset, networksLine, stepsLine) => {
  const small = ['--batch-size', '2', '--sample-count', '1', '--steps', '1', '--workers', '1'];
  const { stdout, exitCode } = await run(
    'gan',
    '--preset',
    preset,
    '--data',
    'digits',
    ...small,
    '--run',
    preset,
  );
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(networksLine);
  expect(stdout).toMatch(stepsLine);
});

test('networks of files are trained, gone on with, and open in TensorFlow.js.', {
  timeout: slow,
}, async () => {
  const files = networks('sigmoid');
  const own = ['gan', ...files, '--data', 'nine', '--batch-size', '4', '--workers', '1', '--run', 'own'];
  const made = await run(...own, '--steps', '4', '--sample-every', '0', '--pretrain-steps', '1');
  expect(made.stderr).not.toMatch(/error/);
  expect(made.stdout).toMatch(/^data .* from 0 to 1$/m);
  expect(made.stdout).toMatch(/^networks .*sigmoid.mjs and .*logit.mjs, generator of 648 and dis/m);
  expect(made.stdout).toMatch(/^steps +1 to 4, 3 an epoch, the first 1 the discriminator's alone$/m);
  expect(made.stdout).toMatch(/^step 1: discriminator loss = [\d.]+ \(/m);
  const resumed = await run('gan', '--run', 'own', '--resume', '--steps', '6', '--profile', 'gan.trace.json');
  expect(resumed.stdout).toMatch(/^steps +5 to 6/m);
  expect(JSON.parse(readFileSync(path('gan.trace.json'), 'utf8')).traceEvents).toContainEqual(
    expect.objectContaining({ name: 'evaluate', tid: 0 }),
  );
  await run('sample', '--run', 'own', '--count', '3', '--seed', '7', 'three.idx');
  const { values } = await readIdx(path('three.idx'), idxImages);
  const checkpoint = path('own/generator/checkpoints/step-00000006');
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(checkpoint, 'model.json'), 'utf8'));
  const weightData = new Uint8Array(readFileSync(join(checkpoint, 'weights.bin'))).buffer;
  const weightSpecs = weightsManifest[0].weights;
  const generator = await loadLayersModel(io.fromMemory({ modelTopology, weightSpecs, weightData }));
  const noise = new Float32Array(3 * 5);
  fillWithNoise(7, noiseStream.ofSamples, noise);
  const theirs = (generator.predict(tensor(noise, [3, 5])) as Tensor).dataSync();
  expect([...values].every((value, at) => Math.abs(value - 255 * theirs[at]) < 0.51)).toBe(true);
  // A model.json begins with the weights that it has.
  const begun = ['--generator', join(checkpoint, 'model.json'), '--discriminator', 'logit.mjs'];
  const again = [
    '--data',
    'nine',
    '--batch-size',
    '4',
    '--pretrain-steps',
    '2',
    '--steps',
    '1',
    '--run',
    'again',
  ];
  expect((await run('gan', ...begun, ...again, '--sample-every', '0')).stderr).not.toMatch(/error/);
  const weightsAt = (name: string) => sha256(readFileSync(path(name, 'weights.bin')));
  expect(weightsAt('again/generator/checkpoints/step-00000001')).toBe(
    weightsAt('own/generator/checkpoints/step-00000006'),
  );
});

describe('what cannot be is refused in one line:', () => {
  beforeAll(async () => {
    const trained = ['--data', 'nine', '--model', 'small.mjs', '--steps', '1', '--batch-size', '4'];
    const { stderr } = await run('train', ...trained, '--run', 'classifier');
    expect(stderr).not.toMatch(/error/);
  });

  const own = (generator: string, discriminator: string) =>
    ['gan', ...networks(generator, discriminator), '--data nine --batch-size 4 --run x'].join(' ');

  test.each<[1 | 2, string, RegExp]>([
    [2, 'gan --preset wgan', /`--preset` to be .*dcgan.*got `wgan`/],
    [
      2,
      'gan --generator tanh.mjs',
      /`--generator` and `--discriminator`, a file each, got the generator's alone/,
    ],
    [2, 'gan --preset dcgan --generator tanh.mjs --discriminator logit.mjs', /`--preset`, or .* got both/],
    [2, 'gan --on-nan go-on', /`--on-nan` to be stop or skip, got `go-on`/],
    [2, 'gan --pretrain-steps -1', /`--pretrain-steps` to be an integer >= 0|from 0 to/],
    [2, 'gan --discriminator-steps 0', /`--discriminator-steps` to be an integer from 1 to 1000, got `0`/],
    [
      2,
      'gan --label-smoothing 1',
      /`--label-smoothing` to be a finite number from 0 to less than 1, got `1`/,
    ],
    [1, 'gan --data nine --run x', /that the generator makes, \[28, 28, 1\], got \[8, 8, 1\].*`--generator`/],
    [1, own('narrow', 'logit'), /\[8, 8, 1\], got one of shape \[8, 7, 1\]/],
    [1, own('tanh', 'ten'), /discriminator with one output, a logit, got one with 10/],
    [1, own('tanh', 'none'), /none\.mjs/],
    [
      1,
      `${own('tanh', 'logit')} --batch-size 10`,
      /at most the data set's 9 examples, got 10; use a smaller `--batch/,
    ],
    [1, 'gan --resume --run none', /Expected a GAN's run at none, got none/],
    [1, 'gan --resume --run classifier', /a GAN's run at classifier, got a classifier's/],
    [2, 'sample a.jpg', /ends in \.png.*got a\.jpg/],
    [2, 'sample a.gif', /`--interpolate` with the seed/],
    [2, 'sample a.png --count 0', /`--count` to be an integer/],
    [1, 'sample --run digits a.png', /Expected a GAN's run at digits, got none/],
    [1, 'sample --run classifier a.png', /a GAN's run at classifier, got a classifier's, .*gradpool predict/],
    [1, 'evaluate --run whole', /classifier's run at whole, got a GAN's/],
    [1, 'predict --run whole --index 0', /classifier's run at whole, got a GAN's/],
  ])('exit code %i: gradpool %s', async (exitCode, line, message) => {
    expectRefusal(await run(...line.split(' ')), exitCode, message);
  });
});
