/** `npm run benchmark -- --engine tensorflow`: the tensorflow engine beside tfjs-node alone, in interleaved rounds. */

import { spread } from '../../src/benchmark/statistics.ts';
import { openTrainer } from '../../src/benchmark/trainer.ts';
import { mnist } from '../../src/data/mnist.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import type { BenchmarkOptions } from './measure.ts';
import { startTfjsNodeAlone } from './tfjs-node-alone.ts';

interface Training {
  readonly name: string;
  /** Goes on for some steps. @returns images a second */
  train(steps: number): Promise<number>;
  close(): Promise<void> | void;
}

/** Prints images a second, and ratios round by round to tfjs-node alone on one core. */
export async function benchmarkTensorflow(
  options: BenchmarkOptions,
  onRound: (round: number) => void,
): Promise<void> {
  const { rounds, steps, batchSize } = options;
  const trainings = await openAll(options);
  const rates = new Map<Training, number[]>(trainings.map((training) => [training, []]));
  for (const training of trainings) await training.train(steps);
  for (let round = 1; round <= rounds; round++) {
    for (const [training, seen] of rates) seen.push(await training.train(steps));
    onRound(round);
  }
  for (const training of trainings) await training.close();

  const alone = rates.get(trainings[0]) ?? [];
  console.log(
    `Node.js ${process.version}, batches of ${batchSize}, ${rounds} rounds of ${steps} steps; medians (least to most)`,
  );
  const row = (seen: readonly number[]) => ({
    'images/s': spread(seen, 0),
    [`of ${trainings[0].name}`]: spread(
      seen.map((rate, round) => rate / alone[round]),
      2,
    ),
  });
  console.table(Object.fromEntries(Array.from(rates, ([{ name }, seen]) => [name, row(seen)])));
}

/** As many shards as workers, so that TensorFlow gets the largest calls; and the number that training takes itself. */
async function openAll({ workerCounts, shards, batchSize }: BenchmarkOptions): Promise<Training[]> {
  const trainings: Training[] = [];
  for (const threads of [1, 2])
    trainings.push({
      name: `tfjs-node alone, threads: ${threads}`,
      ...(await startTfjsNodeAlone(threads, batchSize)),
    });
  const { train } = await mnist();
  for (const workers of workerCounts)
    for (const count of new Set([workers, shards])) {
      const options = { engine: 'tensorflow', workers, shards: count, batchSize } as const;
      // One after the other: two first uses of the binding at once are a data race.
      const trainer = await openTrainer(mnistCnnSpec(), train, options);
      trainings.push({
        name: `workers: ${workers}, shards: ${count}`,
        train: trainer.train,
        close: () => trainer.session.close(),
      });
    }
  return trainings;
}
