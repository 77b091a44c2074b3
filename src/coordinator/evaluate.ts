import { inputError } from '../errors.ts';
import type { EvaluateTask, Evaluation, MeasuredSums } from '../protocol.ts';
import type { Done } from './pool/pool.ts';
import { evaluationExamples, type Session } from './session.ts';

/**
 * Accuracy and mean loss over the whole test set, with the current parameters; the predictions are left in the
 * layout's `test.predictions`. Tasks have a fixed size and their sums are added in order: exact for any workers.
 * @param stopped once it says so, no further task is begun
 * @returns undefined when stopped
 * @throws GradpoolError when a loss is not finite, also when it is computed again: the classes would then mean nothing
 *   either
 */
export async function evaluateUnless(
  stopped: () => boolean,
  session: Session,
): Promise<Evaluation | undefined> {
  const means = await measureUnless(stopped, session);
  return means && { accuracy: means.correct, loss: means.loss };
}

/** The means of loss, right classes and metrics over the whole test set, as `evaluateUnless` computes them. */
export const measureTestSet = (session: Session): Promise<MeasuredSums> =>
  toTheEnd((unstopped) => measureUnless(unstopped, session));

async function measureUnless(stopped: () => boolean, session: Session): Promise<MeasuredSums | undefined> {
  const { count } = session.layout.test;
  const tasks = evaluateTasks(session);
  const done = await session.pool.runUnless(stopped, tasks);
  if (done === undefined) return undefined;
  const sums = (await finiteOf(session, tasks, done)).map((reply) => reply.sums[0]);
  const mean = (of: (task: MeasuredSums) => number) => sums.reduce((sum, task) => sum + of(task), 0) / count;
  return {
    loss: mean(({ loss }) => loss),
    correct: mean(({ correct }) => correct),
    metrics: sums[0].metrics.map((_, metric) => mean(({ metrics }) => metrics[metric])),
  };
}

/** `evaluateUnless` to the end. */
export const evaluateTestSet = (session: Session): Promise<Evaluation> =>
  toTheEnd((unstopped) => evaluateUnless(unstopped, session));

async function toTheEnd<T>(evaluate: (unstopped: () => boolean) => Promise<T | undefined>): Promise<T> {
  const whole = await evaluate(() => false);
  if (whole === undefined) throw new Error('An evaluation ended that nobody had stopped');
  return whole;
}

function evaluateTasks({ current, layout }: Session): EvaluateTask[] {
  const { count } = layout.test;
  return Array.from({ length: Math.ceil(count / evaluationExamples) }, (_, task) => {
    const first = task * evaluationExamples;
    return { kind: 'evaluate', first, count: Math.min(evaluationExamples, count - first), current };
  });
}

/** What is not finite is computed once more, by another worker. */
async function finiteOf(session: Session, tasks: readonly EvaluateTask[], done: Done[]): Promise<Done[]> {
  const bad = done.flatMap(({ finite }, index) => (finite ? [] : [index]));
  if (bad.length === 0) return done;
  const again = await session.pool.run(
    bad.map((index) => tasks[index]),
    { notBy: bad.map((index) => done[index].worker) },
  );
  for (const [index, { finite, sums }] of again.entries())
    if (!finite) throw notFinite(sums[0].loss, tasks[bad[index]]);
  return done.map((one, index) => (one.finite ? one : again[bad.indexOf(index)]));
}

const notFinite = (loss: number, { first, count }: EvaluateTask) =>
  inputError(
    `Expected a finite loss, got ${loss} for the examples ${first} to ${first + count - 1}, also when it was computed again: the model's weights or these inputs are too large to compute with`,
  );
