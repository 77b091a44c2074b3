import { inputError } from '../errors.ts';
import type { EvaluateTask, Evaluation } from '../protocol.ts';
import { evaluationExamples, type Session } from './session.ts';

/**
 * Accuracy and mean loss over the whole test set, with the current parameters; the predictions are left in the
 * layout's `test.predictions`. Tasks have a fixed size and their sums are added in order: exact for any workers.
 * @throws GradpoolError when a loss is not finite: the classes would then mean nothing either
 */
export async function evaluateTestSet(session: Session): Promise<Evaluation> {
  const { count } = session.layout.test;
  const tasks: EvaluateTask[] = [];
  for (let first = 0; first < count; first += evaluationExamples)
    tasks.push({
      kind: 'evaluate',
      first,
      count: Math.min(evaluationExamples, count - first),
      current: session.current,
    });
  let loss = 0;
  let correct = 0;
  for (const [index, { sums }] of (await session.pool.run(tasks)).entries()) {
    checkFinite(sums[0].loss, tasks[index]);
    loss += sums[0].loss;
    correct += sums[0].correct;
  }
  return { accuracy: correct / count, loss: loss / count };
}

function checkFinite(loss: number, { first, count }: EvaluateTask): void {
  if (Number.isFinite(loss)) return;
  throw inputError(
    `Expected a finite loss, got ${loss} for the examples ${first} to ${first + count - 1}: the model's weights or these inputs are too large to compute with`,
  );
}
