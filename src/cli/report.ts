import { resolve } from 'node:path';
import type { TrainConfig } from '../config.ts';
import { chooseEngine } from '../engine/choose-engine.ts';
import { packageVersion } from '../package-version.ts';
import type { TrainEvent, TrainResult } from '../protocol.ts';
import { counted } from '../shown.ts';
import { absolute, ownCommand, quoted } from './command-line.ts';
import type { NamedData } from './data.ts';
import type { NamedModel } from './inputs.ts';
import { loadLines } from './load-lines.ts';
import { asDictionary, count, notice, print, short } from './output.ts';
import { createProgress, type Progress } from './progress.ts';

export interface Training {
  readonly config: TrainConfig;
  readonly data: NamedData;
  readonly model: NamedModel;
  readonly verbose: boolean;
  /** Options to go on with, which the run does not remember. */
  readonly resume: readonly string[];
}

export interface Reporter {
  onEvent(event: TrainEvent): void;
  /** The last lines. */
  end(result: TrainResult): void;
}

type Start = Extract<TrainEvent, { kind: 'start' }>;

/** Prints a training: what it does, how it goes, what came out. */
export function createReporter(training: Training): Reporter {
  let progress: Progress | undefined;
  let checkpoint: string | undefined;
  return {
    onEvent(event) {
      if (event.kind === 'start') {
        printHeader(training, event);
        progress = createProgress(event.fromStep, event.steps);
      } else if (event.kind === 'checkpoint') {
        checkpoint = event.path;
        print(`step ${event.step}: saved ${event.path}`);
      } else {
        printEvent(event);
        if (event.kind === 'step' || event.kind === 'progress') progress?.update(event.step, event.loss);
      }
    },
    end(result) {
      printResult(result);
      suggest(result, checkpoint, training.resume);
    },
  };
}

function printHeader({ config, data, model, verbose }: Training, event: Start): void {
  const { train, test } = data;
  const facts = {
    data: `${data.name}: ${count(train.count)} training and ${count(test.count)} test images of ${train.shape.join(' x ')}, ${counted(train.classes, 'class')}`,
    model: `${model.name}, ${count(model.network.parameterCount)} parameters, ${whence(model, config.seed, event.fromStep)}`,
    workers: `${counted(event.workers, 'thread')}, batches of ${config.batchSize} in ${counted(config.shards, 'shard')}`,
    engine: `${event.engine}${whyEngine(config, model)}, ${event.kernels} kernels, ${event.arithmetic.multiplyAdd} multiply-add, arithmetic ${event.arithmetic.kernels}`,
    optimizer: `SGD, learning rate ${config.learningRate}, momentum ${config.momentum}`,
    steps: `${stepsToDo(event)}, ${count(event.stepsPerEpoch)} an epoch`,
    ...(event.run === undefined ? {} : { run: event.run }),
    ...(verbose ? details(event) : {}),
  };
  print(`gradpool ${packageVersion}`);
  for (const [name, value] of Object.entries(facts)) print(`${name.padEnd(10)}${value}`);
}

const details = ({ ways, sharedMemoryBytes }: Start) => ({
  ...(Object.keys(ways).length === 0 ? {} : { ways: asWays(ways) }),
  memory: `${Math.ceil(sharedMemoryBytes / 2 ** 20)} MiB shared; Node.js ${process.version}`,
});

const asWays = (ways: Start['ways']): string =>
  Object.entries(ways)
    .map(([layer, way]) => `${layer} ${way}`)
    .join(', ');

/** Says why, where the engine was not named. */
function whyEngine({ engine }: TrainConfig, { network }: NamedModel): string {
  const { reason } = chooseEngine(engine, network);
  return reason === undefined ? '' : ` (${reason})`;
}

const stepsToDo = ({ fromStep, steps }: Start): string =>
  fromStep < steps ? `${count(fromStep + 1)} to ${count(steps)}` : `all ${count(steps)} are done`;

function whence({ initialValues }: NamedModel, seed: number, fromStep: number): string {
  if (fromStep > 0) return `as trained up to step ${fromStep}`;
  return initialValues === 'file' ? 'initial values from the file' : `initial values drawn from seed ${seed}`;
}

function printEvent(event: Exclude<TrainEvent, Start>): void {
  if (event.kind === 'notice') notice(event.text);
  if (event.kind === 'worker') notice(workerNews(event));
  if (event.kind === 'skipped') notice(`step ${event.step} is left out: ${event.reason}`);
  if (event.kind === 'evaluation')
    print(`step ${event.step}: test accuracy = ${short(event.accuracy)}, test loss = ${short(event.loss)}`);
  if (event.kind !== 'step') return;
  print(`step ${event.step}: loss = ${short(event.loss)} (${short(event.stepsPerSecond)} global_step/sec)`);
  if (event.probabilities !== undefined && event.classes !== undefined)
    for (const line of `probabilities = ${asMatrix(event.probabilities, event.classes)}`.split('\n'))
      print(line);
}

type WorkerEvent = Extract<TrainEvent, { kind: 'worker' }>;

function workerNews({ worker, state, reason }: WorkerEvent): string {
  if (state === 'back') return `worker ${worker} works again`;
  return state === 'lost'
    ? `worker ${worker} was lost (${reason}); the others do its work, and it is started again`
    : `worker ${worker} fails again and again (${reason}); the run goes on without it`;
}

/** As NumPy prints it, a row for each example of the batch. */
function asMatrix(values: Float32Array, columns: number): string {
  const rows = Array.from({ length: values.length / columns }, (_, row) =>
    Array.from(values.subarray(row * columns, (row + 1) * columns), (value) => value.toFixed(6)).join(' '),
  );
  return `[[${rows.join(']\n [')}]]`;
}

function printResult({ evaluation, globalStep, trainLoss, stopped }: TrainResult): void {
  // A training that was stopped was last evaluated at an earlier step, if at all.
  const measured =
    evaluation === undefined || stopped
      ? { train_loss: short(trainLoss) }
      : { accuracy: short(evaluation.accuracy), loss: short(evaluation.loss) };
  print(asDictionary({ ...measured, global_step: globalStep }));
}

/** Where the model lies and what can be done with it. */
function suggest(
  { run, stopped, globalStep }: TrainResult,
  checkpoint: string | undefined,
  resume: readonly string[],
): void {
  if (run === undefined) return;
  const [command, path] = [ownCommand(), quoted(absolute(run))];
  if (stopped)
    notice(
      `stopped after step ${globalStep}; go on with: ${[command, 'train --run', path, '--resume', ...resume].join(' ')}`,
    );
  if (checkpoint === undefined) return;
  notice(`the model lies in ${resolve(checkpoint)}; use it:`);
  notice(`  ${command} evaluate --run ${path}`);
  notice(`  ${command} predict --run ${path} image.png`);
  for (const line of loadLines(checkpoint)) notice(`  ${line}`);
}
