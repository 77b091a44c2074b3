import { describe, expect, test } from 'vitest';
import { classifierLoss } from '../../src/coordinator/classifier.ts';
import { chooseEngine, reasonAgainst } from '../../src/engine/choose-engine.ts';
import { engineChoices } from '../../src/engine/engine.ts';
import { engines } from '../../src/engine/engines.ts';
import type { Network } from '../../src/model/network.ts';
import { planWork } from '../../src/worker/plan.ts';
import { batchNormalization, dense, network, relu } from './network-builder.ts';
import { networks, shardNetworks } from './networks.ts';

const plain = network([4], dense(4), dense(3));
/** Its first layer is called twice. */
const shared: Network = {
  ...plain,
  layers: [plain.layers[0], { ...plain.layers[0], reads: [1] }, { ...plain.layers[1], reads: [2] }],
};
const opaque: Network = { ...plain, layers: [], opaque: { reason: 'Layer "a" (LSTM) is not supported' } };
const unscaled = network([4], dense(3), batchNormalization({ scale: false }), dense(3));

const sharedReason =
  'Layer "layer0" (dense) is not supported by the engine wasm: it is called more than once';

describe('the engine', () => {
  test('is the one that is named, whatever it supports', () => {
    for (const choice of engineChoices)
      if (choice !== 'auto') expect(chooseEngine(choice, shared)).toEqual({ engine: choice });
  });

  test('is wasm of its own accord where that supports all layers', () => {
    for (const network of Object.values({ ...networks, ...shardNetworks, plain }))
      expect(chooseEngine('auto', network)).toEqual({ engine: 'wasm' });
  });

  test('is wasm too where layers without weights are shared', () => {
    const twice = network([4], dense(4), relu, dense(3));
    const [first, shared, last] = twice.layers;
    const layers = [first, shared, { ...shared, reads: [2] }, { ...last, reads: [3] }];
    expect(chooseEngine('auto', { ...twice, layers })).toEqual({ engine: 'wasm' });
  });

  test('is tensorflow otherwise, and says why', () => {
    expect(chooseEngine('auto', shared)).toEqual({ engine: 'tensorflow', reason: sharedReason });
    expect(chooseEngine('auto', opaque)).toEqual({ engine: 'tensorflow', reason: opaque.opaque?.reason });
  });

  test.for([
    ['wasm', shared, `${sharedReason}; engines that support it: tensorflow, reference`],
    ['wasm', opaque, 'Layer "a" (LSTM) is not supported; engines that support it: tensorflow'],
    ['reference', opaque, 'engines that support it: tensorflow'],
    [
      'tensorflow',
      unscaled,
      'Layer "layer1" (batchNormalization) is not supported by the engine tensorflow: TensorFlow.js normalizes batches with `scale` and `center` only; engines that support it: wasm, reference',
    ],
  ] as const)(
    'that is named and cannot do it is refused with the layer, the reason and who can: %s',
    async ([engine, network, line]) => {
      expect(reasonAgainst(engines[engine], network)).toBeDefined();
      const sizes = { maxExamples: 4, batchSize: 4, shards: 2 };
      const optimizer = { name: 'sgd', learningRate: 0.1 } as const;
      const plan = planWork({ engine, simd: 'auto', network, ...sizes, loss: classifierLoss, optimizer });
      await expect(plan).rejects.toThrow(line);
    },
  );
});
