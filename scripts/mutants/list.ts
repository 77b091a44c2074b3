/**
 * The faults that `npm run test:mutants` seeds, one at a time. To add one: name what is then wrong, give a piece of
 * the source that occurs exactly once in its file and what to put there, and the one test that has to notice. Choose
 * faults that somebody could make, and the test that is about the promise which they break.
 */
import type { Mutant, Witness } from './mutant.ts';

const oneStep = (step: number, momentum = 0.9): Witness => ({
  file: 'test/equivalence/single-thread.test.ts',
  test: `training of every kind of layer with momentum ${momentum} > changes each tensor as plain TensorFlow.js does from the same parameters, at step ${step}`,
});

const freeLosses: Witness = {
  file: 'test/equivalence/single-thread.test.ts',
  test: 'the losses are those of plain TensorFlow.js, each going its own way for 30 steps with momentum 0',
};

const bits = (test: string): Witness => ({ file: 'test/bits.test.ts', test });
const parameterBits = bits(
  'the parameters after 60 steps are the same bits > for 1, 2, 3 and 8 workers with 5 shards, which no number of workers divides',
);

const resumedBits = bits(
  'a run that is resumed at step 37 with another number of workers > ends with the bits of one that was never interrupted, with momentum 0.9',
);

const evaluation = (test: string): Witness => ({
  file: 'test/equivalence/evaluation.test.ts',
  test: `after 60 steps of training > ${test}`,
});
const accuracyAndLoss = evaluation('accuracy and loss are those of plain TensorFlow.js');

const schedule: Witness = {
  file: 'test/coordinator/schedule.test.ts',
  test: 'the schedule > takes every example of an epoch once, the last batch being what is left',
};

const sharding: readonly Mutant[] = [
  {
    name: 'a shard is left out',
    file: 'src/coordinator/step.ts',
    find: 'session.pool.run(gradientTasks(session, work))',
    replace: 'session.pool.run(gradientTasks(session, work).slice(1))',
    witness: oneStep(1),
  },
  {
    name: 'a shard counts twice',
    file: 'src/coordinator/step.ts',
    find: 'first: shards[firstShard].first,',
    replace: 'first: firstShard === 0 ? 0 : shards[firstShard - 1].first,',
    witness: oneStep(1),
  },
  {
    name: 'the last example of a batch is in no shard',
    file: 'src/reduction/shards.ts',
    find: '(shard * examples) / shards',
    replace: '(shard * (examples - 1)) / shards',
    witness: oneStep(10),
  },
  {
    name: 'neighbouring shards share an example',
    file: 'src/reduction/shards.ts',
    find: 'border(shard + 1) - border(shard)',
    replace: 'border(shard + 1) - border(shard) + (shard % 2)',
    witness: {
      file: 'test/reduction/shards.test.ts',
      test: 'shards > of 100 examples in 8 parts take every position once, in order',
    },
  },
  {
    name: 'the shards depend on the workers',
    file: 'src/coordinator/step.ts',
    find: "const work = { step, batch, shards: cutIntoShards(batch.count, config.shards) };\n  const results = await gradients(session, work);\n  await computeAgain(session, work, results, badLosses(results), 'nothing was updated');",
    replace:
      'const work = { step, batch, shards: cutIntoShards(batch.count, Math.min(config.shards, session.workers + 2)) };\n  const results = await gradients(session, work);',
    witness: parameterBits,
  },
  {
    name: "an empty shard leaves the last step's gradient in its slot",
    file: 'src/engine/wasm/wasm.ts',
    find: 'floats(gradientOffset, packing.slotFloats).fill(0);',
    replace: '{}',
    witness: oneStep(10),
  },
];

