import { epochOrder } from '../data/order.ts';
import type { FitAnswer, FitEvent, FitRequest, FitResult, Means } from '../protocol.ts';
import { measureTestSet } from './evaluate.ts';
import { openSession, type Session } from './session.ts';
import { runStep } from './step.ts';

export type Report = (event: FitEvent) => Promise<FitAnswer>;

/** Training as TensorFlow.js's `model.fit` does it: its epochs, batches and events, around gradpool's steps. */
export async function fitModel(request: FitRequest, report: Report): Promise<FitResult> {
  const { model, train, validation, config, loss, metrics, optimizer } = request;
  const session = await openSession({
    network: model.network,
    topology: model.topology,
    train,
    ...(validation === undefined ? {} : { test: validation }),
    settings: config,
    ...{ loss, metrics, optimizer },
  });
  try {
    await session.load(session.layout.parameters, model.parameters);
    for (const [index, array] of request.state.arrays.entries())
      await session.load(session.layout.optimizerState[index], array);
    const steps = await runEpochs(request, session, report);
    return {
      parameters: await session.read(session.layout.parameters),
      state: await stateOf(session, steps),
    };
  } finally {
    await session.close();
  }
}

async function stateOf(session: Session, steps: number): Promise<FitResult['state']> {
  const arrays: Float32Array[] = [];
  for (const buffers of session.layout.optimizerState) arrays.push(await session.read(buffers));
  return { steps, arrays };
}

/** @returns how many steps the optimizer has made then, those before this call included */
async function runEpochs(request: FitRequest, session: Session, report: Report): Promise<number> {
  const { config, initialEpoch, waitForBatches } = request;
  let steps = request.state.steps;
  let stopped = false;
  const hear = ({ stop }: FitAnswer) => {
    stopped ||= stop;
  };
  const tell = async (event: FitEvent) => {
    const answer = await report(event);
    hear(answer);
    session.learningRate = answer.learningRate;
  };
  /** An answer that is not waited for may stop the training, but nothing of it reaches a step's result. */
  const tellOfBatch = async (event: FitEvent) => {
    if (waitForBatches) await tell(event);
    else if (event.kind === 'batchEnd') void report(event).then(hear);
  };
  for (let epoch = initialEpoch; epoch < config.epochs && !stopped; epoch++) {
    await tell({ kind: 'epochBegin', epoch });
    writeOrder(request, session, epoch);
    const seen: { size: number; means: Means }[] = [];
    const batches = batchesOf(request);
    for (const [batch, { start, count }] of batches.entries()) {
      await tellOfBatch({ kind: 'batchBegin', batch });
      const { loss, metrics } = await runStep(session, config, ++steps, { epoch, start, count });
      seen.push({ size: count, means: [loss, ...metrics] });
      const isLast = batch === batches.length - 1;
      await tellOfBatch({ kind: 'batchEnd', batch, size: count, means: [loss, ...metrics] });
      if (stopped && !isLast) break;
    }
    await tell(await epochEnd(request, session, epoch, seen, seen.length === batches.length));
  }
  return steps;
}

/** As tfjs, validates after the last batch only. */
async function epochEnd(
  { validation, epochParameters }: FitRequest,
  session: Session,
  epoch: number,
  seen: readonly { readonly size: number; readonly means: Means }[],
  isWhole: boolean,
): Promise<FitEvent> {
  const examples = seen.reduce((sum, { size }) => sum + size, 0);
  const means = seen[0].means.map(
    (_, index) => seen.reduce((sum, { size, means }) => sum + size * means[index], 0) / examples,
  );
  const test = validation !== undefined && isWhole ? await measureTestSet(session) : undefined;
  return {
    kind: 'epochEnd',
    epoch,
    means,
    ...(test === undefined ? {} : { validation: [test.loss, ...test.metrics] }),
    ...(epochParameters ? { parameters: await session.read(session.layout.parameters) } : {}),
  };
}

/** Between steps, when no worker reads it. */
function writeOrder({ config, shuffle, train }: FitRequest, session: Session, epoch: number): void {
  const order = session.uints(session.layout.train.order, train.count);
  if (shuffle) epochOrder(config.seed, epoch, train.count, order);
  else for (let example = 0; example < train.count; example++) order[example] = example;
}

const batchesOf = ({ config: { batchSize }, train: { count } }: FitRequest) =>
  Array.from({ length: Math.ceil(count / batchSize) }, (_, batch) => ({
    start: batch * batchSize,
    count: Math.min(batchSize, count - batch * batchSize),
  }));
