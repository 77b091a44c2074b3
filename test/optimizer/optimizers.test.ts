import { describe, expect, test } from 'vitest';
import { chooseKernels } from '../../src/kernels/choose-kernels.ts';
import { instantiateKernels, kernelStaticBytes } from '../../src/kernels/kernel-module.ts';
import type { Update } from '../../src/kernels/structs.ts';
import { betaPower } from '../../src/optimizer/adam.ts';
import { createOptimizer } from '../../src/optimizer/optimizers.ts';
import type { OptimizerSettings } from '../../src/optimizer/settings.ts';
import { uniform } from '../../testing/engine/values.ts';
import { type PlainState, type PlainUpdate, plainUpdate } from '../../testing/optimizer/plain-optimizer.ts';

const floats = 44;
const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
const kernels = instantiateKernels((await chooseKernels('relaxed')).module, memory);
/** Seven arrays, with room behind each. */
const at = (array: number) => kernelStaticBytes + array * (floats + 16) * 4;
const values = (array: number) => new Float32Array(memory.buffer, at(array), floats);
const [sum, current, next] = [0, 1, 2];
const [currentState, nextState] = [
  [3, 4],
  [5, 6],
];

const optimizers: readonly OptimizerSettings[] = [
  { name: 'sgd', learningRate: 0.05 },
  { name: 'sgd', learningRate: 3 },
  { name: 'momentum', learningRate: 0.05, momentum: 0.9, nesterov: false },
  { name: 'momentum', learningRate: 0, momentum: 0.5, nesterov: false },
  { name: 'momentum', learningRate: 3, momentum: 0.999, nesterov: false },
  { name: 'momentum', learningRate: 0.05, momentum: 0.9, nesterov: true },
  { name: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  { name: 'adam', learningRate: 0.1, beta1: 0.5, beta2: 0.9, epsilon: 0.01 },
  { name: 'rmsprop', learningRate: 0.001, decay: 0.9, momentum: 0, epsilon: 1e-7 },
  { name: 'rmsprop', learningRate: 0.01, decay: 0.99, momentum: 0.9, epsilon: 1e-3 },
  { name: 'adagrad', learningRate: 0.01, initialAccumulatorValue: 0.1, epsilon: 1e-7 },
  { name: 'adamax', learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-7 },
  { name: 'lion', learningRate: 0.001, beta1: 0.9, beta2: 0.99 },
  { name: 'adadelta', learningRate: 1, rho: 0.9, epsilon: 1e-4 },
  { name: 'tfjsAdadelta', learningRate: 1, rho: 0.9, epsilon: 1e-4 },
];

/** What is made of a gradient and a parameter besides, each with what it is told the kernel as. */
const beside: readonly { readonly title: string; readonly asked: Partial<PlainUpdate> }[] = [
  { title: 'nothing', asked: {} },
  { title: 'a scale', asked: { scale: 0.3 } },
  { title: 'a limit', asked: { limit: 0.1 } },
  { title: 'a decay', asked: { weightDecay: 0.05 } },
  { title: 'all three', asked: { scale: 0.7, limit: 0.2, weightDecay: 0.3 } },
];

describe('an optimizer', () => {
  const withBeside = optimizers.flatMap((settings) =>
    beside.map(({ title, asked }) => ({ name: settings.name, settings, title, asked })),
  );
  test.for(withBeside)('has the bits of a plain loop: $name with $title', ({ settings, asked }) => {
    let plain = initialState(settings);
    for (let step = 1; step <= 20; step++) {
      const gradient = uniform(10 + step, floats, -50, 50);
      const examples = step % 3 === 0 ? 30 : 100;
      values(sum).set(gradient);
      values(current).set(plain.parameters);
      plain.state.forEach((array, i) => {
        values(currentState[i]).set(array);
      });
      update(settings, step, examples, asked);
      expect(values(current), 'the old parameters stay').toEqual(plain.parameters);
      for (const [i, array] of plain.state.entries())
        expect(values(currentState[i]), 'the old state stays').toEqual(array);
      plain = plainUpdate(plain, { step, sum: gradient, examples, ...asked }, settings);
      expect(values(next)).toEqual(plain.parameters);
      for (const [i, array] of plain.state.entries()) expect(values(nextState[i])).toEqual(array);
    }
  });

  test.for(optimizers)(
    'gives padding, whose gradient and value are zero, no other value: $name',
    (settings) => {
      values(sum).fill(0);
      values(current).fill(0);
      // Also where a checkpoint's padding has come in its place.
      for (const array of currentState) values(array).fill(0);
      update(settings, 1, 16);
      expect(values(next)).toEqual(new Float32Array(floats));
    },
  );

  test.for(optimizers)('tells whether all that it wrote is finite: $name', (settings) => {
    const sees = (change: () => void) => {
      values(sum).fill(1);
      values(current).fill(1);
      for (const array of currentState) values(array).fill(1);
      change();
      return update(settings, 1, 16);
    };
    expect(sees(() => {})).toBe(true);
    for (const place of [0, 1, 2, 3, floats - 1])
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(sees(() => values(current).fill(value, place, place + 1))).toBe(false);
        expect(sees(() => values(sum).fill(value, place, place + 1))).toBe(false);
      }
    // Its square is not finite any more. The parameters are, where they are divided by its root.
    const squares = ['adam', 'rmsprop', 'adagrad', 'adadelta', 'tfjsAdadelta'].includes(settings.name);
    expect(sees(() => values(sum).fill(1e25, 5, 6))).toBe(!squares);
    if (squares) expect(values(next).every(Number.isFinite)).toBe(true);
  });

  test.for(optimizers)('writes its own elements only: $name', (settings) => {
    const all = new Float32Array(memory.buffer, kernelStaticBytes, 7 * (floats + 16));
    all.fill(7);
    update(settings, 1, 16);
    const changed = [...all.keys()].filter((i) => all[i] !== 7).map((i) => Math.floor(i / (floats + 16)));
    const written = [next, ...nextState.slice(0, createOptimizer(settings).initialState.length)];
    const still = settings.learningRate === 0 ? [next] : [];
    expect(new Set(changed)).toEqual(new Set(written.filter((array) => !still.includes(array))));
    expect(changed.length).toBe((written.length - still.length) * floats);
  });

  test('takes the mean gradient times the learning rate from the parameters', () => {
    const settings: OptimizerSettings = { name: 'sgd', learningRate: 0.5 };
    values(sum).fill(8);
    values(current).fill(1);
    update(settings, 1, 16);
    expect(values(next)).toEqual(new Float32Array(floats).fill(0.75));
  });

  test('knows of the past its state arrays and the number of the step: adam takes the learning rate at step 1', () => {
    const settings: OptimizerSettings = optimizers[6];
    values(sum).fill(16 * 3);
    values(current).fill(1);
    for (const array of currentState) values(array).fill(0);
    update(settings, 1, 16);
    for (const value of values(next)) expect(value).toBeCloseTo(1 - settings.learningRate, 6);
    const first = values(next).slice();
    update(settings, 1, 16);
    expect(values(next)).toEqual(first);
    update(settings, 2, 16);
    expect(values(next)).not.toEqual(first);
  });

  test("adam's power of beta is that of repeated multiplication, to float64's rounding", () => {
    let power = 1;
    for (let step = 1; step <= 1000; step++) {
      power *= Math.fround(0.999);
      expect(Math.abs(betaPower(0.999, step) / power - 1)).toBeLessThan(1e-12);
    }
    expect(betaPower(0.9, 2 ** 32 - 1)).toBe(0);
  });
});

const initialState = (settings: OptimizerSettings): PlainState => ({
  parameters: uniform(1, floats, -1, 1),
  state: createOptimizer(settings).initialState.map((value) => new Float32Array(floats).fill(value)),
});

function update(
  settings: OptimizerSettings,
  step: number,
  examples: number,
  { scale = 1, limit = Number.POSITIVE_INFINITY, weightDecay = 0 }: Partial<PlainUpdate> = {},
): boolean {
  const { initialState, begin } = createOptimizer(settings);
  const [first, second] = [0, 1].map((array) =>
    array < initialState.length ? [at(currentState[array]), at(nextState[array])] : [0, 0],
  );
  const struct: Update = {
    ...{ current: at(current), next: at(next) },
    ...{ first: first[0], nextFirst: first[1], second: second[0], nextSecond: second[1] },
    ...{ examples, learningRate: settings.learningRate, scale, limit },
    weightDecay: weightDecay === 0 ? 0 : -settings.learningRate * weightDecay,
  };
  return begin(kernels, memory.buffer, at(7), struct, step)(at(sum), 0, floats);
}