const averaging: readonly Mutant[] = [
  {
    name: 'the sum is divided by shards instead of examples',
    file: 'src/coordinator/step.ts',
    find: 'async function update(session: Session, { step, batch }: StepWork): Promise<boolean> {',
    replace:
      'async function update(session: Session, { step, shards }: StepWork): Promise<boolean> {\n  const batch = { count: shards.length };',
    witness: oneStep(1),
  },
  {
    name: 'an uneven batch is divided by the whole batch size',
    file: 'src/coordinator/step.ts',
    find: 'if (!(await update(session, work))) {',
    replace:
      'if (!(await update(session, { ...work, batch: { ...batch, count: (config as TrainConfig).batchSize } }))) {',
    witness: oneStep(10),
  },
  {
    name: 'the learning rate is applied to the sum',
    file: 'src/coordinator/step.ts',
    find: 'updateTasks(session, step, batch.count)',
    replace: 'updateTasks(session, step, 1)',
    witness: oneStep(1, 0),
  },
  {
    name: "an uneven batch's loss is divided by the whole batch size",
    file: 'src/coordinator/step.ts',
    find: 'treeSum(values) / batch.count',
    replace: 'treeSum(values) / config.batchSize',
    witness: oneStep(10),
  },
];

const masks: readonly Mutant[] = [
  {
    name: 'the mask depends on the worker',
    file: 'src/worker/task.ts',
    find: 'position: task.first,',
    replace: 'position: task.first + layout.arenas.indexOf(arena),',
    witness: parameterBits,
  },
  {
    name: 'the mask depends on the position in the shard',
    file: 'src/worker/task.ts',
    find: 'position: task.first,',
    replace: 'position: 0,',
    witness: oneStep(1),
  },
  {
    name: 'the mask is the same in every step',
    file: 'src/worker/task.ts',
    find: 'step: task.step,',
    replace: 'step: 1,',
    witness: oneStep(2),
  },
  {
    name: 'all dropout layers have one mask',
    file: 'src/engine/wasm/elementwise.ts',
    find: '(Purpose.dropout << 24) | layer.index',
    replace: 'Purpose.dropout << 24',
    witness: oneStep(1),
  },
  {
    name: 'the mask ignores the seed',
    file: 'src/engine/wasm/wasm.ts',
    find: 'keyOf(context.seed)',
    replace: 'keyOf(0)',
    witness: oneStep(1),
  },
  {
    name: 'kept values are not scaled up',
    file: 'src/engine/wasm/elementwise.ts',
    find: 'Math.fround(1 / (1 - layer.rate))',
    replace: '1',
    witness: oneStep(1),
  },
  {
    name: 'dropped values pass gradients',
    file: 'src/engine/wasm/elementwise.ts',
    find: 'kernels.multiply(dValues, addressOf(factors, first), dValues, count * size);',
    replace: '',
    witness: oneStep(1),
  },
];

const gradients: readonly Mutant[] = [
  {
    name: "the bias's gradient leaves out the first example",
    file: 'src/engine/wasm/dense.ts',
    find: 'addRows(addressOf(dOutput, shard.first), dBias, shard.count * layer.rows, units)',
    replace: 'addRows(addressOf(dOutput, shard.first + 1), dBias, (shard.count - 1) * layer.rows, units)',
    witness: oneStep(1),
  },
  {
    name: 'each example has the label of its neighbour',
    file: 'src/worker/task.ts',
    find: 'targetsOffset: data.targets,',
    replace: 'targetsOffset: data.targets + 4,',
    witness: oneStep(1),
  },
  {
    name: 'gradients are computed with the parameters of the first buffer',
    file: 'src/worker/task.ts',
    find: 'layout.parameters[current]',
    replace: 'layout.parameters[0]',
    witness: oneStep(2),
  },
];

