import { describe, expect, test } from 'vitest';
import { engineChoices } from '../../../src/engine/engine.ts';
import { chooseKernels } from '../../../src/kernels/choose-kernels.ts';
import { classifierLoss } from '../../../src/loss/loss-of.ts';
import type { Network } from '../../../src/model/network.ts';
import { chooseEngine, reasonAgainst } from '../../../src/worker/engines/choose-engine.ts';
import { engines } from '../../../src/worker/engines/engines.ts';
import { planWork } from '../../../src/worker/plan.ts';
import { batchNormalization, dense, network, relu } from '../../../testing/engine/network-builder.ts';
import { networks, shardNetworks } from '../../../testing/engine/networks.ts';

const plain = network([4], dense(4), dense(3));
/** Its first layer is called twice. */
const withWeights: Network = {
  ...plain,
  layers: [plain.layers[0], { ...plain.layers[0], reads: [1] }, { ...plain.layers[1], reads: [2] }],
};
const opaque: Network = {
  ...plain,
  layers: [],
  opaque: { reason: 'Layer "a" (ConvLSTM2D) is not supported' },
};
const unscaled = network([4], dense(3), batchNormalization({ scale: false }), dense(3));

const unknown = { ...plain, layers: [{ ...plain.layers[0], kind: 'rescaling' as never }, plain.layers[1]] };
const unknownReason =
  'Layer "layer0" (rescaling) is not supported by the engine wasm: it has no kernels for layers of the kind rescaling';

describe('the engine', () => {
  test('is the one that is named, whatever it supports', () => {
    for (const choice of engineChoices)
      if (choice !== 'auto') expect(chooseEngine(choice, withWeights)).toEqual({ engine: choice });
  });

  test('is wasm of its own accord where that supports all layers', () => {
    for (const network of Object.values({ ...networks, ...shardNetworks, plain }))
      expect(chooseEngine('auto', network)).toEqual({ engine: 'wasm' });
  });

  test('is wasm too where layers are shared', () => {
    const twice = network([4], dense(4), relu, dense(3));
    const [first, shared, last] = twice.layers;
    const layers = [first, shared, { ...shared, reads: [2] }, { ...last, reads: [3] }];
    expect(chooseEngine('auto', { ...twice, layers })).toEqual({ engine: 'wasm' });
    expect(chooseEngine('auto', withWeights)).toEqual({ engine: 'wasm' });
  });

  test('is tensorflow otherwise, and says why', () => {
    expect(chooseEngine('auto', unknown)).toEqual({ engine: 'tensorflow', reason: unknownReason });
    expect(chooseEngine('auto', opaque)).toEqual({ engine: 'tensorflow', reason: opaque.opaque?.reason });
  });

  test.for([
    ['wasm', unknown, `${unknownReason}; engines that support it: tensorflow, reference`],
    ['wasm', opaque, 'Layer "a" (ConvLSTM2D) is not supported; engines that support it: tensorflow'],
    ['reference', opaque, 'engines that support it: tensorflow'],
    [
      'tensorflow',
      unscaled,
      'Layer "layer1" (batchNormalization) is not supported by the engine tensorflow: TensorFlow.js normalizes with `scale` and `center` only; engines that support it: wasm, reference',
    ],
  ] as const)(
    'that is named and cannot do it is refused with the layer, the reason and who can: %s',
    async ([engine, network, line]) => {
      expect(reasonAgainst(engines[engine], network)).toBeDefined();
      const sizes = { maxExamples: 4, batchSize: 4, shards: 2 };
      const optimizer = { name: 'sgd', learningRate: 0.1 } as const;
      const plan = planWork({
        engine,
        kernels: () => chooseKernels('auto'),
        network,
        ...sizes,
        loss: classifierLoss,
        optimizer,
      });
      await expect(plan).rejects.toThrow(line);
    },
  );
});
