import { trainOptions } from '../config/train-options.ts';
import { inputError } from '../errors.ts';
import { classifierLoss } from '../loss/loss-of.ts';
import type { EvaluateRequest, Evaluation, Prediction } from '../protocol/requests.ts';
import { confusionOf, type EvaluationProgress, evaluateTestSet } from './evaluate.ts';
import { classesOf } from './examples/classes.ts';
import { preparationOf } from './examples/preparation.ts';
import { openSession, type Session } from './session.ts';
import { measuredParts, type Naming } from './training.ts';

export const evaluate = (request: EvaluateRequest, onDone?: EvaluationProgress): Promise<Evaluation> =>
  withTestSession(request, async (session, naming) => {
    const { accuracy, ...rest } = naming.measurement(await evaluateTestSet(session, onDone));
    if (accuracy === undefined)
      throw inputError('Expected examples with labels to evaluate on, got some without');
    const { name } = request.loss ?? classifierLoss;
    return {
      ...{ accuracy, ...rest },
      ...(request.confusion ? { confusion: confusionOf(session, request.data, name) } : {}),
    };
  });

/** Probabilities of every example, and the first of the most probable classes. */
export const predict = (request: EvaluateRequest): Promise<Prediction> =>
  withTestSession(request, async (session) => {
    await evaluateTestSet(session);
    const { classes } = request.model.network;
    const { count, predictions: offset } = session.layout.test;
    const probabilities = session.floats(offset, count * classes).slice();
    const { name } = request.loss ?? classifierLoss;
    return { classes: classesOf(probabilities, classes, name), probabilities };
  });

/** No step is made: how one would be made decides sizes only, and these are the smallest. */
const unused = { batchSize: 1, shards: 1, seed: 0, optimizer: { name: 'sgd', learningRate: 0 } } as const;

async function withTestSession<T>(
  { model, data, workers, engine, simd, loss = classifierLoss, metrics = [], ...request }: EvaluateRequest,
  use: (session: Session, naming: Naming) => Promise<T>,
): Promise<T> {
  const { network, topology, parameters } = model;
  const { optimizer, ...sizes } = unused;
  const { parts, naming } = measuredParts({ network, test: data, loss, metrics });
  const { normalization } = request;
  const preparation = normalization && preparationOf({ normalization }, parts.test ?? data, network);
  const { maxRestarts, stepTimeout } = trainOptions;
  const patience = { maxRestarts: maxRestarts.default, stepTimeout: stepTimeout.default };
  const settings = { ...patience, ...sizes, workers, engine, simd };
  const session = await openSession({ network, topology, ...parts, preparation, settings, optimizer });
  try {
    await session.load(session.layout.parameters, parameters);
    return await use(session, naming);
  } finally {
    await session.close();
  }
}
