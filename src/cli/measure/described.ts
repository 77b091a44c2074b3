/** The training that is measured or verified, as its options describe it. */
import { integer } from '../../check.ts';
import { resolveConfig, type TrainConfig } from '../../config/config.ts';
import { limits, type TrainOptions } from '../../config/train-options.ts';
import { usageError } from '../../errors.ts';
import type { TrainRequest } from '../../protocol/requests.ts';
import { type DataChoice, dataChoice, loadData } from '../load/data.ts';
import { layersPath, loadNewModel } from '../load/inputs.ts';
import { during } from '../print/progress.ts';

export interface DescribedOptions extends Omit<TrainOptions, 'workers'>, DataChoice {
  readonly workers?: readonly number[];
  readonly model?: string;
  readonly layers?: string;
  readonly json?: boolean;
}

export interface Described {
  readonly config: TrainConfig;
  readonly workerCounts: readonly number[];
  readonly model: TrainRequest['model'];
  readonly train: TrainRequest['train'];
  /** What is trained, on what, for messages. */
  readonly name: string;
}

/** @param least how many numbers of workers there have to be at least */
export async function describe(
  { workers, model: file, layers, json: _, ...given }: DescribedOptions,
  byDefault: readonly number[],
  least: number,
): Promise<Described> {
  const counts = [...new Set(workers ?? byDefault)];
  for (const count of counts) integer('workers', count, 1, limits.workers);
  if (counts.length < least)
    throw usageError(
      `Expected \`workers\` to be a list of at least ${least} numbers, got ${counts.join(',')}`,
    );
  const { choice, others: options } = dataChoice(given);
  const config = resolveConfig(options);
  const data = await during('reading the data', () => loadData(choice));
  const load = () => loadNewModel(file, data, config, layersPath(layers));
  const { name, topology, network, parameters } = await during('loading the model', load);
  return {
    ...{ config, workerCounts: counts, model: { topology, network, parameters } },
    ...{ train: data.train, name: `${name} on ${data.name}` },
  };
}
