import type { TrainConfig } from '../config.ts';
import type { Arithmetic } from '../engine/engine.ts';
import { inputError } from '../errors.ts';
import { isRecord } from './hashes.ts';

/**
 * Everything that decides the bits and sizes of a run's parameters besides the number of steps. Recorded in
 * config.json and in each checkpoint; a run goes on only with the same. Workers and steps are not part of it.
 */
export interface RunIdentity {
  readonly seed: number;
  readonly batchSize: number;
  readonly shards: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly engine: string;
  readonly arithmetic: { readonly kernels: string; readonly multiplyAdd: string };
  readonly dataSha256: string;
  /** See modelSha256. */
  readonly modelSha256: string;
  readonly parameterCount: number;
  /** State arrays of the optimizer, each [parameterCount]. */
  readonly optimizerArrays: number;
}

/** What a file may claim. A training's memory (4 GiB) holds each of these arrays twice and more. */
const identityLimits = { parameterCount: 2 ** 28, optimizerArrays: 8 } as const;

/** The identity of a run that is about to begin. */
export function identityOf(
  config: TrainConfig,
  arithmetic: Arithmetic,
  rest: Pick<RunIdentity, 'dataSha256' | 'modelSha256' | 'parameterCount' | 'optimizerArrays'>,
): RunIdentity {
  const { seed, batchSize, shards, learningRate, momentum, engine } = config;
  const { kernels, multiplyAdd } = arithmetic;
  const { dataSha256, modelSha256, parameterCount, optimizerArrays } = rest;
  return {
    ...{ seed, batchSize, shards, learningRate, momentum, engine, arithmetic: { kernels, multiplyAdd } },
    ...{ dataSha256, modelSha256, parameterCount, optimizerArrays },
  };
}

/**
 * Refuses to go on with a run under settings that would change its bits.
 * @param recorded what the run was begun with
 * @param where the run or checkpoint, for the message
 * @throws GradpoolError that names each setting that differs
 */
export function checkResume(recorded: RunIdentity, wanted: RunIdentity, where: string): void {
  const was = shown(recorded);
  const differing = Object.entries(shown(wanted)).filter(([name, value]) => was[name] !== value);
  if (differing.length === 0) return;
  const list = differing.map(([name, value], index) =>
    index === 0
      ? `Expected ${name} to be ${was[name]} as in the run at ${where}, got ${value}`
      : `${name} to be ${was[name]}, got ${value}`,
  );
  const way = differing.some(([name]) => name === 'the arithmetic') ? 'with `allowArithmeticChange`, ' : '';
  throw inputError(
    `${list.join('; ')}; resume with the same settings, ${way}or begin a new run without \`resume\``,
  );
}

/** By the words of whoever reads the message. */
const shown = (identity: RunIdentity): Record<string, string> => ({
  '`seed`': `${identity.seed}`,
  '`batchSize`': `${identity.batchSize}`,
  '`shards`': `${identity.shards}`,
  '`learningRate`': `${identity.learningRate}`,
  '`momentum`': `${identity.momentum}`,
  '`engine`': identity.engine,
  'the arithmetic': `${identity.arithmetic.kernels} with ${identity.arithmetic.multiplyAdd} multiply-add`,
  '`model`': `the one with SHA-256 ${identity.modelSha256}`,
  '`data`': `the set with SHA-256 ${identity.dataSha256}`,
  "the model's number of parameters": `${identity.parameterCount}`,
  "the number of arrays of the optimizer's state": `${identity.optimizerArrays}`,
});

/**
 * An identity out of a parsed file.
 * @throws GradpoolError that names the first field which is missing or of another kind
 */
export function parseIdentity(fields: Record<string, unknown>): RunIdentity {
  const arithmetic = fields.arithmetic;
  if (!isRecord(arithmetic)) throw badField('arithmetic', 'an object', arithmetic);
  return {
    seed: integerField(fields, 'seed', 0, Number.MAX_SAFE_INTEGER),
    batchSize: integerField(fields, 'batchSize', 1, Number.MAX_SAFE_INTEGER),
    shards: integerField(fields, 'shards', 1, Number.MAX_SAFE_INTEGER),
    learningRate: numberField(fields, 'learningRate'),
    momentum: numberField(fields, 'momentum'),
    engine: textField(fields, 'engine'),
    arithmetic: {
      kernels: textField(arithmetic, 'kernels'),
      multiplyAdd: textField(arithmetic, 'multiplyAdd'),
    },
    dataSha256: sha256Field(fields, 'dataSha256'),
    modelSha256: sha256Field(fields, 'modelSha256'),
    parameterCount: integerField(fields, 'parameterCount', 0, identityLimits.parameterCount),
    optimizerArrays: integerField(fields, 'optimizerArrays', 0, identityLimits.optimizerArrays),
  };
}

export function integerField(fields: Record<string, unknown>, name: string, least: number, most: number) {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value;
  throw badField(name, `an integer from ${least} to ${most}`, value);
}

export function sha256Field(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw badField(name, 'a SHA-256 in hexadecimal', value);
}

function numberField(fields: Record<string, unknown>, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw badField(name, 'a finite number', value);
}

function textField(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw badField(name, 'a string', value);
}

export const badField = (name: string, expected: string, value: unknown) =>
  inputError(`expected "${name}" to be ${expected}, got ${shorten(JSON.stringify(value) ?? 'nothing')}`);

const shorten = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}...` : text);
