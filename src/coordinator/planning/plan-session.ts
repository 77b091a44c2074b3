import { availableParallelism } from 'node:os';
import type { Preparation } from '../../augmentation/settings.ts';
import type { TrainConfig } from '../../config/config.ts';
import type { ExampleSet } from '../../data/example-set.ts';
import type { EngineName } from '../../engine/engine.ts';
import { inputError } from '../../errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { chooseKernels } from '../../kernels/choose-kernels.ts';
import type { ModelLoss } from '../../loss/loss.ts';
import type { OutputMetric } from '../../metric/metrics.ts';
import { type Network, outputRows } from '../../model/network.ts';
import type { OptimizerSettings } from '../../optimizer/settings.ts';
import { plainUpdates, takesNorms } from '../../optimizer/update-settings.ts';
import { type Share, sharesOf } from '../../reduction/ranks.ts';
import { evaluationExamples } from '../../reduction/shards.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import { chooseEngine } from '../../worker/engines/choose-engine.ts';
import { planWork, type WorkPlan } from '../../worker/plan.ts';
import { preparedBytes } from '../../worker/preparing.ts';
import { checkWords } from '../examples/check-words.ts';
import type { Sets } from './fill-memory.ts';
import { examplesOfATask } from './gradient-tasks.ts';
import { layOutMemory } from './memory-layout.ts';

/** What decides a session's sizes. */
export interface PlanRequest extends Sets {
  readonly network: Network;
  /** Examples of one evaluation task. */
  readonly taskExamples?: number;
  readonly settings: Pick<TrainConfig, 'workers' | 'batchSize' | 'shards' | 'engine' | 'simd'> &
    Partial<Pick<TrainConfig, 'tensorboard' | 'update'>>;
  readonly loss: ModelLoss;
  /** Default: none. */
  readonly metrics?: readonly OutputMetric[];
  readonly optimizer: OptimizerSettings;
  readonly preparation?: Preparation | undefined;
  /** Which of so many ranks it is. */
  readonly exchange: Pick<Exchange, 'rank' | 'ranks'>;
  /** Bytes a second between them; absent where it is only planned. */
  readonly linkSpeed?: () => Promise<number>;
}

/**
 * Every size of a session, from those of its model and data: nothing is allocated yet.
 * @throws GradpoolError where they do not fit together or into memory, or a layer is not supported
 */
export async function planSession(request: PlanRequest) {
  const { network, train, test, settings, loss, metrics = [], optimizer, exchange } = request;
  const { ranks } = exchange;
  if (train !== undefined) checkFits(network, train, 'the training set');
  if (test !== undefined) checkFits(network, test, train === undefined ? 'the data set' : 'the test set');
  const share = shareOf(request);
  const ownPart = partOf(share, settings);
  const { batchSize, shards } = ownPart;
  const { simd } = settings;
  const { engine } = chooseEngine(settings.engine, network, { loss, metrics });
  // More workers than tasks of a phase would only wait.
  const tasks =
    train === undefined
      ? Math.ceil((test?.count ?? 0) / (request.taskExamples ?? evaluationExamples))
      : shards;
  // Whatever is to be done, somebody has to do it: a pool of none would wait for ever.
  const workers = Math.max(1, Math.min(settings.workers, tasks));
  /** More tasks of a phase than cores would compute nothing sooner. */
  const atOnce = Math.min(workers, availableParallelism());
  let chosen: ReturnType<typeof chooseKernels> | undefined;
  const kernels = () => (chosen ??= chooseKernels(simd));
  const plans = new Map<string, Promise<WorkPlan>>();
  /** Compiles the network once for the same sizes. */
  const planWith = (
    maxExamples: number,
    { batchSize, shards }: Pick<TrainConfig, 'batchSize' | 'shards'>,
  ) => {
    const sizes = { maxExamples, batchSize, shards };
    const key = JSON.stringify(sizes);
    const plan = plans.get(key) ?? planWork({ engine, kernels, network, ...sizes, loss, metrics, optimizer });
    plans.set(key, plan);
    return plan;
  };
  const arenaBytes = async (examples: number) => (await planWith(examples, ownPart)).engineArenaBytes;
  // A training has no memory to spare.
  const taskExamples =
    request.taskExamples ??
    (train === undefined ? await evaluatedAtOnce(engine, arenaBytes) : evaluationExamples);
  const least = Math.max(Math.ceil(settings.batchSize / settings.shards), taskExamples);
  const maxExamples =
    train === undefined ? least : await examplesOfATask(ownPart, { atOnce, least }, () => arenaBytes(least));
  const planOf = (sizes: Pick<TrainConfig, 'batchSize' | 'shards'>) => planWith(maxExamples, sizes);
  const ofAll = { batchSize: settings.batchSize, shards: settings.shards };
  const isGathered =
    train !== undefined && ranks > 1 && areFew(await planOf(ofAll), ofAll) && (await isSlow(request));
  const batchMemory = isGathered ? { ...ofAll, firstShard: share.first } : { ...ownPart, firstShard: 0 };
  const plan = await planOf(batchMemory);
  const batchRegions = isGathered ? plan.batchRegions : undefined;
  const { update = plainUpdates } = settings;
  const layout = layOutMemory({
    ...plan,
    update,
    classes: network.classes,
    shards: train === undefined ? 0 : shards,
    hasSums: train !== undefined && (ranks > 1 || keepsGradients(settings) || takesNorms(update, optimizer)),
    workers,
    preparedBytes: request.preparation && preparedBytes(network, maxExamples),
    batchSize,
    ...{ train, test, rooms: request.rooms },
    availableBytes: process.availableMemory() - workers * threadBytes,
  });
  return { plan, layout, engine, maxExamples, workers, atOnce, share, ownPart, batchMemory, batchRegions };
}

