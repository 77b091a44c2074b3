/** The hashes of models on the tensorflow engine are those of version 0.1.0 (commit 51a249b), so that its runs go on. */
import '../../src/model/cpu-backend.ts';
import { input, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { modelSha256 } from '../../src/coordinator/hashes.ts';
import { modelSpec } from '../../src/model/layers-model.ts';

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
    'plain',
    () => chain([first(), last()]),
    '9403bc9613dcee49245ed125b2b4280af9381b4128c38cd314aa6a6c9eb48ee0',
  ],
] as const;

test.for(recorded)('a %s model', ([, create, hash]) => {
  const { network, topology } = modelSpec(create());
  expect(modelSha256(network, topology, 'tensorflow')).toBe(hash);
});