const order: readonly Mutant[] = [
  {
    name: 'every epoch has the same order',
    file: 'src/coordinator/train.ts',
    find: 'epochOrder(seed, epoch,',
    replace: 'epochOrder(seed, 0,',
    witness: freeLosses,
  },
  {
    name: 'the order ignores the seed',
    file: 'src/coordinator/train.ts',
    find: 'epochOrder(seed, epoch,',
    replace: 'epochOrder(1, epoch,',
    witness: freeLosses,
  },
  {
    name: 'the order is that of the first epoch only',
    file: 'src/coordinator/train.ts',
    find: 'epoch !== written',
    replace: 'written < 0',
    witness: freeLosses,
  },
  {
    name: "an epoch's uneven last batch is left out",
    file: 'src/coordinator/schedule.ts',
    find: 'Math.ceil(examples / batchSize)',
    replace: 'Math.floor(examples / batchSize)',
    witness: schedule,
  },
  {
    name: 'the last batch of an epoch goes beyond its end',
    file: 'src/coordinator/schedule.ts',
    find: 'Math.min(batchSize, examples - start)',
    replace: 'batchSize',
    witness: schedule,
  },
  {
    name: 'an epoch begins one step early',
    file: 'src/coordinator/schedule.ts',
    find: 'Math.floor((step - 1) / stepsPerEpoch)',
    replace: 'Math.floor(step / stepsPerEpoch)',
    witness: schedule,
  },
];

const tree: readonly Mutant[] = [
  {
    name: "the tree's odd last array is left out",
    file: 'src/engine/wasm/kernels/assembly/update.ts',
    find: 'if (width & 1) memory.copy(scratch + pairs * row, source + (width - 1) * stride, row);',
    replace: '',
    witness: oneStep(1),
  },
  {
    name: 'the odd last loss is left out',
    file: 'src/reduction/tree.ts',
    find: 'if (width % 2 === 1) values[width >> 1] = values[width - 1];',
    replace: '',
    witness: oneStep(1),
  },
  {
    name: 'the tree leaves out the last shard',
    file: 'src/worker/update.ts',
    find: 'stride, gradients.length, floats',
    replace: 'stride, gradients.length - 1, floats',
    witness: oneStep(1),
  },
  {
    name: "the tree's order depends on the worker's part",
    file: 'src/worker/update.ts',
    find: 'kernels.treeSum(gradients[0] + first * 4, stride,',
    replace: 'kernels.treeSum(gradients.at(-part)! + first * 4, part > 0 ? -stride : stride,',
    witness: parameterBits,
  },
];

const skipping = (test: string): Witness => ({
  file: 'test/engine/wasm/skipping.test.ts',
  test: `the portable kernels > ${test}`,
});

const zeros: readonly Mutant[] = [
  {
    name: 'a sum of nothing but zeros keeps its sign',
    file: 'src/engine/wasm/kernels/assembly/skipping.ts',
    find: 'v128.store(values, f32x4.add(v128.load(values), zero))',
    replace: 'v128.store(values, v128.load(values))',
    witness: skipping('multiply the same matrices with and without zeros, 0.1 of them not zero'),
  },
  {
    name: 'a list begins anew with each segment',
    file: 'src/engine/wasm/kernels/assembly/nonzeros.ts',
    find: 'offset += bytes;\n        values += 4;\n      }',
    replace: 'offset += bytes;\n        values += 4;\n      }\n      list = lists;',
    witness: skipping('multiply the same matrices with and without zeros, 0.5 of them not zero'),
  },
  {
    name: 'a value that is not finite is skipped over',
    file: 'src/engine/wasm/kernels/assembly/nonzeros.ts',
    find: 'const notFinite: i32 = -1;',
    replace: 'const notFinite: i32 = 0;',
    witness: skipping('find values that are not finite, by row and by column'),
  },
  {
    name: 'the weight gradients of the shards are added in a row instead of a tree',
    file: 'src/engine/wasm/kernels/assembly/weight-gradient.ts',
    find: 'for (; shard & 1; shard >>= 1) {',
    replace: 'if (shard > 0) {',
    witness: skipping('sum the weight gradients of 8 shards the same, with and without zeros'),
  },
  {
    name: 'the weight gradients of the shards are added in a row where zeros are skipped',
    file: 'src/engine/wasm/kernels/skipping-tile.ts',
    find: 'for (let pairs = row; pairs & 1; pairs >>= 1) {',
    replace: 'for (let pairs = row > 0 ? 1 : 0; pairs != 0; pairs = 0) {',
    witness: skipping('sum the weight gradients of 8 shards the same, with and without zeros'),
  },
];

