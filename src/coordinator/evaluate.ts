import type { EvaluateTask, Evaluation } from '../protocol.ts';
import { evaluationExamples, type Session } from './session.ts';

/**
 * Accuracy and mean loss over the whole test set, with the current parameters; the probabilities are left in the
 * layout's `test.probabilities`. Tasks have a fixed size and their sums are added in order: exact for any workers.
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
  for (const {
    sums: [sum],
  } of await session.pool.run(tasks)) {
    loss += sum.loss;
    correct += sum.correct;
  }
  return { accuracy: correct / count, loss: loss / count };
}
