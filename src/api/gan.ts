/** A GAN: two models that learn from one another. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import {
  abortSignal,
  anything,
  type Checks,
  callable,
  callables,
  checkOptions,
  flag,
  integer,
  object,
  path,
  unexpected,
} from '../check.ts';
import { resolveConfig } from '../config/config.ts';
import {
  type GanConfig,
  type GanTraining,
  ownGanOptions,
  resolveGanConfig,
  sharedOptions,
} from '../config/gan-options.ts';
import type { TrainOptions } from '../config/train-options.ts';
import { type Dataset, type DatasetInit, datasetOf } from '../data/dataset.ts';
import { inputError } from '../errors.ts';
import { combine } from '../gan/combined.ts';
import { fillWithNoise, noiseStream } from '../gan/noise.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import type { Network } from '../model/network.ts';
import {
  aLayersModel,
  holdModel,
  isTrainableModel,
  modelSpec,
  setParameters,
} from '../model/tfjs/layers-model.ts';
import { type GanEvent, type GanRequest, type GanResult, isSample } from '../protocol/gan.ts';
import { sizeOf } from '../shape.ts';
import { anyOf, listenWith } from './callbacks.ts';
import { predictInThread, trainGanInThread } from './client.ts';
import type { GanObserver } from './observers.ts';
import { type RunOptions, runPart } from './run-options.ts';

/** The two models of a GAN. */
export interface GanModels {
  /** Makes an example of a vector of noise. */
  readonly generator: LayersModel;
  /** Gives one logit: above 0 for an example that it takes for real. */
  readonly discriminator: LayersModel;
}

/** How `trainGan` trains. */
export interface GanOptions
  extends GanTraining,
    Pick<RunOptions, 'run' | 'resume' | 'allowArithmeticChange' | 'profile' | 'signal'> {
  /** Is told what happens, in order, as the one of `train`. The training waits for what it returns for a sample. */
  readonly onEvent?: (event: GanEvent) => unknown;
  /** Are told every event, and the end. What fails in them is told in a notice, and the training goes on. */
  readonly observers?: readonly GanObserver[];
}

/**
 * Trains two models against each other (Goodfellow et al. 2014; the generator's loss is the non-saturating one):
 * synchronous, data-parallel steps in threads of their own. The result has the same bits for any number of workers.
 * Afterwards the models hold the trained weights.
 * @param data examples of the shape that the generator makes; their labels are not looked at
 * @throws GradpoolError where the shapes of models and data do not meet, and as `train` does
 * @example
 * const { train } = await mnist();
 * await trainGan({ generator, discriminator }, train, { steps: 3000, run: 'runs/digits' });
 */
export async function trainGan(
  models: GanModels,
  data: Dataset | DatasetInit,
  options: GanOptions = {},
): Promise<GanResult> {
  const { generator, discriminator } = object(models, 'models', 'pass { generator, discriminator }');
  for (const [name, model] of Object.entries({ generator, discriminator }))
    if (!isTrainableModel(model)) throw unexpected(`models.${name}`, aLayersModel, model);
  checkOptions(options, checks);
  const held = {
    generator: holdModel(generator as LayersModel),
    discriminator: holdModel(discriminator as LayersModel),
  };
  const spec = ({ topology, network, parameters }: ModelSpec): ModelSpec => ({
    topology,
    network,
    parameters,
  });
  const request = describeGan(
    { generator: spec(held.generator), discriminator: spec(held.discriminator) },
    datasetOf(data, 'data'),
    resolveGanConfig(options),
    runPart(options),
  );
  const listener = listenWith<GanEvent>((event) => options.onEvent?.(event), isSample);
  const stop = anyOf(listener.failed, ...(options.signal ? [options.signal] : []));
  try {
    const hooks = { onEvent: listener.tell, observers: options.observers ?? [], signal: stop.signal };
    const result = await listener.outcome(trainGanInThread(request, hooks));
    await setParameters(held.generator, result.generator);
    await setParameters(held.discriminator, result.discriminator);
    return result;
  } finally {
    stop.release();
  }
}

/**
 * Examples that a generator makes of noise, the same for the same seed.
 * @param generator a trained one
 * @returns [count, ...output] row-major, as the generator gives them
 * @throws GradpoolError as `predict` does
 * @example const images = await sample(generator, 64, 7);
 */