const equalWindows: Witness = {
  file: 'test/engine/wasm/fourier-convolution.test.ts',
  test: 'windows that are zero give the bias, and equal neighbours equal outputs, to the last bit',
};

const spectra: Witness = {
  file: 'test/engine/wasm/fourier-convolution.test.ts',
  test: 'the wide kernels > convolve in several groups and shards as float64 does',
};

/** Convolution by Fourier transforms. */
const fourier: readonly Mutant[] = [
  {
    name: 'complex products do not take the conjugate',
    file: 'src/engine/wasm/kernels/complex-tile.ts',
    find: "'multiplySubtract'])",
    replace: "'multiplyAdd'])",
    witness: spectra,
  },
  {
    name: "the spectra of a shard's output gradients lie where another shard's should",
    file: 'src/engine/wasm/fourier-convolution.ts',
    find: 'eachTile(example - shard.first, ',
    replace: 'eachTile(example, ',
    witness: spectra,
  },
  {
    name: 'the output of an empty window is what the transform rounds it to',
    file: 'src/engine/wasm/kernels/assembly/equal-windows.ts',
    find: 'if (mark & zero) copyPixel(output, bias, pixelBytes);\n      else ',
    replace: '',
    witness: equalWindows,
  },
  {
    name: 'windows count as equal without their last column',
    file: 'src/engine/wasm/kernels/assembly/equal-windows.ts',
    find: 'next < shape.kernelWidth',
    replace: 'next < shape.kernelWidth - 1',
    witness: equalWindows,
  },
  {
    name: 'pixels count as equal by their whole vectors of channels',
    file: 'src/engine/wasm/kernels/assembly/equal-windows.ts',
    find: '  for (; at < bytes; at += 4) if (load<f32>(a + at) != load<f32>(b + at)) return false;\n',
    replace: '',
    witness: equalWindows,
  },
];

const update: readonly Mutant[] = [
  {
    name: 'the last elements of a block are left out',
    file: 'src/worker/update.ts',
    find: 'apply({ first, floats, sum: scratch })',
    replace: 'apply({ first, floats: floats - 4, sum: scratch })',
    witness: {
      file: 'test/worker/update.test.ts',
      test: 'the update of a part of the parameters > has the bits of a plain tree and a plain loop, with 5 shards',
    },
  },
  {
    name: "the end of each worker's part is left out",
    file: 'src/worker/update.ts',
    find: 'const end = border(part + 1);',
    replace: 'const end = border(part + 1) - 16;',
    witness: oneStep(1),
  },
  {
    name: "the last panel of a dense layer's kernel is left out",
    file: 'src/engine/wasm/weight-gradient.ts',
    find: '(panels * (part + 1)) / parts',
    replace: '(panels * (part + 1) - 1) / parts',
    witness: oneStep(1),
  },
  {
    name: "the copy of a dense layer's kernel stays that of the step before",
    file: 'src/engine/wasm/weight-gradient.ts',
    find: 'kernels.transposePanels(',
    replace: '(() => {})(',
    witness: oneStep(2),
  },
  {
    name: "a worker's part of a dense layer's kernel takes the examples of the first shard for all",
    file: 'src/engine/wasm/weight-gradient.ts',
    find: 'ints.set([first * layer.rows, count * layer.rows]',
    replace: 'ints.set([part === 0 ? first * layer.rows : 0, count * layer.rows]',
    witness: parameterBits,
  },
  {
    name: 'the momentum forgets',
    file: 'src/optimizer/momentum.ts',
    find: 'learningRate, momentum, current',
    replace: 'learningRate, 0, current',
    witness: oneStep(2),
  },
  {
    name: 'the velocity stays in the buffer of the step before',
    file: 'src/worker/update.ts',
    find: 'at(buffers[next])',
    replace: 'at(buffers[current])',
    witness: oneStep(2),
  },
  {
    name: 'the update writes the parameters that it reads',
    file: 'src/worker/update.ts',
    find: 'next: at(layout.parameters[next]),',
    replace: 'next: at(layout.parameters[current]),',
    witness: bits(
      'the bits > are the same when each task is done twice, in another order and on another worker',
    ),
  },
  {
    name: 'the buffers are not exchanged',
    file: 'src/coordinator/step.ts',
    find: 'session.current = current === 0 ? 1 : 0;',
    replace: '',
    witness: oneStep(1),
  },
];

