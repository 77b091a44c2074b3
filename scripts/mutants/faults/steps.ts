/** Faults in the steps of a training: shards, order, tree, averaging, update. */
import type { Mutant, Witness } from '../mutant.ts';
import { sources, tests } from '../places.ts';
import { bits, oneStep, parameterBits } from './witnesses.ts';

const derived: Witness = {
  file: tests.update,
  test: 'what is derived of some parameters > is derived once, of those that the update has made, in 3 parts',
};

const freeLosses: Witness = {
  file: tests.singleThread,
  test: 'the losses are those of plain TensorFlow.js, each going its own way for 30 steps with momentum 0',
};

const schedule: Witness = {
  file: tests.schedule,
  test: 'the schedule > takes every example of an epoch once, the last batch being what is left',
};

const sharding: readonly Mutant[] = [
  {
    name: "other ranks' rows of a batch are written to the first run of a region",
    file: sources.batchRows,
    find: 'offset + run * runBytes + first * bytes',
    replace: 'offset + first * bytes',
    witness: {
      file: tests.planSession,
      test: 'Each rank ends with the rows of all of them, and others are left as they are.',
    },
  },
  {
    name: 'a shard is left out',
    file: sources.step,
    find: 'session.pool.run(gradientTasks(session, work))',
    replace: 'session.pool.run(gradientTasks(session, work).slice(1))',
    witness: oneStep(1),
  },
  {
    name: 'a shard counts twice',
    file: sources.step,
    find: 'first: shards[firstShard].first - rankFirst,',
    replace: 'first: firstShard === 0 ? 0 : shards[firstShard - 1].first - rankFirst,',
    witness: oneStep(1),
  },
  {
    name: 'the last example of a batch is in no shard',
    file: sources.shards,
    find: '(shard * examples) / shards',
    replace: '(shard * (examples - 1)) / shards',
    witness: oneStep(10),
  },
  {
    name: 'neighbouring shards share an example',
    file: sources.shards,
    find: 'border(shard + 1) - border(shard)',
    replace: 'border(shard + 1) - border(shard) + (shard % 2)',
    witness: {
      file: tests.shards,
      test: 'shards > of 100 examples in 8 parts take every position once, in order',
    },
  },
  {
    name: 'the shards depend on the workers',
    file: sources.step,
    find: 'const work = workOf(session, config, step, batch);\n  const place',
    replace:
      'const work = workOf(session, { shards: Math.min(config.shards, session.workers + 2) }, step, batch);\n  const place',
    witness: parameterBits,
  },
  {
    name: "an empty shard leaves the last step's gradient in its slot",
    file: sources.wasm,
    find: 'floats(gradientOffset, packing.slotFloats).fill(0);',
    replace: '{}',
    witness: oneStep(10),
  },
  {
    name: 'ranks have shards of nearly equal size, and no subtrees',
    file: sources.ranks,
    find: 'if (!isSubtree(ranks)) return',
    replace: 'return',
    witness: {
      file: tests.ranks,
      test: 'the shards of the ranks > make the same sum of 12 with any power of two of ranks',
    },
  },
  {
    name: 'the trial of the order of sums takes any',
    file: sources.rankOrder,
    find: 'if (bad !== undefined)',
    replace: 'if (bad === 0)',
    witness: {
      file: tests.rankOrder,
      test: 'the trial of the order of sums > refuses a sum that adds one by one',
    },
  },
];

const averaging: readonly Mutant[] = [
  {
    name: 'the sum is divided by shards instead of examples',
    file: sources.updating,
    find: 'accumulated.examples + batchExamples',
    replace: 'accumulated.examples + session.layout.gradients.length',
    witness: oneStep(1),
  },
  {
    name: 'an uneven batch is divided by the whole batch size',
    file: sources.step,
    find: 'applyGradient(session, batch.count, updates)',
    replace: 'applyGradient(session, (config as TrainConfig).batchSize, updates)',
    witness: oneStep(10),
  },
  {
    name: 'the learning rate is applied to the sum',
    file: sources.updating,
    find: '{ step: updates, learningRate, examples, current }',
    replace: '{ step: updates, learningRate, examples: 1, current }',
    witness: oneStep(1, 0),
  },
  {
    name: "an uneven batch's loss is divided by the whole batch size",
    file: sources.step,
    find: 'meansOf(session, done.sums, batch.count)',
    replace: 'meansOf(session, done.sums, (config as TrainConfig).batchSize)',
    witness: oneStep(10),
  },
];

const order: readonly Mutant[] = [
  {
    name: 'every epoch has the same order',
    file: sources.trainer,
    find: 'epochOrder(seed, epoch,',
    replace: 'epochOrder(seed, 0,',
    witness: freeLosses,
  },
  {
    name: 'the order ignores the seed',
    file: sources.trainer,
    find: 'epochOrder(seed, epoch,',
    replace: 'epochOrder(1, epoch,',
    witness: freeLosses,
  },
  {
    name: 'the order is that of the first epoch only',
    file: sources.trainer,
    find: 'if (epoch === written) return;',
    replace: 'if (written >= 0) return;',
    witness: freeLosses,
  },
  {
    name: "an epoch's uneven last batch is left out",
    file: sources.schedule,
    find: 'Math.ceil(examples / batchSize)',
    replace: 'Math.floor(examples / batchSize)',
    witness: schedule,
  },
  {
    name: 'the last batch of an epoch goes beyond its end',
    file: sources.schedule,
    find: 'Math.min(batchSize, examples - start)',
    replace: 'batchSize',
    witness: schedule,
  },
  {
    name: 'an epoch begins one step early',
    file: sources.schedule,
    find: 'Math.floor((step - 1) / stepsPerEpoch)',
    replace: 'Math.floor(step / stepsPerEpoch)',
    witness: schedule,
  },
];

