/** The MNIST tutorial's classifier as a judge of generated digits: what it reads in them, and their features. */
import { made } from '../../src/api/gan.ts';
import { readNetwork } from '../../src/model/keras/read-network.ts';
import type { ModelSpec } from '../../src/model/model-spec.ts';
import { openCheckpoint } from '../../src/run/checkpoint-read.ts';

/** Those of its dense layer. */
export const featureCount = 1024;

export interface Classifier {
  /** [images, featureCount]. @param bytes [images, 28, 28] from 0 to 255 */
  featuresOf(bytes: ArrayLike<number>): Promise<Float32Array>;
  /** Of how many it is surer than 0.9, and as what it reads them all. @param features [images, featureCount] */
  read(features: Float32Array): Readings;
}

export interface Readings {
  readonly images: number;
  readonly sure: number;
  /** [10] */
  readonly digits: readonly number[];
}

/** @param run of `gradpool train` on MNIST */
export async function openClassifier(run: string): Promise<Classifier> {
  const { model } = await openCheckpoint(run);
  const extract = partUpTo(model, 'dense');
  const [kernel, bias] = ['kernel', 'bias'].map((name) => weightOf(model, `logits/${name}`));
  return {
    featuresOf(bytes) {
      const inputs = new Float32Array(new SharedArrayBuffer(4 * bytes.length));
      for (let index = 0; index < bytes.length; index++) inputs[index] = bytes[index] / 255;
      return made(extract, inputs);
    },
    read(features) {
      const images = features.length / featureCount;
      const digits = Array<number>(10).fill(0);
      let sure = 0;
      for (let row = 0; row < images; row++) {
        const found = features.subarray(row * featureCount, (row + 1) * featureCount);
        const probabilities = softmax(logitsOf(found, kernel, bias));
        const best = Math.max(...probabilities);
        digits[probabilities.indexOf(best)]++;
        if (best > 0.9) sure++;
      }
      return { images, sure, digits };
    },
  };
}

interface Topology {
  readonly config: { readonly layers: readonly { readonly config: { readonly name: string } }[] };
}

/** The classifier up to a layer, with its weights. */
function partUpTo(model: ModelSpec, name: string): ModelSpec {
  const whole = model.topology as Topology;
  const end = whole.config.layers.findIndex(({ config }) => config.name === name) + 1;
  const topology = { ...whole, config: { ...whole.config, layers: whole.config.layers.slice(0, end) } };
  const network = readNetwork(topology, { purpose: 'infer' });
  const parameters = new Float32Array(network.parameterCount);
  for (const { name: weight, offset } of network.parameters) parameters.set(weightOf(model, weight), offset);
  return { topology, network, parameters };
}

function weightOf({ network, parameters }: ModelSpec, name: string): Float32Array {
  const found = network.parameters.find((parameter) => parameter.name === name);
  if (found === undefined)
    throw new Error(`Expected the MNIST tutorial's classifier, got one without ${name}`);
  return parameters.subarray(found.offset, found.offset + found.size);
}

function logitsOf(features: Float32Array, kernel: Float32Array, bias: Float32Array): number[] {
  return Array.from(bias, (value, digit) => {
    let sum = value;
    for (let index = 0; index < featureCount; index++) sum += features[index] * kernel[index * 10 + digit];
    return sum;
  });
}

function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const parts = logits.map((logit) => Math.exp(logit - most));
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / sum);
}
