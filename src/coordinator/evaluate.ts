import { inputError } from '../errors.ts';
import type { EvaluateTask, Evaluation, MeasuredSums } from '../protocol.ts';
import { evaluationExamples, type Session } from './session.ts';

/**
 * Accuracy and mean loss over the whole test set, with the current parameters; the predictions are left in the
 * layout's `test.predictions`. Tasks have a fixed size and their sums are added in order: exact for any workers.
 * @throws GradpoolError when a loss is not finite: the classes would then mean nothing either
 */
export async function evaluateTestSet(session: Session): Promise<Evaluation> {
  const { loss, correct } = await measureTestSet(session);
  return { accuracy: correct, loss };
}

/** The means of loss, right classes and metrics over the whole test set, as `evaluateTestSet` computes them. */
export async function measureTestSet(session: Session): Promise<MeasuredSums> {
  const { count } = session.layout.test;
  const tasks: EvaluateTask[] = [];
  for (let first = 0; first < count; first += evaluationExamples)
    tasks.push({
      kind: 'evaluate',
      first,
      count: Math.min(evaluationExamples, count - first),
      current: session.current,
    });
  const sums = (await session.pool.run(tasks)).map((reply) => reply.sums[0]);
  for (const [index, { loss }] of sums.entries()) checkFinite(loss, tasks[index]);
  const mean = (of: (task: MeasuredSums) => number) => sums.reduce((sum, task) => sum + of(task), 0) / count;
  return {
    loss: mean(({ loss }) => loss),
    correct: mean(({ correct }) => correct),
    metrics: sums[0].metrics.map((_, metric) => mean(({ metrics }) => metrics[metric])),
  };
}

function checkFinite(loss: number, { first, count }: EvaluateTask): void {
  if (Number.isFinite(loss)) return;
  throw inputError(
    `Expected a finite loss, got ${loss} for the examples ${first} to ${first + count - 1}: the model's weights or these inputs are too large to compute with`,
  );
}
