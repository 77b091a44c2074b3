/** Small trainings that ranks make, and a single process for comparison. */
import { trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import type { TrainOptions } from '../../src/config/train-options.ts';
import type { Network } from '../../src/model/network.ts';
import type { TrainResult } from '../../src/protocol/requests.ts';
import { branchedNetwork, firstDigits, fourierNetwork } from '../digits.ts';
import { conv2d, dense, dropout, flatten, maxPooling2d, network, relu } from '../engine/network-builder.ts';
import { parametersFor } from '../engine/values.ts';

/** So wide that ranks send its rows instead of their gradients. */
export const wideNetwork = network(
  [28, 28, 1],
  conv2d(4, [5, 5]),
  relu,
  maxPooling2d([2, 2]),
  flatten(),
  dense(256),
  relu,
  dropout(0.4),
  dense(10),
);

/** Dropout, and spectra that are derived of the parameters; branches, batch normalisation and frozen layers. */
const networks: Readonly<Record<string, Network>> = {
  dropout: fourierNetwork,
  normalized: branchedNetwork,
  wide: wideNetwork,
};

export interface Training {
  readonly network: string;
  readonly options: TrainOptions;
  /** The run's directory. */
  readonly run?: string;
  readonly resume?: boolean;
}

/** Batches of 40: the last one of an epoch has 10 examples. */
const examples = 250;

export async function makeTraining({
  network,
  options,
  run,
  resume = false,
}: Training): Promise<TrainResult> {
  const model = { topology: {}, network: networks[network], parameters: parametersFor(networks[network]) };
  const data = await firstDigits(examples);
  return trainInThread(
    {
      model,
      train: data,
      test: data,
      config: resolveConfig({ batchSize: 40, shards: 8, saveEvery: 0, ...options }),
      ...(run === undefined ? {} : { run }),
      ...{ resume, reportProbabilities: false },
    },
    {},
  );
}

/** What is compared. */
export const bitsOf = ({ globalStep, parametersSha256, trainLoss, evaluation }: TrainResult) => ({
  ...{ globalStep, parametersSha256, trainLoss },
  evaluation: evaluation?.loss,
});
