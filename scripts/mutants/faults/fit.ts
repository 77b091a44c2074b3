/** Faults in `fit`, its losses and optimizers. */
import type { Mutant, Witness } from '../mutant.ts';
import { sources, tests } from '../places.ts';

const fitEquals = (test: string): Witness => ({
  file: tests.fitEquivalence,
  test: `on wasm, fit equals model.fit > ${test}`,
});

const fitState = (test: string): Witness => ({ file: tests.fitState, test });

const fitting: readonly Mutant[] = [
  {
    name: "the softmax's own gradient is left out",
    file: sources.loss,
    find: 'kernels.softmaxBackward(program.output, dLogits, size);',
    replace: '{}',
    witness: fitEquals('one step: categoricalCrossentropy of softmax'),
  },
  {
    name: 'what a loss has clipped passes its gradient on',
    file: sources.lossKernels,
    find: 'isInside(value) ? <f32>((y - t)',
    replace: 'true ? <f32>((y - t)',
    witness: fitEquals('one step: binaryCrossentropy of what is clipped'),
  },
  {
    name: "an example's loss is not divided by how many values it has",
    file: sources.lossKernels,
    find: '<f32>((2 * difference) / size)',
    replace: '<f32>(2 * difference)',
    witness: fitEquals('one step: meanSquaredError of linear'),
  },
  {
    name: 'the weight of a class counts in the loss, not in the gradient',
    file: sources.loss,
    find: 'kernels.scale(dLogits, size, weight);',
    replace: '{}',
    witness: fitState('class weights are those of model.fit.'),
  },
  {
    name: "adam's correction stays that of the first step",
    file: sources.adam,
    find: 'betaPower(beta2, step)',
    replace: 'betaPower(beta2, 1)',
    witness: fitEquals('three epochs: adam, 0 of 22 for validation'),
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
    file: sources.updateKernels,
    find: 'f32x4.sqrt(f32x4.add(s, f32x4.splat(epsilon))));\n    const speed',
    replace: 'f32x4.add(f32x4.sqrt(s), f32x4.splat(epsilon)));\n    const speed',
    witness: {
      file: tests.optimizers,
      test: 'an optimizer > has the bits of a plain loop: rmsprop',
    },
  },
  {
    name: "the optimizer's state is not taken over",
    file: sources.fitLoop,
    find: 'of request.state.arrays.entries()',
    replace: 'of request.state.arrays.slice(9).entries()',
    witness: fitState('with momentum, two calls one after the other have the bits of one'),
  },
  {
    name: "the optimizer's count of steps begins anew",
    file: sources.fitLoop,
    find: 'let steps = request.state.steps;',
    replace: 'let steps = 0;',
    witness: fitState('with adam, two calls one after the other have the bits of one'),
  },
  {
    name: 'all batches of an epoch count alike in its mean, also the uneven one',
    file: sources.fitLoop,
    find: 'sum + size * means[index], 0) / examples',
    replace: 'sum + means[index], 0) / seen.length',
    witness: fitEquals('three epochs: sgd, 0 of 22 for validation'),
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