/**
 * How many examples a worker has room to evaluate at once. The more, the more seldom it reads and turns the weights of
 * dense layers: with 200 in place of 50 the tutorial's network takes 0.75 of the processor time.
 */
async function evaluatedAtOnce(
  engine: EngineName,
  arenaBytes: (examples: number) => Promise<number>,
): Promise<number> {
  // TensorFlow's bits depend on the other examples of a call.
  if (engine === 'tensorflow') return evaluationExamples;
  const fitting = Math.floor(mostEvaluationBytes / (await arenaBytes(evaluationExamples)));
  return evaluationExamples * Math.max(1, Math.min(fitting, 4));
}

/** What a worker's memory for them may take, where that of the fewest takes less. */
const mostEvaluationBytes = 64 * 2 ** 20;

/**
 * Whether the link is so slow that it pays to send rows: each rank then computes the whole of what it would compute its
 * part of. The bits are those of one process either way.
 */
const isSlow = async ({ linkSpeed }: PlanRequest): Promise<boolean> =>
  linkSpeed !== undefined && (await linkSpeed()) < slowBytes;

/** Bytes a second, some 3 Gbit/s (docs/performance.md, Several machines). */
const slowBytes = 400e6;

/** Whether what deferred gradients are made of is at most half of them: a function of sizes, the same for all ranks. */
function areFew(
  { batchRegions = [], parameterFloats, constantFloats, slotFloats }: WorkPlan,
  { batchSize, shards }: Pick<TrainConfig, 'batchSize' | 'shards'>,
): boolean {
  const bytes = batchRegions.reduce(
    (sum, region) => sum + region.runs * region.bytes * (region.of === 'example' ? batchSize : shards),
    0,
  );
  const gradientBytes = (parameterFloats - constantFloats - slotFloats) * 4;
  return bytes > 0 && bytes <= gradientBytes / 2;
}

/** Whether somebody looks at gradients as such. */
const keepsGradients = ({ tensorboard = [] }: Partial<Pick<TrainConfig, 'tensorboard'>>): boolean =>
  tensorboard.includes('histograms');

function shareOf({ settings, exchange: { rank, ranks } }: PlanRequest): Share {
  if (ranks > settings.shards)
    throw inputError(
      `Expected at most as many ranks as \`shards\`, ${settings.shards}, got ${ranks}; start fewer, or cut the batch into more shards`,
    );
  return sharesOf(settings.shards, ranks)[rank];
}

/** What of a batch is this rank's, at most. One that has nothing to do has a slot of zeros. */
const partOf = ({ count }: Share, { batchSize, shards }: PlanRequest['settings']) => ({
  batchSize: Math.max(1, Math.ceil((count * batchSize) / shards)),
  shards: Math.max(1, count),
});

/** What a worker's thread takes besides: a JavaScript heap and compiled kernels. */
const threadBytes = 16 * 2 ** 20;

/** @param what the set is, for messages */
function checkFits(network: Network, data: ExampleSet, what: string): void {
  if (!isSameShape(data.shape, network.input))
    throw inputError(
      `Expected examples of the model's input shape [${network.input.join(', ')}], got ${what} of shape [${data.shape.join(', ')}]`,
    );
  const { targetType, width } = data;
  const classes = network.classes / outputRows(network);
  if (targetType === 'class' ? width > classes : width !== network.classes)
    throw inputError(
      targetType === 'class'
        ? `Expected a model with an output for each of the ${width} classes of ${what}, got one with ${classes}`
        : `Expected targets of as many values as the model's output has, ${network.classes}, got ${width} in ${what}`,
    );
  checkWords(network, data, what);
}

/**
 * Values lie row-major, so an example may be given flat, or to a model that takes it flat; and lengths of 1, as an
 * image's only channel, change nothing.
 */
const isSameShape = (given: Shape, wanted: Shape): boolean =>
  withoutOnes(given) === withoutOnes(wanted) ||
  ((given.length === 1 || wanted.length === 1) && sizeOf(given) === sizeOf(wanted));

const withoutOnes = (shape: Shape): string => shape.filter((length) => length !== 1).join();