const evaluating: readonly Mutant[] = [
  {
    name: "the test set's last examples are not evaluated",
    file: 'src/coordinator/evaluate.ts',
    find: 'Math.ceil(count / evaluationExamples)',
    replace: 'Math.floor(count / evaluationExamples)',
    witness: accuracyAndLoss,
  },
  {
    name: 'the mean is over whole tasks instead of examples',
    file: 'src/coordinator/evaluate.ts',
    find: 'of(task), 0) / count',
    replace: 'of(task), 0) / (tasks.length * evaluationExamples)',
    witness: accuracyAndLoss,
  },
  {
    name: 'evaluation drops values as training does',
    file: 'src/engine/wasm/wasm.ts',
    find: 'pass.training = false;',
    replace: 'pass.training = true;',
    witness: accuracyAndLoss,
  },
  {
    name: "the evaluation's sum depends on the workers",
    file: 'src/coordinator/evaluate.ts',
    find: 'await finiteOf(session, tasks, done)',
    replace:
      '(await finiteOf(session, tasks, done)).toSorted((a, b) => (a.sums[0].loss - b.sums[0].loss) * (session.workers - 1))',
    witness: bits('the bits > of the evaluation are the same for 1, 2, 3 and 8 workers'),
  },
  {
    name: 'predictions lie one row too far',
    file: 'src/worker/task.ts',
    find: 'data.predictions + row * network.classes * 4',
    replace: 'data.predictions + (row + 1) * network.classes * 4',
    witness: evaluation('the predicted probabilities of every example are those of plain TensorFlow.js'),
  },
  {
    name: 'each shard reports its predictions in the first rows',
    file: 'src/worker/task.ts',
    find: 'task.batchStart + task.first, count, task.first, task.current',
    replace: 'task.batchStart + task.first, count, 0, task.current',
    witness: evaluation(
      "a training's reported probabilities are in the batch's order: with its labels they give its loss",
    ),
  },
];

const resuming: readonly Mutant[] = [
  {
    name: 'a resumed run begins without velocity',
    file: 'src/coordinator/train.ts',
    find: 'if (resumed !== undefined) await session.load(buffers, resumed.optimizerState[index]);',
    replace: 'void [index, buffers];',
    witness: resumedBits,
  },
  {
    name: 'a resumed run begins with the initial values',
    file: 'src/coordinator/train.ts',
    find: 'resumed?.parameters ?? model.parameters',
    replace: 'model.parameters',
    witness: resumedBits,
  },
  {
    name: 'a resumed run does its last step again',
    file: 'src/coordinator/recorder.ts',
    find: 'step: manifest.step,',
    replace: 'step: manifest.step - 1,',
    witness: resumedBits,
  },
];

const fitEquals = (test: string): Witness => ({
  file: 'test/fit/equivalence.test.ts',
  test: `on wasm, fit equals model.fit > ${test}`,
});
const fitState = (test: string): Witness => ({ file: 'test/fit/state.test.ts', test });

