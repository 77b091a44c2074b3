import { resolveConfig } from '../../src/config.ts';
import { openClassifierSession } from '../../src/coordinator/classifier.ts';
import { evaluateTestSet } from '../../src/coordinator/evaluate.ts';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn-spec.ts';

/** Seconds of each of some evaluations of MNIST's 10,000 test images, in a trainer that has evaluated once before. */
export async function evaluationTimes(workers: number, evaluations: number): Promise<number[]> {
  const model = mnistCnnSpec();
  const session = await openClassifierSession({
    ...model,
    ...(await mnist()),
    config: resolveConfig({ workers }),
  });
  await session.load(session.layout.parameters, model.parameters);
  await evaluateTestSet(session);
  const seconds = [];
  for (let evaluation = 0; evaluation < evaluations; evaluation++) {
    const start = performance.now();
    await evaluateTestSet(session);
    seconds.push((performance.now() - start) / 1000);
  }
  await session.close();
  return seconds;
}
