import { defaults } from '../config.ts';
import { exampleSetOf } from '../data/example-set.ts';
import type { EvaluateRequest, Evaluation, Prediction } from '../protocol.ts';
import { classifierLoss } from './classifier.ts';
import { evaluateTestSet } from './evaluate.ts';
import { openSession, type Session } from './session.ts';

export const evaluate = (request: EvaluateRequest): Promise<Evaluation> =>
  withTestSession(request, evaluateTestSet);

/** Probabilities of every example, and the first of the most probable classes. */
export const predict = (request: EvaluateRequest): Promise<Prediction> =>
  withTestSession(request, async (session) => {
    await evaluateTestSet(session);
    const { classes } = request.model.network;
    const { count, predictions: offset } = session.layout.test;
    const probabilities = session.floats(offset, count * classes).slice();
    const best = Uint32Array.from({ length: count }, (_, example) => {
      const row = probabilities.subarray(example * classes, (example + 1) * classes);
      return row.indexOf(row.reduce((largest, value) => Math.max(largest, value)));
    });
    return { classes: best, probabilities };
  });

async function withTestSession<T>(
  { model, data, workers, engine, simd }: EvaluateRequest,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession({
    network: model.network,
    topology: model.topology,
    test: exampleSetOf(data),
    settings: { ...defaults, workers, engine, simd, batchSize: 1, shards: 1, seed: 0 },
    loss: classifierLoss,
    // Evaluating updates nothing.
    optimizer: { name: 'sgd', learningRate: 0 },
  });
  try {
    await session.load(session.layout.parameters, model.parameters);
    return await use(session);
  } finally {
    await session.close();
  }
}