const fitting: readonly Mutant[] = [
  {
    name: "the softmax's own gradient is left out",
    file: 'src/engine/wasm/loss.ts',
    find: 'kernels.softmaxBackward(program.output, dLogits, size);',
    replace: '{}',
    witness: fitEquals('one step: categoricalCrossentropy of softmax'),
  },
  {
    name: 'what a loss has clipped passes its gradient on',
    file: 'src/engine/wasm/kernels/assembly/loss.ts',
    find: 'isInside(value) ? <f32>((y - t)',
    replace: 'true ? <f32>((y - t)',
    witness: fitEquals('one step: binaryCrossentropy of what is clipped'),
  },
  {
    name: "an example's loss is not divided by how many values it has",
    file: 'src/engine/wasm/kernels/assembly/loss.ts',
    find: '<f32>((2 * difference) / size)',
    replace: '<f32>(2 * difference)',
    witness: fitEquals('one step: meanSquaredError of linear'),
  },
  {
    name: 'the weight of a class counts in the loss, not in the gradient',
    file: 'src/engine/wasm/loss.ts',
    find: 'kernels.scale(dLogits, size, weight);',
    replace: '{}',
    witness: fitState('class weights are those of model.fit.'),
  },
  {
    name: "adam's correction stays that of the first step",
    file: 'src/optimizer/adam.ts',
    find: 'betaPower(beta2, step)',
    replace: 'betaPower(beta2, 1)',
    witness: fitEquals('three epochs: adam, 0 of 22 for validation'),
  },
  {
    name: 'the squares that adagrad sums up begin as zero',
    file: 'src/optimizer/adagrad.ts',
    find: 'initialState: [initialAccumulatorValue]',
    replace: 'initialState: [0]',
    witness: fitEquals('one step: adagrad'),
  },
  {
    name: 'rmsprop adds its epsilon behind the root',
    file: 'src/engine/wasm/kernels/assembly/update.ts',
    find: 'f32x4.sqrt(f32x4.add(s, f32x4.splat(epsilon))));\n    const speed',
    replace: 'f32x4.add(f32x4.sqrt(s), f32x4.splat(epsilon)));\n    const speed',
    witness: {
      file: 'test/optimizer/optimizers.test.ts',
      test: 'an optimizer > has the bits of a plain loop: rmsprop',
    },
  },
  {
    name: "the optimizer's state is not taken over",
    file: 'src/coordinator/fit.ts',
    find: 'of request.state.arrays.entries()',
    replace: 'of request.state.arrays.slice(9).entries()',
    witness: fitState('with momentum, two calls one after the other have the bits of one'),
  },
  {
    name: "the optimizer's count of steps begins anew",
    file: 'src/coordinator/fit.ts',
    find: 'let steps = request.state.steps;',
    replace: 'let steps = 0;',
    witness: fitState('with adam, two calls one after the other have the bits of one'),
  },
  {
    name: 'all batches of an epoch count alike in its mean, also the uneven one',
    file: 'src/coordinator/fit.ts',
    find: 'sum + size * means[index], 0) / examples',
    replace: 'sum + means[index], 0) / seen.length',
    witness: fitEquals('three epochs: sgd, 0 of 22 for validation'),
  },
  {
    name: 'validation takes place on the first examples',
    file: 'src/fit/examples.ts',
    find: 'return [part(0, at), part(at, examples.count)];',
    replace: 'return [part(0, at), part(0, examples.count - at)];',
    witness: fitEquals('three epochs: sgd, 8 of 22 for validation'),
  },
];

const pool = (test: string): Witness => ({ file: 'test/coordinator/pool/supervised.test.ts', test });

