import { resolve } from 'node:path';
import type { TrainConfig } from '../config/config.ts';
import { type OptimizerChoice, optionsOfOptimizer } from '../config/optimizer-options.ts';
import { optionsOfPreparation } from '../config/preparation-options.ts';
import { optionsOfUpdate } from '../config/update-options.ts';
import type { TrainEvent, TrainResult } from '../protocol/requests.ts';
import { checkpointPath } from '../run/checkpoint.ts';
import { packageVersion } from '../runtime/package-version.ts';
import { counted } from '../shown.ts';
import { chooseEngine } from '../worker/engines/choose-engine.ts';
import type { NamedData } from './load/data.ts';
import type { NamedModel } from './load/inputs.ts';
import { loadLines } from './load/load-lines.ts';
import { classReport } from './print/class-report.ts';
import { absolute, ownCommand, quoted } from './print/command-line.ts';
import { asDictionary, count, measuresOf, notice, print, short, shortened } from './print/output.ts';
import { createProgress, type Progress } from './print/progress.ts';
import { statusLine } from './print/status-line.ts';

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

export type Start = Extract<TrainEvent, { kind: 'start' }>;

/** Prints a training: what it does, how it goes, what came out. */
export function createReporter(training: Training): Reporter {
  let progress: Progress | undefined;
  let checkpoint: string | undefined;
  return {
    onEvent(event) {
      if (event.kind === 'start') {
        printHeader(training, event);
        progress = createProgress({ ...event, batchSize: training.config.batchSize });
      } else if (event.kind === 'checkpoint') {
        checkpoint = event.path;
        print(`step ${event.step}: saved ${event.path}`);
      } else {
        printEvent(event);
        if (event.kind === 'step' || event.kind === 'progress') progress?.update(event.step, shownOf(event));
        if (event.kind === 'evaluating') progress?.evaluating(event.done, event.examples);
      }
    },
    end(result) {
      statusLine.clear();
      printResult(result, training.data.train.classNames);
      suggest(result, checkpoint, training.resume);
    },
  };
}

/** What will be done, of what, and how. */
export function printHeader({ config, data, model, verbose }: Omit<Training, 'resume'>, event: Start): void {
  const { train, test } = data;
  const { examples = { train: train.count, test: test.count } } = data;
  const how = data.examples === undefined ? '' : ', read as they are trained on';
  const facts = {
    data: `${data.name}: ${count(examples.train)} training and ${count(examples.test)} test images of ${train.shape.join(' x ')}, ${counted(train.classes, 'class')}${how}`,
    model: `${model.name}, ${count(model.network.parameterCount)} parameters, ${whence(model, config.seed, event.fromStep)}`,
    workers: `${counted(event.workers, 'thread')}, batches of ${config.batchSize} in ${counted(config.shards, 'shard')}`,
    engine: `${event.engine}${whyEngine(config, model)}, ${event.kernels} kernels, ${event.arithmetic.multiplyAdd} multiply-add, arithmetic ${event.arithmetic.kernels}`,
    optimizer: optimizerWords(config),
    ...(config.schedule.name === 'constant' && config.schedule.warmupSteps === 0
      ? {}
      : { schedule: scheduleWords(config.schedule) }),
    ...(Object.keys(config.preparation).length === 0
      ? {}
      : { examples: preparationWords(config.preparation) }),
    loss: [config.loss, ...smoothingWords(config), ...config.metrics].join(', '),
    steps: `${stepsToDo(event)}, ${count(event.stepsPerEpoch)} an epoch`,
    ...(event.run === undefined ? {} : { run: event.run }),
    ...(verbose ? details(event) : {}),
  };
  print(`gradpool ${packageVersion}`);
  for (const [name, value] of Object.entries(facts)) print(`${name.padEnd(10)}${value}`);
}

/** E.g. `SGD, learning rate 0.05, momentum 0.9`. */
function optimizerWords(config: Pick<TrainConfig, 'optimizer' | 'update'>): string {
  const { optimizer, ...options } = optionsOfOptimizer(config.optimizer);
  const {
    weightDecay,
    weightDecayExclude = [],
    accumulateSteps = 1,
    ...others
  } = optionsOfUpdate(config.update);
  const asked = {
    ...(weightDecay === 0 ? {} : { weightDecay }),
    ...(weightDecayExclude.length === 0 ? {} : { weightDecayExclude: weightDecayExclude.join(' and ') }),
    ...(accumulateSteps === 1 ? {} : { accumulateSteps }),
    ...others,
  };
  return [titles[optimizer], ...words(options), ...words(asked)].join(', ');
}

