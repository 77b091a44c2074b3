/** Examples out of noise, data-parallel over shards. */
import { finiteOf, measuredTogether } from '../coordinator/evaluate.ts';
import { NotFiniteError } from '../coordinator/not-finite.ts';
import type { Session } from '../coordinator/session.ts';
import type { Network } from '../model/network.ts';
import type { EvaluateTask } from '../protocol/tasks.ts';
import { cutIntoShards } from '../reduction/shards.ts';
import { sizeOf } from '../shape.ts';

/**
 * What the generator makes of noise, as `predict` does: with the running averages of a batch normalisation. As many
 * examples as the session has room for at a time; an example's values do not depend on the others.
 * @param noise [examples, ...input]
 * @param what is made, for messages
 * @returns [examples, ...output]
 * @throws NotFiniteError where an example is not finite, also when it is made again by another worker
 */
export async function generate(
  session: Session,
  { input, classes: width }: Pick<Network, 'input' | 'classes'>,
  noise: Float32Array,
  shards: number,
  what: { readonly named: string; readonly step: number },
): Promise<Float32Array> {
  const { layout, floats } = session;
  const size = sizeOf(input);
  const examples = noise.length / size;
  const made = new Float32Array(examples * width);
  for (let first = 0; first < examples; first += layout.test.count) {
    const rows = Math.min(layout.test.count, examples - first);
    floats(layout.test.inputs, rows * size).set(noise.subarray(first * size, (first + rows) * size));
    await makeRows(session, rows, shards, what);
    made.set(floats(layout.test.predictions, rows * width), first * width);
  }
  return made;
}

async function makeRows(
  session: Session,
  rows: number,
  shards: number,
  { named, step }: { readonly named: string; readonly step: number },
): Promise<void> {
  const { pool, current, engine, maxExamples, exchange } = session;
  // TensorFlow's bits depend on the other examples of a task; ranks share tasks by their number, and may have other workers.
  const isByShards = engine === 'tensorflow' || exchange.ranks > 1;
  const parts = isByShards ? shards : Math.ceil(rows / maxExamples);
  const tasks: EvaluateTask[] = cutIntoShards(rows, parts).flatMap(({ first, count }) =>
    count === 0 ? [] : [{ kind: 'evaluate', first, count, current }],
  );
  const failed = () =>
    new NotFiniteError(
      `Expected finite examples from the generator for ${named}, got others, also when they were made again; nothing was updated. A smaller \`learningRate\` often helps; \`onNan\` 'skip' leaves such updates out`,
      step,
    );
  /** What is not finite on one rank is so for all of them. */
  const measured = async (own: readonly EvaluateTask[]) => {
    try {
      return (await finiteOf(session, own, await pool.run(own), failed)).map(({ sums }) => sums[0]);
    } catch (error) {
      if (error instanceof NotFiniteError) return undefined;
      throw error;
    }
  };
  if ((await measuredTogether(session, named, tasks, measured)) === undefined) throw failed();
}
