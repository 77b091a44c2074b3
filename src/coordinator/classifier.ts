import type { TrainConfig } from '../config.ts';
import type { Dataset } from '../data/dataset.ts';
import { exampleSetOf } from '../data/example-set.ts';
import type { Loss } from '../engine/engine.ts';
import type { Network } from '../model/network.ts';
import type { OptimizerSettings } from '../protocol.ts';
import type { Profile } from './profile.ts';
import { openSession, planSession, type Session, type SessionRequest } from './session.ts';

/** What `train` minimizes and `evaluate` gives: the logits' cross-entropy, where softmax is part of the loss. */
export const classifierLoss: Loss = { name: 'softmaxCrossEntropy', of: 'logits' };

export interface ClassifierSession {
  readonly network: Network;
  /** The model's Keras-style configuration. */
  readonly topology: object;
  readonly train: Dataset;
  readonly test?: Dataset;
  readonly config: TrainConfig;
  /** Is told what becomes of the workers. */
  readonly onEvent?: SessionRequest['onEvent'];
  /** See SessionRequest. */
  readonly stop?: AbortSignal;
  /** Notes where the time goes. */
  readonly profile?: Pick<Profile, 'request' | 'observe'> | undefined;
}

/** The session of a `train`. */
export const openClassifierSession = (request: ClassifierSession): Promise<Session> =>
  openSession({
    network: request.network,
    topology: request.topology,
    train: exampleSetOf(request.train),
    ...(request.test === undefined ? {} : { test: exampleSetOf(request.test) }),
    settings: request.config,
    loss: classifierLoss,
    optimizer: sgdOf(request.config),
    ...(request.onEvent === undefined ? {} : { onEvent: request.onEvent }),
    ...(request.stop === undefined ? {} : { stop: request.stop }),
    ...(request.profile === undefined ? {} : { profile: request.profile }),
  });

/**
 * Refuses a training that does not fit into memory, before the values that it begins with are drawn.
 * @throws GradpoolError with the sizes
 */
export async function checkTrainingFits({
  network,
  train,
  test,
  config,
}: Pick<ClassifierSession, 'network' | 'train' | 'test' | 'config'>): Promise<void> {
  await planSession({
    network,
    train: exampleSetOf(train),
    ...(test === undefined ? {} : { test: exampleSetOf(test) }),
    settings: config,
    loss: classifierLoss,
    optimizer: sgdOf(config),
  });
}

const sgdOf = ({ learningRate, momentum }: TrainConfig): OptimizerSettings =>
  momentum === 0
    ? { name: 'sgd', learningRate }
    : { name: 'momentum', learningRate, momentum, nesterov: false };
