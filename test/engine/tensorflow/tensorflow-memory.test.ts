/** The tensorflow engine keeps no tensor and no memory from step to step. */
import { beforeEach, describe, expect, test } from 'vitest';
import { tensorflowEngine } from '../../../src/engine/tensorflow/tensorflow.ts';
import { loadTensorflow } from '../../../src/runtime/tensorflow-package.ts';
import { compiled } from '../../../testing/engine/compiled.ts';
import { dense, dropout, network, relu } from '../../../testing/engine/network-builder.ts';
import { workbench } from '../../../testing/engine/workbench.ts';
import { missing, topologyOf } from '../../../testing/tensorflow.ts';

const small = network([6], dense(7), relu, dropout(0.5), dense(5));

describe('the tensorflow engine', () => {
  beforeEach(({ skip }) => skip(missing !== undefined, missing));

  test('has as many tensors after step 500 as after step 10', async () => {
    const work = workbench({
      factory: tensorflowEngine,
      network: small,
      topology: topologyOf(small),
      maxExamples: 5,
      kernels: await compiled('relaxed'),
    });
    const { memory } = loadTensorflow();
    let after10 = 0;
    for (let step = 1; step <= 500; step++) {
      work.gradient({ indices: [0, 3, 1, 4, 2], step, counts: [2, 0, 3] });
      if (step % 50 === 0) work.evaluate({ indices: [0, 1] });
      if (step === 10) after10 = memory().numTensors;
    }
    expect(memory().numTensors).toBe(after10);
  });
});