const tree: readonly Mutant[] = [
  {
    name: "the tree's odd last array is left out",
    file: sources.treeSumKernels,
    find: 'if (width & 1) memory.copy(scratch + pairs * row, source + (width - 1) * stride, row);',
    replace: '',
    witness: oneStep(1),
  },
  {
    name: 'the odd last loss is left out',
    file: sources.tree,
    find: 'if (width % 2 === 1) values[width >> 1] = values[width - 1];',
    replace: '',
    witness: oneStep(1),
  },
  {
    name: 'the tree leaves out the last shard',
    file: sources.gradientSums,
    find: 'stride, gradients.length, floats',
    replace: 'stride, gradients.length - 1, floats',
    witness: oneStep(1),
  },
  {
    name: "the tree's order depends on the worker's part",
    file: sources.gradientSums,
    find: 'kernels.treeSum(gradients[0] + first * 4, stride,',
    replace: 'kernels.treeSum(gradients.at(-part.part)! + first * 4, part.part > 0 ? -stride : stride,',
    witness: parameterBits,
  },
];

const update: readonly Mutant[] = [
  {
    name: 'the last elements of a block are left out',
    file: sources.gradientSums,
    find: 'gradients.length, floats, sum);\n    apply({ first, floats, sum })',
    replace: 'gradients.length, floats, sum);\n    apply({ first, floats: floats - 4, sum })',
    witness: {
      file: tests.update,
      test: 'the update of a part of the parameters > has the bits of a plain tree and a plain loop, with 5 shards',
    },
  },
  {
    name: "the end of each worker's part is left out",
    file: sources.gradientSums,
    find: 'partBorder(wholes, slotFloats, index, parts)',
    replace: 'partBorder(wholes, slotFloats, index, parts) - 16 * (index - part)',
    witness: oneStep(1),
  },
  {
    name: "the last panel of a dense layer's kernel is left out",
    file: sources.weightGradient,
    find: '(panels * (part + 1)) / parts',
    replace: '(panels * (part + 1) - 1) / parts',
    witness: oneStep(1),
  },
  {
    name: 'what is derived of parameters is derived before the last of them is new',
    file: sources.parts,
    find: 'wholes.find((one) => one.first < border && border < one.first + one.floats)?.first ?? border',
    replace: 'border',
    witness: derived,
  },
  {
    name: 'nothing is derived of parameters that are loaded',
    file: sources.task,
    find: 'if (task.isParameters)',
    replace: 'if (task.natural < 0)',
    witness: bits(
      'a run that is resumed at step 37 with another number of workers > ends with these bits where spectra are derived of the parameters',
    ),
  },
  {
    name: 'spectra stay those of the step before',
    file: sources.update,
    find: 'deriveOf(engine.derivations, start, end, layout.parameters[otherBuffer(task.current)])',
    replace: 'deriveOf(engine.derivations, start, end, layout.parameters[task.current])',
    witness: derived,
  },
  {
    name: 'a second moment that is not finite is not seen',
    file: sources.updateKernels,
    find: 'seen = show(seen, nextV);',
    replace: '',
    witness: {
      file: tests.optimizers,
      test: 'an optimizer > tells whether all that it wrote is finite: adam',
    },
  },
  {
    name: "a worker's part of a dense layer's kernel takes the examples of the first shard for all",
    file: sources.weightGradient,
    find: 'ints.set([first * layer.rows, count * layer.rows]',
    replace: 'ints.set([part === 0 ? first * layer.rows : 0, count * layer.rows]',
    witness: parameterBits,
  },
  {
    name: 'the momentum forgets',
    file: sources.momentum,
    find: '{ ...update, momentum }',
    replace: '{ ...update, momentum: 0 }',
    witness: oneStep(2),
  },
  {
    name: 'the velocity stays in the buffer of the step before',
    file: sources.weightUpdates,
    find: 'first?.[next]',
    replace: 'first?.[current]',
    witness: oneStep(2),
  },
  {
    name: 'the update writes the parameters that it reads',
    file: sources.weightUpdates,
    find: 'next: layout.parameters[next],',
    replace: 'next: layout.parameters[current],',
    witness: bits(
      'the bits > are the same when each task is done twice, in another order and on another worker: direct convolutions',
    ),
  },
  {
    name: 'the buffers are not exchanged',
    file: sources.updating,
    find: 'session.current = otherBuffer(current);',
    replace: '',
    witness: oneStep(1),
  },
  {
    name: 'the mean has other last bits, and the kernels the version of before',
    file: sources.updateKernels,
    find: 'f32x4.div(v128.load(sum), f32x4.splat(update.examples))',
    replace: 'f32x4.mul(v128.load(sum), f32x4.div(f32x4.splat(1), f32x4.splat(update.examples)))',
    witness: {
      file: tests.goldenBits,
      test: 'train with the portable kernels gives the recorded bits: > the same with plain SGD, another seed and 3 shards',
    },
  },
];

export const stepFaults: readonly Mutant[] = [...sharding, ...averaging, ...order, ...tree, ...update];