const reliability: readonly Mutant[] = [
  {
    name: "a dead worker's task is left out",
    file: 'src/coordinator/pool/supervised.ts',
    find: 'else queue.unshift(job);',
    replace: 'else job.resolve(undefined);',
    witness: pool(
      'a worker that dies > has its task done by another one, and the replies stay in the order of the tasks',
    ),
  },
  {
    name: 'the memory of a worker that was given up is used again before its thread has ended',
    file: 'src/coordinator/pool/seat.ts',
    find: 'const hasEnded = await endsInTime(lost);',
    replace: 'const hasEnded = true;',
    witness: pool('a worker that dies > keeps its task until its thread has ended: it could still write'),
  },
  {
    name: 'the late reply of a worker that was given up counts',
    file: 'src/coordinator/pool/seat.ts',
    find: "if (job !== next || state !== 'busy') return;",
    replace: '',
    witness: pool(
      'a worker that does not answer within the deadline is ended, and its task done by another one.',
    ),
  },
  {
    name: 'a task is done again by the worker that it shall not be done by',
    file: 'src/coordinator/pool/supervised.ts',
    find: '(job) => job.notBy !== seat.worker || isLast(seat)',
    replace: '() => true || isLast(seat)',
    witness: pool('a task goes to another worker than the one it shall not be done by, whoever is free.'),
  },
  {
    name: 'deadlines go on while the process is suspended',
    file: 'src/coordinator/pool/watch.ts',
    find: 'Math.min(at - ticked, 2 * tickMilliseconds)',
    replace: 'at - ticked',
    witness: {
      file: 'test/coordinator/pool/watch.test.ts',
      test: 'the clock of the deadlines hardly goes on while this thread stands still, as in a process that is suspended.',
    },
  },
  {
    name: 'a shard that is not finite is computed again by the same worker',
    file: 'src/coordinator/not-finite.ts',
    find: '{ notBy },',
    replace: '{ notBy: notBy.slice(notBy.length) },',
    witness: {
      file: 'test/coordinator/not-finite.test.ts',
      test: 'a shard that is not finite > is computed again, each by another worker than before, and the results change',
    },
  },
  {
    name: 'an update that is not finite is taken',
    file: 'src/coordinator/step.ts',
    find: 'if (!(await update(session, work))) throw overflows(work);',
    replace: 'await update(session, work);',
    witness: {
      file: 'test/coordinator/step.test.ts',
      test: 'an update that overflows is refused, with parameters and state as they were: 2 workers.',
    },
  },
  {
    name: 'the update is made in place',
    file: 'src/worker/update.ts',
    find: 'const next = other(current);',
    replace: 'const next = current;',
    witness: {
      file: 'test/worker/update.test.ts',
      test: 'the update of a part of the parameters > has the bits of a plain tree and a plain loop, with 3 shards',
    },
  },
  {
    name: "a checkpoint's checksums are not looked at",
    file: 'src/coordinator/checkpoint-read.ts',
    find: 'if (found !== files[name].sha256)',
    replace: 'if (found === undefined)',
    witness: {
      file: 'test/coordinator/checkpoint.test.ts',
      test: 'A broken checkpoint > is passed over by the name of weights.bin when one byte of it was changed, wherever',
    },
  },
  {
    name: 'the lock of a living training is taken over',
    file: 'src/coordinator/run-lock.ts',
    find: 'return (await startOf(pid)) === started;',
    replace: 'return (await startOf(pid)) !== started;',
    witness: {
      file: 'test/coordinator/run-lock.test.ts',
      test: 'A run directory > stays with a process that runs, and with one of another machine',
    },
  },
];

const threeWays: Witness = {
  file: 'test/equivalence/three-ways.test.ts',
  test: 'one step of the whole tutorial network from the same parameters > at step 1',
};

/** Their tests need TensorFlow, which `npm run test:mutants` sets up. */
const tensorflow: readonly Mutant[] = [
  {
    name: 'the tensorflow engine gives the mean over a shard',
    file: 'src/engine/tensorflow/pass.ts',
    find: 'tf.sum(tf.mul(kept.losses, tf.tensor1d(examples.weights)))',
    replace: 'tf.mean(tf.mul(kept.losses, tf.tensor1d(examples.weights)))',
    witness: threeWays,
  },
  {
    name: "the tensorflow engine's masks do not depend on the position in the batch",
    file: 'src/engine/tensorflow/model.ts',
    find: 'position + example,',
    replace: 'example,',
    witness: threeWays,
  },
  {
    name: "running averages move at the optimizer's rate",
    file: 'src/worker/update.ts',
    find: 'learningRate: isState ? -1 : learningRate',
    replace: 'learningRate',
    witness: {
      file: 'test/any-model.test.ts',
      test: 'engine auto trains what the embedded engines do not know with tensorflow > batch normalisation: the running averages are the mean of the shards’, in the same bits for any workers',
    },
  },
];

export const mutants: readonly Mutant[] = [
  ...sharding,
  ...averaging,
  ...masks,
  ...gradients,
  ...order,
  ...tree,
  ...zeros,
  ...fourier,
  ...update,
  ...evaluating,
  ...resuming,
  ...fitting,
  ...reliability,
  ...tensorflow,
];