const smoothingWords = ({ labelSmoothing }: TrainConfig): string[] =>
  labelSmoothing === 0 ? [] : words({ labelSmoothing });

const scheduleWords = ({ name, ...options }: TrainConfig['schedule']): string =>
  [name, ...words(options)].join(', ');

/** E.g. `random crop 4, random flip horizontal, normalize`. */
function preparationWords(choice: TrainConfig['preparation']): string {
  const { fillMode, ...options } = optionsOfPreparation(choice);
  const given = Object.entries(options).filter(([, value]) => value !== 0 && value !== 'none');
  return words({ ...Object.fromEntries(given), ...(fillMode === 'constant' ? {} : { fillMode }) }).join(', ');
}

const words = (options: object): string[] =>
  Object.entries(options).flatMap(([name, value]) => {
    if (value === false || value === undefined) return [];
    return [value === true ? spaced(name) : `${spaced(name)} ${value}`];
  });

const titles = {
  ...{ sgd: 'SGD', nesterov: 'Nesterov', adam: 'Adam', adamw: 'AdamW', adamax: 'AdaMax', lamb: 'LAMB' },
  ...{ lion: 'Lion', rmsprop: 'RMSProp', adagrad: 'Adagrad', adadelta: 'Adadelta' },
  tfjsAdadelta: "TensorFlow.js' Adadelta",
} as const satisfies Readonly<Record<OptimizerChoice | 'tfjsAdadelta', string>>;

const spaced = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const details = ({ ways, sharedMemoryBytes }: Start) => ({
  ...(Object.keys(ways).length === 0 ? {} : { ways: asWays(ways) }),
  memory: `${memoryWords(sharedMemoryBytes)}; Node.js ${process.version}`,
});

export const memoryWords = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB shared`;

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
  if (event.kind === 'evaluation') print(`step ${event.step}: ${asEquations(measuresOf(event), 'test ')}`);
  if (event.kind !== 'step') return;
  const means = asEquations({ ...shownOf(event), ...event.metrics });
  print(`step ${event.step}: ${means} (${short(event.stepsPerSecond)} global_step/sec)`);
  if (event.probabilities !== undefined && event.classes !== undefined)
    for (const line of `probabilities = ${asMatrix(event.probabilities, event.classes)}`.split('\n'))
      print(line);
}

/** What is told of every step. */
const shownOf = ({ loss, accuracy }: { readonly loss: number; readonly accuracy?: number }) => ({
  loss,
  ...(accuracy === undefined ? {} : { accuracy }),
});

/** `loss = 0.21, accuracy = 0.9` */
const asEquations = (values: Readonly<Record<string, number>>, prefix = ''): string =>
  Object.entries(values)
    .map(([name, value]) => `${prefix}${name} = ${short(value)}`)
    .join(', ');

type WorkerEvent = Extract<TrainEvent, { kind: 'worker' }>;

export function workerNews({ worker, state, reason }: WorkerEvent): string {
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

export function printResult(
  { evaluation, globalStep, trainLoss, stopped }: TrainResult,
  classNames?: readonly string[],
): void {
  if (evaluation?.confusion !== undefined && !stopped)
    for (const line of classReport(evaluation.confusion, classNames)) print(line);
  // A training that was stopped was last evaluated at an earlier step, if at all.
  const measured =
    evaluation === undefined || stopped
      ? { train_loss: short(trainLoss) }
      : shortened(measuresOf(evaluation));
  print(asDictionary({ ...measured, global_step: globalStep }));
}

/** Where the model lies and what can be done with it. */
function suggest(
  { run, stopped, globalStep, best }: TrainResult,
  newest: string | undefined,
  resume: readonly string[],
): void {
  if (run === undefined) return;
  const [command, path] = [ownCommand(), quoted(absolute(run))];
  if (stopped)
    notice(
      `stopped after step ${globalStep}; go on with: ${[command, 'train --run', path, '--resume', ...resume].join(' ')}`,
    );
  if (newest === undefined) return;
  const checkpoint = best === undefined ? newest : checkpointPath(run, best.step);
  notice(`the model lies in ${resolve(checkpoint)}; use it:`);
  notice(`  ${command} evaluate --run ${path}`);
  notice(`  ${command} predict --run ${path} image.png`);
  for (const line of loadLines(checkpoint)) notice(`  ${line}`);
}
