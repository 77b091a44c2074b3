/** The newest checkpoint's model: norms by weight, and the first convolution's kernels as a picture. */
import { gridOf } from '../formats/picture.ts';
import type { Conv2dLayer, Network, Parameter } from '../model/network.ts';
import type { OptimizerName } from '../optimizer/settings.ts';
import type { Checkpoint } from '../run/checkpoint.ts';
import type { FilterData, ModelData, WeightData } from './page-data.ts';
import { pictureData } from './pictures.ts';

export function modelData(
  { parameters: weights }: Network,
  filters: FilterData | undefined,
  checkpoint: Checkpoint,
): ModelData {
  const { manifest, parameters, optimizerState } = checkpoint;
  return {
    ...{ step: manifest.step, parameterCount: manifest.parameterCount },
    sha256: manifest.files['weights.bin'].sha256,
    weights: weights.map((weight) => weightData(weight, parameters, optimizerState)),
    stateNames: stateNames[manifest.optimizer.name].slice(0, optimizerState.length),
    ...(filters === undefined ? {} : { filters }),
  };
}

const ofAdadelta = ['squared gradient, running mean', 'squared step, running mean'];
const moments = ['gradient, running mean', 'squared gradient, running mean'];

/** What the optimizer keeps of the gradients, in the order of its arrays. */
const stateNames: Readonly<Record<OptimizerName, readonly string[]>> = {
  sgd: [],
  momentum: ['gradients, decayed sum'],
  adam: moments,
  adamw: moments,
  lamb: moments,
  adamax: ['gradient, running mean', 'largest gradient, decayed'],
  lion: ['gradient, running mean'],
  rmsprop: ['squared gradient, running mean', 'steps, decayed sum'],
  adagrad: ['squared gradients, sum'],
  adadelta: ofAdadelta,
  tfjsAdadelta: ofAdadelta,
};

function weightData(
  { name, shape, offset, size }: Parameter,
  parameters: Float32Array,
  state: readonly Float32Array[],
): WeightData {
  const own = (values: Float32Array) => values.subarray(offset, offset + size);
  const values = own(parameters);
  const mean = sumOf(values, (value) => value) / size;
  return {
    ...{ name, shape, norm: normOf(values), stateNorms: state.map((array) => normOf(own(array))) },
    ...{ mean, deviation: Math.sqrt(sumOf(values, (value) => (value - mean) ** 2) / size) },
  };
}

const normOf = (values: Float32Array): number => Math.sqrt(sumOf(values, (value) => value * value));

function sumOf(values: Float32Array, of: (value: number) => number): number {
  let sum = 0;
  for (const value of values) sum += of(value);
  return sum;
}

/** More are no picture that anybody looks through. */
const mostFilters = 256;
const mostSide = 64;

/** @returns undefined for a network without a convolution whose kernels can be seen */
export function filterData({ layers }: Network, parameters: Float32Array): FilterData | undefined {
  const layer = layers.find((one): one is Conv2dLayer => one.kind === 'conv2d');
  if (layer === undefined || layer.kernel.shape.length !== 4) return undefined;
  const [height, width, channels, filters] = layer.kernel.shape;
  if (height * width === 1 || Math.max(height, width) > mostSide) return undefined;
  const { offset, size } = layer.kernel;
  const kernel = parameters.subarray(offset, offset + size);
  const count = Math.min(filters, mostFilters);
  // Kernels of three channels are pictures in colours; of others, the mean over the channels is.
  const depth = channels === 3 ? 3 : 1;
  const images = new Float32Array(count * height * width * depth);
  for (let filter = 0; filter < count; filter++)
    for (let place = 0; place < height * width; place++)
      for (let channel = 0; channel < channels; channel++) {
        const to = (filter * height * width + place) * depth + (depth === 3 ? channel : 0);
        images[to] += kernel[(place * channels + channel) * filters + filter] / (depth === 3 ? 1 : channels);
      }
  const most = images.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  const grey = images.map((value) => 0.5 + value / most / 2);
  return {
    ...{ layer: layer.name, count, shape: [height, width, channels], range: [-most, most] },
    ...pictureData(gridOf(grey, [height, width, depth])),
  };
}
