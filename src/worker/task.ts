import type { ExampleBatch } from '../engine/engine.ts';
import { instantiateKernels } from '../kernels/kernel-module.ts';
import { traceKernels } from '../kernels/trace-kernels.ts';
import { createMeasure, ownMetrics } from '../metric/metrics.ts';
import { outputEnds } from '../model/ends.ts';
import { createOptimizer } from '../optimizer/optimizers.ts';
import { isDecayed } from '../optimizer/update-settings.ts';
import type {
  EvaluateTask,
  GradientTask,
  MeasuredSums,
  Reply,
  Task,
  WorkerSetup,
} from '../protocol/tasks.ts';
import type { Trace } from '../trace.ts';
import { engines } from './engines/engines.ts';
import { deriveOf, derivePart } from './parts.ts';
import { createPreparing, type Preparing } from './preparing.ts';
import { createTrace } from './trace.ts';
import { createAccumulate, createMean, createNorms, createSum, createUpdate } from './update.ts';

export type TaskRunner = (task: Task) => Reply;

const done: Reply = { sums: [], finite: true };

/** What a worker does. It keeps nothing from task to task, so any worker can do any task, and do it again. */
export function createTaskRunner(setup: WorkerSetup): TaskRunner {
  if (setup.traces === undefined) return taskRunner(setup);
  const trace = createTrace(setup.traces.from);
  const run = setup.traces.detail === 'tasks' ? taskRunner(setup) : taskRunner(setup, trace);
  return (task) => {
    const reply = trace.span(task.kind, () => run(task));
    return { ...reply, spans: trace.take() };
  };
}

function taskRunner(setup: WorkerSetup, trace?: Trace): TaskRunner {
  const { layout, memory, network } = setup;
  const { engine, preparing, sum, mean, accumulate, norms, update } = createWorkshop(setup, trace);
  const measure = createMeasure(setup.metrics, outputEnds(network), memory.buffer);
  const gradientSums = ({ counts, firstShard, current, step, ...task }: GradientTask): MeasuredSums[] => {
    const shards = shardsOf(counts, task.batchFirst + task.first).map((shard, place) => ({
      ...{ ...shard, index: setup.firstShard + firstShard + place },
      gradientOffset: layout.gradients[firstShard + place],
    }));
    const start = task.batchStart + task.rankFirst + task.first;
    const count = sumOf(counts);
    const examples = batchOf(setup, 'train', {
      ...{ start, count, row: task.first, parameters: layout.parameters[current] },
    });
    const at = { step, position: task.rankFirst + task.first };
    const { weights: weightsOffset } = layout.train;
    const given = { ...examples, ...(weightsOffset === undefined ? {} : { weightsOffset }) };
    const prepared = preparing?.forTraining(given, at) ?? given;
    const sums = engine.gradient({ ...prepared, ...at, shards });
    return shards.map(({ first, count }, place) => ({
      ...sums[place],
      metrics: measure(examples, first - task.batchFirst - task.first, count, sums[place]),
    }));
  };
  const evaluatedSums = ({ isAverage, current, first, count, counts = [count] }: EvaluateTask) => {
    const parameters = ((isAverage && layout.average) || layout.parameters)[current];
    const examples = batchOf(setup, 'test', { start: first, count, row: first, parameters });
    const sums = engine.evaluate(preparing?.forEvaluation(examples) ?? examples, counts);
    return shardsOf(counts, 0).map(
      (part, place): MeasuredSums => ({
        ...sums[place],
        metrics: measure(examples, part.first, part.count, sums[place]),
      }),
    );
  };
  const derive = (parameters: number) =>
    deriveOf(engine.derivations, 0, Number.POSITIVE_INFINITY, parameters);
  return (task) => {
    switch (task.kind) {
      case 'gradient':
        return replyOf(gradientSums(task));
      case 'sum':
        sum(task);
        return done;
      case 'mean':
        mean(task);
        return done;
      case 'accumulate':
        return { sums: [], finite: accumulate(task) };
      case 'norms':
        return { ...done, squares: norms(task) };
      case 'update':
        return { sums: [], finite: update(task) };
      case 'evaluate':
        return replyOf(evaluatedSums(task));
      case 'pack':
        engine.pack(task.natural, task.offset);
        if (task.isParameters) derive(task.offset);
        return done;
      case 'derive':
        derivePart(engine.derivations, task);
        return done;
      case 'unpack':
        engine.unpack(task.offset, task.natural);
        return done;
      case 'start':
        return done;
    }
  };
}

/** Examples from the order's entry `start`; their predictions go to row `row`. */
function batchOf(
  { network, layout, inputs }: WorkerSetup,
  set: 'train' | 'test',
  { start, count, row, parameters }: Record<'start' | 'count' | 'row' | 'parameters', number>,
): ExampleBatch {
  const data = layout[set];
  const { buffer, byteOffset } = inputs[set] ?? { buffer: undefined, byteOffset: data.inputs };
  return {
    indicesOffset: data.order + start * 4,
    count,
    inputsOffset: byteOffset,
    inputsMemory: buffer,
    inputType: data.inputType,
    targetsOffset: data.targets,
    targetType: data.targetType,
    parametersOffset: parameters,
    predictionsOffset: data.predictions + row * network.classes * 4,
  };
}

/** What the tasks are done with. */
function createWorkshop(setup: WorkerSetup, trace?: Trace) {
  const { layout, memory } = setup;
  const kernels = instantiateKernels(setup.kernels, memory);
  const arena = layout.arenas[setup.worker];
  const engine = engines[setup.engine].create({
    ...setup,
    ownMetrics: ownMetrics(setup.metrics),
    ...(trace === undefined ? {} : { trace }),
    arenaOffset: arena.engine,
    batchOffset: layout.batch,
  });
  const context = {
    engine,
    kernels: trace === undefined ? kernels : traceKernels(kernels, trace),
    ...{ optimizer: createOptimizer(setup.optimizer), settings: setup.update },
    decays: setup.network.parameters.map(({ name }) => isDecayed(setup.update, name)),
    layout,
    bytes: new Uint8Array(memory.buffer),
    scratch: arena.update,
  };
  return {
    engine,
    preparing: preparingOf(setup),
    sum: createSum(context),
    mean: createMean(context),
    accumulate: createAccumulate(context),
    norms: createNorms(context),
    update: createUpdate(context),
  };
}

function preparingOf(setup: WorkerSetup): Preparing | undefined {
  const { preparation, layout, worker } = setup;
  const { examples } = layout.arenas[worker];
  if (preparation === undefined || examples === undefined) return undefined;
  return createPreparing(setup, preparation, examples);
}

/** Neighbouring shards of so many examples each. */
function shardsOf(counts: readonly number[], start: number) {
  let first = start;
  return counts.map((count) => {
    first += count;
    return { first: first - count, count };
  });
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

const replyOf = (sums: readonly MeasuredSums[]): Reply => ({
  sums,
  finite: sums.every(({ loss }) => Number.isFinite(loss)),
});
