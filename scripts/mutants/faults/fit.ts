/** Faults in `fit`, its losses and optimizers. */
import type { Mutant, Witness } from '../mutant.ts';
import { sources, tests } from '../places.ts';

const fitEquals = (test: string): Witness => ({
  file: tests.fitEquivalence,
  test: `on wasm, fit equals model.fit > ${test}`,
});

const fitState = (test: string): Witness => ({ file: tests.fitState, test });
const severalEnds = (test: string): Witness => ({ file: tests.fitSeveralEnds, test });

const fitting: readonly Mutant[] = [
  {
    name: "the softmax's own gradient is left out",
    file: sources.loss,
    find: 'kernels.softmaxRowsBackward(program.output, d, d, 1, size);',
    replace: '{}',
    witness: fitEquals('one step: categoricalCrossentropy of softmax'),
  },
  {
    name: 'what a loss has clipped passes its gradient on',
    file: sources.elementLossKernels,
    find: 'return v128.and(slope, isInside(p));',
    replace: 'return slope;',
    witness: fitEquals('one step: binaryCrossentropy of what is clipped'),
  },
  {
    name: 'a loss of vectors passes on the gradient of what it has clipped',
    file: sources.marginLossKernels,
    find: 'v128.and(f64x2.div(f64x2.neg(t), p), isInside)',
    replace: 'f64x2.div(f64x2.neg(t), p)',
    witness: fitEquals('one step: kullbackLeiblerDivergence of what is clipped'),
  },
  {
    name: 'an error larger than 1 counts squared in the huber loss',
    file: sources.elementLossKernels,
    find: 'return v128.bitselect(f64x2.sub(error, both(0.5)), square, f64x2.gt(error, both(1)));',
    replace: 'return square;',
    witness: fitEquals('three epochs: tf.losses.huberLoss of linear, 8 of 22 for validation'),
  },
  {
    name: 'precision of a validation is that of the whole set',
    file: sources.evaluate,
    find: 'batches === undefined || !isOfBatch(one)',
    replace: 'true',
    witness: fitEquals('three epochs: precision and recall, of each batch'),
  },
  {
    name: "an example's loss is not divided by how many values it has",
    file: sources.elementLoss,
    find: 'f64x2.div(rule.slope(value, t), divisors)',
    replace: 'rule.slope(value, t)',
    witness: fitEquals('one step: meanSquaredError of linear'),
  },
  {
    name: 'the weight of a class counts in the loss, not in the gradient',
    file: sources.loss,
    find: 'kernels.scale(d, whole, weight * outputWeight);',
    replace: '{}',
    witness: fitState('class weights are those of model.fit.'),
  },
  {
    name: 'the loss of one of several outputs has no weight',
    file: sources.loss,
    find: 'outputs[place].weight * sum',
    replace: 'sum',
    witness: severalEnds('the loss is the sum of those of the outputs, each times its weight'),
  },
  {
    name: 'the second input is read from where the first one lies',
    file: sources.wasm,
    find: 'from += input.size;',
    replace: '',
    witness: severalEnds('on wasm > trains two inputs as model.fit does'),
  },
  {
    name: "of a shared layer's calls only the last one counts in the update phase",
    file: sources.sharedLayers,
    find: 'pass.kernels.addRows(addressOf(block.first), block.sum, 1, block.floats);',
    replace: '',
    witness: severalEnds(
      'on wasm, layers that are called several times > train as in model.fit, with the same bits: a dense layer that is called three times',
    ),
  },
  {
    name: "of a shared layer's calls only the last one counts in the slots",
    file: sources.sharedLayers,
    find: 'kernels.addRows(scratch[shard.index] + place * 4, shard.gradient + place * 4, 1, size);',
    replace: '{}',
    witness: severalEnds(
      'on wasm, layers that are called several times > train as in model.fit, with the same bits: a convolution that is called twice',
    ),
  },
  {
    name: 'an output in the middle is overwritten by what reads it',
    file: sources.buffers,
    find: 'const kept = new Set(graph.outputs);',
    replace: 'const kept = new Set<number>();',
    witness: severalEnds('on wasm > trains two outputs, one of them in the middle as model.fit does'),
  },
  {
    name: "adam's correction stays that of the first step",
    file: sources.adam,
    find: 'betaPower(beta2, step)',
    replace: 'betaPower(beta2, 1)',
    witness: fitEquals('three epochs: adam, 8 of 22 for validation'),
  },
  {
    name: 'the squares that adagrad sums up begin as zero',
    file: sources.adagrad,
    find: 'initialState: [initialAccumulatorValue]',
    replace: 'initialState: [0]',
    witness: fitEquals('one step: adagrad'),
  },
  {
    name: 'rmsprop adds its epsilon behind the root',
    file: sources.optimizersKernels,
    find: 'f32x4.sqrt(f32x4.add(squares, f32x4.splat(this.epsilon)));\n    const scaled',
    replace: 'f32x4.add(f32x4.sqrt(squares), f32x4.splat(this.epsilon));\n    const scaled',
    witness: {
      file: tests.optimizers,
      test: 'an optimizer > has the bits of a plain loop: rmsprop',
    },
  },
  {
    name: "the optimizer's state is not taken over",
    file: sources.state,
    find: 'of arrays.entries()',
    replace: 'of arrays.slice(9).entries()',
    witness: fitState('with momentum, two calls one after the other have the bits of one'),
  },
  {
    name: "the optimizer's count of steps begins anew",
    file: sources.trainer,
    find: 'before = state.optimizer.steps - own();',
    replace: 'before = 0;',
    witness: fitState('with adam, two calls one after the other have the bits of one'),
  },
  {
    name: 'all batches of an epoch count alike in its mean, also the uneven one',
    file: sources.loop,
    find: '(sums[index] ?? 0) + count * value',
    replace: '(sums[index] ?? 0) + (examples + count) * value - examples * value * 0.5',
    witness: fitEquals('three epochs: sgd, 8 of 22 for validation'),
  },
  {
    name: 'a layer that a callback freezes moves on',
    file: sources.fitSwitched,
    find: 'if (weight === undefined) return',
    replace: 'if (weight === undefined || goesOn) return',
    witness: {
      file: tests.fitSwitched,
      test: 'frozen after the second epoch, thawed after the third: the first layer stays and moves as in model.fit.',
    },
  },
  {
    name: 'validation takes place on the first examples',
    file: sources.fitExamples,
    find: 'return [part(0, at), part(at, examples.count)];',
    replace: 'return [part(0, at), part(0, examples.count - at)];',
    witness: fitEquals('three epochs: sgd, 8 of 22 for validation'),
  },
];

export const fitFaults: readonly Mutant[] = [...fitting];
