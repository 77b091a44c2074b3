/** The gradient that a training shows, beside the one that its updates take. */
import { expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/config.ts';
import type { TrainOptions } from '../../src/config/train-options.ts';
import { beginning, nextStep, openTrainer } from '../../src/coordinator/trainer.ts';
import type { Network } from '../../src/model/network.ts';
import { firstDigits } from '../../testing/digits.ts';
import { conv2d, dense, flatten, network, relu, tanh } from '../../testing/engine/network-builder.ts';
import { parametersFor } from '../../testing/engine/values.ts';

const train = await firstDigits(40);
const steps = 3;

/** Of dense layers, whose gradients are computed in the update, and what penalties add with them. */
function penalizedNetwork(): Network {
  const made = network([784], dense(35), tanh, dense(18, { frozen: true }), dense(10));
  for (const parameter of made.parameters) Object.assign(parameter, { penalty: { l1: 0.01, l2: 0.1 } });
  return made;
}

/** Each batch is the whole set, so the next step takes the gradient of the last batch too. */
async function go(model: Network, options: TrainOptions, asksGradient: boolean) {
  const config = resolveConfig({
    ...{ batchSize: 40, steps, shards: 4, learningRate: 0.25, optimizer: 'sgd', momentum: 0 },
    ...options,
  });
  const request = {
    model: { network: model, topology: {}, parameters: parametersFor(model) },
    train,
    config,
  };
  const trainer = await openTrainer(request);
  const gradients: Float32Array[] = [];
  const parameters: Float32Array[] = [];
  try {
    await trainer.load(beginning(request));
    if (asksGradient) expect(await trainer.gradient()).toBeUndefined();
    for (let step = 0; step < steps; step++) {
      await nextStep(trainer);
      parameters.push(await trainer.parameters());
      if (asksGradient) gradients.push((await trainer.gradient()) ?? new Float32Array());
    }
    return { gradients, parameters, hasSums: trainer.session.layout.sums !== undefined };
  } finally {
    await trainer.close();
  }
}

const shown = { tensorboard: ['histograms'] } as const;

test.for([
  ['a convolution', network([28, 28, 1], conv2d(5, [5, 5]), relu, flatten(), dense(10)), 'wasm'],
  ['dense layers with penalties, one of them frozen', penalizedNetwork(), 'wasm'],
  ['dense layers with penalties by the reference', penalizedNetwork(), 'reference'],
] as const)(
  '%s: it is what the next step moves by, and changes no bits.',
  { timeout: 120_000 },
  async ([, model, engine]) => {
    const plain = await go(model, { workers: 1, engine }, false);
    const [one, two] = [
      await go(model, { workers: 1, engine, ...shown }, true),
      await go(model, { workers: 2, engine, ...shown }, true),
    ];
    expect(plain.hasSums).toBe(false);
    expect(one.parameters).toEqual(plain.parameters);
    expect(two).toEqual(one);
    const trained = model.parameters.filter(({ untrained }) => untrained === undefined);
    for (let step = 0; step + 1 < steps; step++)
      for (const { name, offset, size } of trained) {
        let [most, off] = [0, 0];
        for (let at = offset; at < offset + size; at++) {
          const moved = (plain.parameters[step][at] - plain.parameters[step + 1][at]) / 0.25;
          most = Math.max(most, Math.abs(moved));
          off = Math.max(off, Math.abs(moved - one.gradients[step][at]));
        }
        expect(most, name).toBeGreaterThan(0);
        // What is left is the rounding of parameters of about 1, and of another order of the examples.
        expect(off, name).toBeLessThan(2e-6 + most * 1e-4);
      }
  },
);
