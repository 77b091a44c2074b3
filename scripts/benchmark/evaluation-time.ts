import { openTrainer } from '../../src/benchmark/trainer.ts';
import { evaluateTestSet } from '../../src/coordinator/evaluate.ts';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';

/** Steps before: what a network has learnt decides how many of its values are zero, and so how long it takes. */
const trainedSteps = 100;

/** Seconds of each of some evaluations of MNIST's 10,000 test images, in a trainer that has evaluated once before. */
export async function evaluationTimes(workers: number, evaluations: number): Promise<number[]> {
  const { train, test } = await mnist();
  const trainer = await openTrainer(mnistCnnSpec(), train, { workers, test });
  await trainer.train(trainedSteps);
  await evaluateTestSet(trainer.session);
  const seconds = [];
  for (let evaluation = 0; evaluation < evaluations; evaluation++) {
    const start = performance.now();
    await evaluateTestSet(trainer.session);
    seconds.push((performance.now() - start) / 1000);
  }
  await trainer.session.close();
  return seconds;
}
