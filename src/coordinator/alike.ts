/** What ranks have to have alike, before the first step and at each checkpoint. */
import type { TrainConfig } from '../config/config.ts';
import { dataHash } from '../data/dataset-hash.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { checkOrder } from '../exchange/order.ts';
import { checkSame } from '../exchange/same.ts';
import type { OptimizerState } from '../optimizer/settings.ts';
import type { TrainerRequest, TrainerState, TrainRequest } from '../protocol/requests.ts';
import { isSubtree, sharesOf } from '../reduction/ranks.ts';
import { modelSha256, parametersSha256 } from '../run/hashes.ts';
import { packageVersion } from '../runtime/package-version.ts';
import { sha256 } from '../sha256.ts';
import { counted } from '../shown.ts';
import { type Session, sumsOf } from './session.ts';

/** A training, whether it is taken step by step or not. */
type Described = TrainerRequest & Partial<Pick<TrainRequest, 'resume' | 'reportProbabilities'>>;

/**
 * Compares what decides the bits on all ranks, and tries the order of their sums.
 * @throws GradpoolError on every rank that names what differs, and on which one
 */
export async function checkAlike(request: Described, session: Session): Promise<void> {
  await checkDecisive([session], () => decisive(request, session));
}

/**
 * Compares what decides the bits of a training with these sessions, by the words of whoever reads the message, and tries
 * the order of its sums.
 * @throws GradpoolError on every rank that names what differs, and on which one
 */
export async function checkDecisive(
  sessions: readonly Session[],
  decisive: () => Readonly<Record<string, string>>,
): Promise<void> {
  const [{ exchange }] = sessions;
  if (exchange.ranks === 1) return;
  const all = await exchange.gather('the beginning', decisive());
  for (const what of Object.keys(all[0]))
    checkSame(
      what,
      all.map((one) => one[what]),
    );
  for (const session of sessions) {
    const sums = sumsOf(session);
    if (sums !== undefined) await checkOrder(exchange, sums);
  }
}

/** What is to be known of a training on several ranks: why its bits depend on them, or who has nothing to do. */
export function doubtsOfRanks(
  { exchange: { ranks }, largestGroup }: Session,
  { shards }: Pick<TrainConfig, 'shards'>,
): string[] {
  if (ranks === 1) return [];
  const counts = sharesOf(shards, ranks).map(({ count }) => count);
  const dependent = 'the bits of the result depend on the number of ranks';
  return [
    ...(isSubtree(ranks) ? [] : [`${dependent}: ${ranks} is no power of two`]),
    ...(largestGroup === undefined || largestGroup.shards <= counts[0]
      ? []
      : [
          `${dependent}: the gradient of layer ${largestGroup.layer} is summed over ${Math.min(largestGroup.shards, shards)} shards as one, and a rank has ${counts[0]}; larger batches have smaller groups`,
        ]),
    ...(Math.max(...counts) - Math.min(...counts) <= 1
      ? []
      : [
          `${shards} \`shards\` are divided into ${counts.slice(0, mostShown).join(', ')}${ranks > mostShown ? ', ...' : ''} for the ranks: a power of two of shards gives all of them the same`,
        ]),
  ];
}

const mostShown = 16;

/** Of any training: what computes it, and how it is set up. @param options those that are the same on all ranks */
export function decisiveSettings(
  { arithmetic: { kernels, multiplyAdd }, engine }: Session,
  options: object,
): Record<string, string> {
  return {
    'version of gradpool': packageVersion,
    'version of Node.js': process.versions.node,
    'engine and arithmetic': `${engine}, ${kernels} with ${multiplyAdd} multiply-add`,
    ...Object.fromEntries(
      Object.entries(options).map(([name, value]) => [
        `\`${name}\``,
        typeof value === 'object' ? JSON.stringify(value) : `${value}`,
      ]),
    ),
  };
}

/** What tells a training set from others; of batches that somebody gives, which are checked one by one, their room alone. */
export function trainingHash({ train, stream }: Pick<TrainerRequest, 'train' | 'stream'>): string {
  if (stream === undefined) return dataHash(train);
  return stream.set?.sha256 ?? sha256('stream', dataHash(train));
}

const testHash = ({ test, stream }: Pick<TrainerRequest, 'test' | 'stream'>): string => {
  if (test === undefined) return 'none';
  return `SHA-256 ${stream?.set?.testSha256 ?? dataHash(test)}`;
};

function decisive(request: Described, session: Session): Record<string, string> {
  const { model, config, fit, stream, resume = false, reportProbabilities = false } = request;
  const { workers, simd, maxRestarts, stepTimeout, onSaveError, metrics, ...options } = config;
  return {
    ...decisiveSettings(session, options),
    '`metrics`': fit === undefined ? metrics.join() : fit.metrics.map(({ label }) => label).join(),
    '`loss`': fit === undefined ? config.loss : JSON.stringify(fit.loss),
    ...(fit === undefined ? {} : { '`shuffle`': `${fit.shuffle}`, '`initialEpoch`': `${fit.initialEpoch}` }),
    ...(stream === undefined
      ? {}
      : {
          '`batchesPerEpoch`': `${stream.batchesPerEpoch}`,
          '`validationBatches`': `${stream.validation?.batches}`,
        }),
    '`resume`': `${resume}`,
    'reports with probabilities': `${reportProbabilities}`,
    'training data': `SHA-256 ${trainingHash(request)}`,
    'test data': testHash(request),
    '`model`': `SHA-256 ${modelSha256(model.network, model.topology, session.engine)}`,
    // What a resumed run goes on from, rank 0 has.
    ...(resume ? {} : { 'initial parameters': `SHA-256 ${parametersSha256(model.parameters)}` }),
    ...(resume || fit === undefined ? {} : { "optimizer's state": shownState(fit.state) }),
  };
}

const shownState = ({ steps, arrays }: OptimizerState): string =>
  `${counted(steps, 'step')}, SHA-256 ${sha256(...arrays)}`;

/**
 * Compares what a training that is taken step by step shall go on from.
 * @throws GradpoolError on every rank that names who has another state
 */
export async function checkSameState(exchange: Exchange, state: TrainerState): Promise<void> {
  if (exchange.ranks === 1) return;
  const { step, parameters, optimizer } = state;
  const own = `step ${step}, SHA-256 ${parametersSha256(parameters)}, ${shownState(optimizer)}`;
  checkSame('state', await exchange.gather('the state to go on from', own));
}

/**
 * Compares parameters on all ranks.
 * @throws GradpoolError on every rank, with the ranks that went another way
 */
export async function checkDrift(
  exchange: Exchange,
  done: number,
  parameters: () => Promise<readonly Float32Array[]>,
): Promise<void> {
  if (exchange.ranks === 1) return;
  const hashes = await exchange.gather(`the checkpoint of step ${done}`, sha256(...(await parameters())));
  checkSame(
    `parameters after step ${done}`,
    hashes.map((hash) => `SHA-256 ${hash}`),
  );
}
