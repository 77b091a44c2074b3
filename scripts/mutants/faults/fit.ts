/** Faults in `fit`, its losses and optimizers. */
import type { Mutant, Witness } from '../mutant.ts';

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

export const fitFaults: readonly Mutant[] = [...fitting];
