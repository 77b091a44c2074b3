/** The hashes of models on the tensorflow engine are those of version 0.1.0 (commit 51a249b), so that its runs go on. */
import '../../src/model/tfjs/cpu-backend.ts';
import { input, layers, model, regularizers, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { modelSpec } from '../../src/model/tfjs/layers-model.ts';
import { modelSha256 } from '../../src/run/hashes.ts';

const first = (config: object = {}) => layers.dense({ units: 4, name: 'b', inputShape: [4], ...config });
const last = () => layers.dense({ units: 3, name: 'c' });
const chain = (list: ReturnType<typeof first>[]) => sequential({ name: 'm', layers: list });

function functional() {
  const inputs = input({ shape: [4], name: 'in' });
  const branch = layers.dense({ units: 4, name: 'b' }).apply(inputs) as SymbolicTensor;
  const sum = layers.add({ name: 'd' }).apply([inputs, branch]) as SymbolicTensor;
  return model({ inputs, outputs: last().apply(sum) as SymbolicTensor, name: 'm' });
}

const recorded = [
  ['functional', functional, '28def2ec2c75bf9c588cf091de00cbb751f03321fb9142b39b031a29b5310d73'],
  [
    'normalizing',
    () => chain([first(), layers.batchNormalization({ name: 'e' }) as never, last()]),
    '311d30ff54a2e17b7c54454042e71ff1bd981fc72817e0a3f6f80f1fd0fca097',
  ],
  [
    'frozen',
    () => chain([first({ trainable: false }), last()]),
    'e989df0c46ddf09e3a3eb81c2bae451ef76fb84d1f56b69ea25eee22efb64f8d',
  ],
  [
    'nested',
    () => chain([first({ name: 'a' }), sequential({ name: 'n', layers: [first()] }) as never, last()]),
    'd7e63858fab97c47031e67f750edfa9efb187c4a95666389d23a133b66b867a1',
  ],
  [
    'leaky',
    () => chain([first(), layers.leakyReLU({ name: 'l' }) as never, last()]),
    'fd312a6410cd1d1a423ae602d96fa4ddcc0a324340a63d1cd1f7c750f06ae2e2',
  ],
  [
    'regularized',
    () => chain([first({ kernelRegularizer: regularizers.l2({ l2: 0.01 }) }), last()]),
    '26840379f8ade407a9650388379d6ef5f2ce06aecc0010fe202b4d17ad184cc2',
  ],
  [
    'elu',
    () => chain([first({ activation: 'elu' }), last()]),
    '59b99936266bb51af4103bc2942986989b1654acac51a5429a2d75a4bd6853d8',
  ],
  [
    'softmax inside',
    () => chain([first({ activation: 'softmax' }), last()]),
    '5a5dfd7daed74d28c5df69732e07366da3bfdaa59038d5f531fbce34155a0326',
  ],
  [
    'capped',
    () => chain([first(), layers.reLU({ name: 'l', maxValue: 6 }) as never, last()]),
    '42ba574a7ac20c3d22c53a8ddc9bb95c151504cb3e8453d7a0c323aae5bbcae4',
  ],
  [
    'global pooling',
    () =>
      chain([
        layers.reshape({ name: 'r', inputShape: [36], targetShape: [6, 6, 1] }) as never,
        layers.globalAveragePooling2d({ name: 'g' }) as never,
        last(),
      ]),
    '675cb11518f2dce3e03ca82d8a1d4d327dc2176853601ac55316982c8c23c4d5',
  ],
  [
    'of sequences',
    () =>
      chain([
        layers.reshape({ name: 'r', inputShape: [36], targetShape: [6, 6] }) as never,
        layers.conv1d({ name: 'd', filters: 2, kernelSize: 2 }) as never,
        layers.maxPooling1d({ name: 'p', poolSize: 2 }) as never,
        layers.flatten({ name: 'f' }) as never,
        last(),
      ]),
    'f40adcda47fa2ec7ab43446c5f76ae0d67a726592a996adf181145835d7c3c73',
  ],
  [
    'dilated',
    () =>
      chain([
        layers.reshape({ name: 'r', inputShape: [36], targetShape: [6, 6, 1] }) as never,
        layers.conv2d({ name: 'd', filters: 2, kernelSize: 2, dilationRate: 2 }) as never,
        layers.flatten({ name: 'f' }) as never,
        last(),
      ]),
    '80423985370d7db8994296a96f1f7b4dd25eefce54f1fc6c8b21aab27d71ca6f',
  ],
  [
    'plain',
    () => chain([first(), last()]),
    '9403bc9613dcee49245ed125b2b4280af9381b4128c38cd314aa6a6c9eb48ee0',
  ],
] as const;

test.for(recorded)('a %s model', ([, create, hash]) => {
  const { network, topology } = modelSpec(create());
  expect(modelSha256(network, topology, 'tensorflow')).toBe(hash);
});
