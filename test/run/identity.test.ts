import { describe, expect, test } from 'vitest';
import { resolveOptimizer } from '../../src/config/optimizer-options.ts';
import { readNetwork } from '../../src/model/keras/read-network.ts';
import { modelSha256 } from '../../src/run/hashes.ts';
import { checkResume, type RunIdentity } from '../../src/run/identity.ts';
import { identity } from '../../testing/coordinator/runs.ts';
import { conv2d, dense, type LayerJson, model } from '../../testing/model/topologies.ts';

const momentum = (learningRate: number, momentum: number) =>
  ({ name: 'momentum', learningRate, momentum, nesterov: false }) as const;
const adam = resolveOptimizer('adam', {});

describe('Resuming', () => {
  test.each<[string, Partial<RunIdentity>]>([
    ['`seed` to be 1 as in the run at runs/0001, got 2;', { seed: 2 }],
    ['`batchSize` to be 100 as in the run at runs/0001, got 50;', { batchSize: 50 }],
    ['`shards` to be 8 as in the run at runs/0001, got 4;', { shards: 4 }],
    ['`learningRate` to be 0.05 as in the run at runs/0001, got 0.1;', { optimizer: momentum(0.1, 0.9) }],
    ['`momentum` to be 0.9 as in the run at runs/0001, got 0.5;', { optimizer: momentum(0.05, 0.5) }],
    ['`optimizer` to be sgd as in the run at runs/0001, got adam;', { optimizer: adam, optimizerArrays: 2 }],
    [
      '`loss` to be softmaxCrossEntropy as in the run at runs/0001, got meanSquaredError;',
      { loss: { name: 'meanSquaredError', of: 'logits' } },
    ],
    [
      "the loss's prediction to be the model's logits as in the run at runs/0001, got the model's output;",
      { loss: { name: 'softmaxCrossEntropy', of: 'output' } },
    ],
    ['`shuffle` to be true as in the run at runs/0001, got false;', { shuffle: false }],
    ['`engine` to be wasm as in the run at runs/0001, got reference;', { engine: 'reference' }],
    [
      'the arithmetic to be wasm-1 with fused multiply-add as in the run at runs/0001, got wasm-1 with separate multiply-add;',
      { arithmetic: { kernels: 'wasm-1', multiplyAdd: 'separate' } },
    ],
    [
      'the arithmetic to be wasm-1 with fused multiply-add as in the run at runs/0001, got wasm-2 with fused multiply-add;',
      { arithmetic: { kernels: 'wasm-2', multiplyAdd: 'fused' } },
    ],
    [`\`model\` to be the one with SHA-256 ${identity.modelSha256} as in`, { modelSha256: '0'.repeat(64) }],
    [`\`data\` to be the set with SHA-256 ${identity.dataSha256} as in`, { dataSha256: '0'.repeat(64) }],
    ["the model's number of parameters to be 20 as in the run at runs/0001, got 21;", { parameterCount: 21 }],
    [
      "the number of arrays of the optimizer's state to be 1 as in the run at runs/0001, got 0;",
      { optimizerArrays: 0 },
    ],
  ])('is refused: Expected %s', (message, change) => {
    const resume = () => checkResume(identity, { ...identity, ...change }, 'runs/0001');
    expect(resume).toThrow(`Expected ${message}`);
    expect(resume).toThrow(
      /; resume with the same settings, (with `allowArithmeticChange`, )?or begin a new run without `resume`$/,
    );
  });

  test('names every setting that differs, and passes when none does', () => {
    expect(() => checkResume(identity, { ...identity, seed: 2, shards: 4 }, 'runs/0001')).toThrow(
      'Expected `seed` to be 1 as in the run at runs/0001, got 2; `shards` to be 8, got 4; resume with',
    );
    expect(() => checkResume(identity, structuredClone(identity), 'runs/0001')).not.toThrow();
  });
});

describe("A model's hash", () => {
  const hashOf = (...layers: LayerJson[]) => modelSha256(readNetwork(model(...layers)), {}, 'wasm');
  const first = (config: object) => dense({ batch_input_shape: [null, 3], ...config });

  test('does not depend on names and initial values', () => {
    const named = hashOf(first({ name: 'a', kernel_initializer: 'zeros' }), dense({ name: 'b' }));
    expect(hashOf(first({ name: 'c' }), dense({ name: 'd' }))).toBe(named);
  });

  test('depends on what the layers compute', () => {
    const image = (config: object) => conv2d({ batch_input_shape: [null, 6, 6, 1], ...config });
    const flat = { class_name: 'Flatten', config: { name: 'flatten' } };
    const hashes = [
      hashOf(first({})),
      hashOf(first({ units: 3 })),
      hashOf(first({ use_bias: false })),
      hashOf(first({ activation: 'softmax' })),
      hashOf(first({ activation: 'relu' }), dense({ name: 'b' })),
      hashOf(first({ activation: 'tanh' }), dense({ name: 'b' })),
      hashOf(image({}), flat, dense()),
      hashOf(image({ padding: 'same' }), flat, dense()),
      hashOf(image({ strides: [2, 2] }), flat, dense()),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
