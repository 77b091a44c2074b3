import type { Trace } from '../engine/engine.ts';
import { engines } from '../engine/engines.ts';
import { instantiateKernels } from '../engine/wasm/kernel-module.ts';
import { traceKernels } from '../engine/wasm/trace.ts';
import { createOptimizer } from '../optimizer/optimizers.ts';
import type { DatasetLayout, MeasuredSums, Reply, Task, WorkerSetup } from '../protocol.ts';
import { createMeasure } from './metrics.ts';
import { createTrace } from './trace.ts';
import { createUpdate } from './update.ts';

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
  const kernels = instantiateKernels(setup.kernels, memory);
  const arena = layout.arenas[setup.worker];
  const engine = engines[setup.engine].create({
    ...setup,
    ...(trace === undefined ? {} : { trace }),
    arenaOffset: arena.engine,
    batchOffset: layout.batch,
  });
  const update = createUpdate({
    engine,
    kernels: trace === undefined ? kernels : traceKernels(kernels, trace),
    optimizer: createOptimizer(setup.optimizer),
    layout,
    bytes: new Uint8Array(memory.buffer),
    scratch: arena.update,
  });
  const measure = createMeasure(setup.metrics, network.classes, memory.buffer);
  /** Examples from the order's entry `start`; their predictions go to row `row`. */
  const batch = (data: DatasetLayout, start: number, count: number, row: number, current: 0 | 1) => ({
    indicesOffset: data.order + start * 4,
    count,
    inputsOffset: data.inputs,
    inputType: data.inputType,
    targetsOffset: data.targets,
    targetType: data.targetType,
    parametersOffset: layout.parameters[current],
    predictionsOffset: data.predictions + row * network.classes * 4,
  });
  return (task) => {
    switch (task.kind) {
      case 'gradient': {
        const shards = task.counts.map((count, place) => {
          const index = task.firstShard + place;
          const first = task.first + sumOf(task.counts.slice(0, place));
          return { index, first, count, gradientOffset: layout.gradients[index] };
        });
        const count = sumOf(task.counts);
        const examples = batch(layout.train, task.batchStart + task.first, count, task.first, task.current);
        const sums = engine.gradient({
          ...examples,
          step: task.step,
          position: task.first,
          ...(layout.train.weights === undefined ? {} : { weightsOffset: layout.train.weights }),
          shards,
        });
        return replyOf(
          shards.map(({ first, count }, place) => ({
            ...sums[place],
            metrics: measure(examples, first - task.first, count),
          })),
        );
      }
      case 'update':
        return { sums: [], finite: update(task) };
      case 'evaluate': {
        const examples = batch(layout.test, task.first, task.count, task.first, task.current);
        const sums = engine.evaluate(examples);
        return replyOf([{ ...sums, metrics: measure(examples, 0, task.count) }]);
      }
      case 'pack':
        engine.pack(task.natural, task.offset);
        if (task.isParameters) for (const { derive } of engine.derivations) derive(task.offset);
        return done;
      case 'unpack':
        engine.unpack(task.offset, task.natural);
        return done;
      case 'start':
        return done;
    }
  };
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

const replyOf = (sums: readonly MeasuredSums[]): Reply => ({
  sums,
  finite: sums.every(({ loss }) => Number.isFinite(loss)),
});
