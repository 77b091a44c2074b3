import { describe, expect, test } from 'vitest';
import { compileKernels, instantiateKernels, kernelStaticBytes } from '../../src/engine/wasm/kernels.ts';
import { sgd } from '../../src/optimizer/sgd.ts';
import { uniform } from '../engine/values.ts';
import { type PlainState, plainSgd } from './plain-sgd.ts';

const floats = 44;
const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
const kernels = instantiateKernels((await compileKernels()).module, memory);
/** Five arrays, with room behind each. */
const at = (array: number) => kernelStaticBytes + array * (floats + 16) * 4;
const values = (array: number) => new Float32Array(memory.buffer, at(array), floats);
const [sum, current, next, currentVelocity, nextVelocity] = [0, 1, 2, 3, 4];

describe('stochastic gradient descent', () => {
  test.for([
    { learningRate: 0.05, momentum: 0 },
    { learningRate: 0.05, momentum: 0.9 },
    { learningRate: 0, momentum: 0.5 },
    { learningRate: 3, momentum: 0.999 },
  ])(
    'has the bits of a plain loop over 20 steps, at rate $learningRate with momentum $momentum',
    (settings) => {
      const optimizer = sgd(settings);
      let plain: PlainState = { parameters: uniform(1, floats, -1, 1), velocity: new Float32Array(floats) };
      for (let step = 1; step <= 20; step++) {
        const gradient = uniform(10 + step, floats, -50, 50);
        const examples = step % 3 === 0 ? 30 : 100;
        values(sum).set(gradient);
        values(current).set(plain.parameters);
        values(currentVelocity).set(plain.velocity);
        optimizer.update(kernels, block(optimizer.stateArrays, examples));
        expect(values(current), 'the old parameters stay').toEqual(plain.parameters);
        expect(values(currentVelocity), 'the old velocity stays').toEqual(plain.velocity);
        plain = plainSgd(plain, gradient, examples, settings);
        expect(values(next)).toEqual(plain.parameters);
        if (settings.momentum > 0) expect(values(nextVelocity)).toEqual(plain.velocity);
      }
    },
  );

  test('keeps a velocity only where there is momentum', () => {
    expect(sgd({ learningRate: 1, momentum: 0 }).stateArrays).toBe(0);
    expect(sgd({ learningRate: 1, momentum: 0.9 }).stateArrays).toBe(1);
  });

  test('takes the mean gradient times the learning rate from the parameters', () => {
    values(sum).fill(8);
    values(current).fill(1);
    sgd({ learningRate: 0.5, momentum: 0 }).update(kernels, block(0, 16));
    expect(values(next)).toEqual(new Float32Array(floats).fill(0.75));
  });

  test('writes its own elements only', () => {
    const all = new Float32Array(memory.buffer, kernelStaticBytes, 5 * (floats + 16));
    all.fill(7);
    sgd({ learningRate: 0.5, momentum: 0.9 }).update(kernels, block(1, 16));
    const changed = [...all.keys()].filter((i) => all[i] !== 7).map((i) => Math.floor(i / (floats + 16)));
    expect(new Set(changed)).toEqual(new Set([next, nextVelocity]));
    expect(changed.length).toBe(2 * floats);
  });
});

function block(stateArrays: number, examples: number) {
  return {
    floats,
    sum: at(sum),
    examples,
    current: at(current),
    next: at(next),
    currentState: [at(currentVelocity)].slice(0, stateArrays),
    nextState: [at(nextVelocity)].slice(0, stateArrays),
  };
}
