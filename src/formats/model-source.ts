/** Models in files, whatever their format, before anything is made of them. */
import { inputError } from '../errors.ts';
import { show } from '../model/keras/config/layer-config.ts';
import type { Network, Parameter } from '../model/network.ts';
import type { Shape } from '../shape.ts';
import type { UserMetadata } from './user-metadata.ts';

/** A model as a file holds it. */
export interface ModelSource {
  /** A Keras-style configuration, in the words of Keras 2. */
  readonly topology: object;
  /** How it was compiled, as TensorFlow.js's `loadTrainingConfig` takes it; absent where the file does not say. */
  readonly trainingConfig?: unknown;
  /** Behind the message of a layer that TensorFlow.js and gradpool do not know: what to do about it. */
  readonly wayOut?: string;
  /** Absent where the file has none. */
  readonly metadata?: UserMetadata;
  /**
   * The weights for these parameters.
   * @returns undefined where the file holds none
   * @throws GradpoolError unless it holds exactly these
   */
  readWeights(network: WeightedNetwork): Promise<SavedWeights | undefined>;
}

/** The parameters that a file's weights are for. */
export type WeightedNetwork = Pick<Network, 'parameters' | 'parameterCount'>;

export interface SavedWeights {
  /** [parameterCount] in natural order. */
  readonly parameters: Float32Array;
  /** What an optimizer knows of the past, in the order of the file; empty where the model was saved without. */
  readonly optimizer: readonly NamedWeight[];
}

/** A weight of an optimizer, as TensorFlow.js has it. */
export interface NamedWeight {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly values: Float32Array;
}

/** The parameters of each layer, in their order, by the layer's name. */
export function parametersByLayer(
  parameters: readonly Parameter[],
  layers: readonly string[],
): ReadonlyMap<string, readonly Parameter[]> {
  const byLayer = new Map<string, Parameter[]>(layers.map((name) => [name, []]));
  for (const parameter of parameters) {
    // A layer's name may hold slashes, and be the beginning of another one's.
    const parts = parameter.name.split('/');
    const own = parts.map((_, end) => byLayer.get(parts.slice(0, -1 - end).join('/')));
    own.find((list) => list !== undefined)?.push(parameter);
  }
  return byLayer;
}

/** @throws GradpoolError that names the weight with a value that is no finite number */
export function checkFinite(parameters: Float32Array, network: WeightedNetwork): void {
  const bad = parameters.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const within = network.parameters.find(({ offset, size }) => bad >= offset && bad < offset + size);
  throw inputError(`Expected the weights to be finite, got ${parameters[bad]} in ${show(within?.name)}`);
}