export async function sample(generator: LayersModel, count: number, seed = 1): Promise<Float32Array> {
  if (!isTrainableModel(generator)) throw unexpected('generator', aLayersModel, generator);
  return sampleOf(modelSpec(generator, { purpose: 'infer' }), count, seed);
}

/** The same of a model as plain data. */
export async function sampleOf(
  model: ModelSpec,
  count: number,
  seed: number,
  options: Pick<TrainOptions, 'workers' | 'engine' | 'simd'> = {},
): Promise<Float32Array> {
  integer('count', count, 1);
  integer('seed', seed, 0);
  return made(model, noiseOf(model, count, seed), options);
}

/** [count, ...input] the noise of samples, a function of the seed. */
export function noiseOf({ network }: ModelSpec, count: number, seed: number): Float32Array {
  const noise = new Float32Array(new SharedArrayBuffer(4 * count * sizeOf(network.input)));
  fillWithNoise(seed, noiseStream.ofSamples, noise);
  return noise;
}

/**
 * What a generator makes of noise.
 * @param inputs [count, ...input], on shared memory
 */
export async function made(
  model: ModelSpec,
  inputs: Float32Array,
  options: Pick<TrainOptions, 'workers' | 'engine' | 'simd'> = {},
): Promise<Float32Array> {
  const { input: shape } = model.network;
  const count = inputs.length / sizeOf(shape);
  const labels = new Uint32Array(new SharedArrayBuffer(4 * count));
  const data = { shape, count, inputType: 'float32', inputs, labels, classes: 1 } as const;
  const { workers, engine, simd } = resolveConfig(options);
  const loss = { name: 'meanSquaredError', of: 'output' } as const;
  return (await predictInThread({ model, data, workers, engine, simd, loss })).probabilities;
}

/**
 * The training of a GAN as data.
 * @throws GradpoolError where the shapes do not meet
 */
export function describeGan(
  { generator, discriminator }: { readonly generator: ModelSpec; readonly discriminator: ModelSpec },
  train: Dataset,
  config: GanConfig,
  part: Pick<GanRequest, 'run' | 'resume' | 'origin' | 'allowArithmeticChange' | 'profile'>,
): GanRequest {
  checkShapes(generator.network, discriminator.network, train);
  return {
    ...{ generator, discriminator, combined: combine(generator, discriminator), train, config },
    isSigned: endsInTanh(generator.network),
    ...part,
  };
}

function checkShapes(generator: Network, discriminator: Network, { shape }: Dataset): void {
  for (const [what, { opaque }] of Object.entries({ generator, discriminator }))
    if (opaque !== undefined)
      throw inputError(
        `Expected a ${what} of layers that two networks can be put together of, got others: ${opaque.reason}`,
      );
  const shown = (size: readonly number[]) => `[${size.join(', ')}]`;
  if (discriminator.classes !== 1)
    throw inputError(
      `Expected a discriminator with one output, a logit, got one with ${discriminator.classes}; end it in a dense layer of one unit`,
    );
  if (endsIn(discriminator, 'sigmoid'))
    throw inputError(
      'Expected a discriminator that gives a logit, got one that ends in a sigmoid, which the loss takes itself; leave its activation out',
    );
  if (generator.input.length !== 1)
    throw inputError(
      `Expected a generator that takes a vector of noise, got one that takes ${shown(generator.input)}`,
    );
  if (shown(generator.output) !== shown(discriminator.input))
    throw inputError(
      `Expected a generator whose output is the discriminator's input, of shape ${shown(discriminator.input)}, got one of shape ${shown(generator.output)}`,
    );
  if (shown(shape) !== shown(generator.output))
    throw inputError(
      `Expected examples of the shape that the generator makes, ${shown(generator.output)}, got ${shown(shape)}; for others bring networks of your own: \`generator\` and \`discriminator\``,
    );
}

/** What a generator that ends in tanh gives lies from -1 to 1. */
export const endsInTanh = (network: Network): boolean => endsIn(network, 'tanh');

function endsIn({ layers }: Network, activation: 'tanh' | 'sigmoid'): boolean {
  const last = layers.at(-1);
  return last?.kind === 'activation' && last.activation === activation;
}

const checks: Checks = {
  ...Object.fromEntries([...sharedOptions, ...Object.keys(ownGanOptions)].map((name) => [name, anything])),
  ...{ steps: anything, learningRate: anything, beta1: anything, onEvent: callable, observers: callables },
  ...{ run: path, resume: flag, allowArithmeticChange: flag, profile: path, signal: abortSignal },
};
