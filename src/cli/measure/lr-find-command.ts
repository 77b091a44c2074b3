import { trainInThread } from '../../api/client.ts';
import { integer, positive } from '../../check.ts';
import { resolveConfig, type TrainConfig } from '../../config/config.ts';
import type { TrainOptions } from '../../config/train-options.ts';
import { partition } from '../../data/sources/partition.ts';
import { inputError, messageOf, usageError } from '../../errors.ts';
import { replaceFile, tryOutput } from '../../files/atomic-file.ts';
import { scheduleRate } from '../../optimizer/schedules/schedules.ts';
import type { ScheduleSettings } from '../../optimizer/schedules/settings.ts';
import type { TrainRequest } from '../../protocol/requests.ts';
import { counted } from '../../shown.ts';
import { type DataChoice, dataChoice, loadData } from '../load/data.ts';
import { layersPath, loadNewModel } from '../load/inputs.ts';
import { notice, print, short } from '../print/output.ts';
import { printable } from '../print/printable.ts';
import { during } from '../print/progress.ts';
import { statusLine } from '../print/status-line.ts';
import { aligned } from '../print/table.ts';
import { rangeDefaults } from '../typed/range-options.ts';
import { rangePlot } from './range-plot.ts';
import { leastSteps, type RangePoint, type RangeTest, recordRange, steepest } from './range-test.ts';

const mostSteps = 100_000;

export interface LrFindOptions extends Omit<TrainOptions, 'learningRate' | 'epochs'>, DataChoice {
  readonly model?: string;
  readonly layers?: string;
  readonly start?: number;
  readonly end?: number;
  /** Where the plot is written. */
  readonly out?: string;
  readonly json?: boolean;
}

/** Trains while the learning rate grows, and suggests one. Nothing but the plot is written. @returns the exit code */
export async function lrFindCommand(options: LrFindOptions): Promise<number> {
  const { out = rangeDefaults.out, json = false } = options;
  const config = rangeConfig(options);
  await tryOutput(out);
  const { request, name } = await prepare(options, config);
  const test = await rangeTest(request);
  const suggested = steepest(test.points);
  const written = await tryWriting(out, () => rangePlot(test.points, suggested, name));
  const { divergedAt } = test;
  if (json)
    print(
      JSON.stringify({
        suggestion: suggested?.learningRate ?? null,
        ...(divergedAt === undefined ? {} : { divergedAt }),
        points: test.points,
        ...(written ? { plot: out } : {}),
      }),
    );
  else {
    print(`learning-rate range test of ${printable(name)}, seed ${config.seed}`);
    for (const line of tableOf(test)) print(line);
    if (divergedAt !== undefined) print(`the loss diverges at step ${divergedAt}`);
    if (written) print(`written: ${printable(out)}`);
  }
  if (suggested === undefined) throw noSlope(test);
  if (!json)
    print(`suggested learning rate: ${short(suggested.learningRate)} (where the loss falls most steeply)`);
  return 0;
}

/**
 * The training of the test: each step reported, none evaluated, and a rate that grows exponentially.
 * @throws GradpoolError of kind 'usage'
 */
export function rangeConfig(typed: LrFindOptions): TrainConfig & { readonly schedule: ScheduleSettings } {
  const { start = rangeDefaults.start, end = rangeDefaults.end, steps = rangeDefaults.steps } = typed;
  const { others } = dataChoice(typed);
  const config = resolveConfig({
    ...(others as TrainOptions),
    steps: integer('steps', steps, leastSteps, mostSteps),
    // A step that is not finite ends the test, and is no failure of it.
    ...{ logEvery: 1, onNan: 'skip' },
  });
  const [from, to] = [positive('start', start), positive('end', end)];
  if (to <= from) throw usageError(`Expected \`end\` to be above \`start\`, ${from}, got ${to}`);
  return {
    ...config,
    optimizer: { ...config.optimizer, learningRate: from },
    schedule: {
      ...{ name: 'exponential', warmupSteps: 0, warmupLearningRate: 0 },
      ...{ decayRate: to / from, decaySteps: steps - 1 },
    },
  };
}

async function prepare(
  { model: file, layers, ...given }: LrFindOptions,
  config: TrainConfig,
): Promise<{ readonly request: TrainRequest; readonly name: string }> {
  const { choice } = dataChoice(given);
  const data = await during('reading the data', () => loadData(choice));
  const load = () => loadNewModel(file, data, config, layersPath(layers));
  const { name, topology, network, parameters } = await during('loading the model', load);
  const { train } = partition(data, config);
  return {
    request: {
      ...{ model: { topology, network, parameters }, train, config },
      ...{ resume: false, reportProbabilities: false },
    },
    name: `${name} on ${data.name}`,
  };
}

async function rangeTest(request: TrainRequest): Promise<RangeTest> {
  const { config } = request;
  const rate = scheduleRate(config.schedule as ScheduleSettings, config.optimizer.learningRate);
  const rateOf = (step: number): number => rate(step - 1) ?? config.optimizer.learningRate;
  const recorder = recordRange();
  const over = new AbortController();
  await trainInThread(request, {
    signal: over.signal,
    onEvent(event) {
      if (event.kind === 'notice') notice(event.text);
      if (event.kind !== 'step' && event.kind !== 'skipped') return;
      // That a step is left out is the end that is looked for.
      const loss = event.kind === 'step' ? event.loss : Number.NaN;
      statusLine.show(`step ${event.step}/${config.steps}: learning rate ${short(rateOf(event.step))}`);
      if (recorder.add(event.step, rateOf(event.step), loss)) over.abort();
    },
  }).catch((error: unknown) => {
    // What the steps behind the divergence, or the last one, have made of the parameters is nothing to be kept.
    const { points, divergedAt } = recorder.taken();
    if (divergedAt === undefined && points.length < (config.steps ?? 0)) throw error;
  });
  statusLine.clear();
  return recorder.taken();
}

const mostRows = 20;

/** Some of the points, as far from one another as the next, with the last one. */
function tableOf({ points }: RangeTest): string[] {
  const every = Math.ceil(points.length / mostRows);
  const shown = points.filter((_, index) => (points.length - 1 - index) % every === 0);
  const rows = shown.map(({ step, learningRate, loss, smoothed }: RangePoint) => [
    ...[`${step}`, learningRate.toExponential(2), short(loss), short(smoothed)],
  ]);
  return aligned([['step', 'learning rate', 'loss', 'smoothed'], ...rows]);
}

/** What cannot be drawn is said, and the suggestion is made all the same. */
async function tryWriting(path: string, text: () => Promise<string>): Promise<boolean> {
  try {
    await replaceFile(path, new TextEncoder().encode(await text()));
    return true;
  } catch (error) {
    notice(`${path} is not written: ${messageOf(error)}`);
    return false;
  }
}

const noSlope = ({ points, divergedAt }: RangeTest) =>
  inputError(
    divergedAt !== undefined && points.length < leastSteps
      ? `Expected ${counted(leastSteps, 'step')} before the loss diverges, got ${points.length}; choose a smaller \`start\``
      : 'Expected a loss that falls at some learning rate, got none that does; choose a larger `end` or more `steps`',
  );
