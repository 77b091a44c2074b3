/** Examples as a training or an evaluation gets them, made anew for each task in the worker's own memory. */
import { drawChanges } from '../augmentation/draw.ts';
import { createChange } from '../augmentation/images.ts';
import { createNormalize } from '../augmentation/normalize.ts';
import { noAugmentation, type Preparation } from '../augmentation/settings.ts';
import type { ExampleBatch, GradientRequest } from '../engine/engine.ts';
import { outputEnds } from '../model/ends.ts';
import { type Network, outputRows } from '../model/network.ts';
import type { WorkerSetup } from '../protocol/tasks.ts';
import { sizeOf } from '../shape.ts';

type Examples = ExampleBatch & Partial<Pick<GradientRequest, 'weightsOffset'>>;

/** Where the prepared examples of a call lie, and their targets and weights in the same order. */
interface Place {
  readonly inputs: number;
  readonly targets: number;
  readonly weights: number;
  readonly indices: number;
  readonly bytes: number;
}

type Sizes = Pick<Network, 'input' | 'inputs' | 'output' | 'outputs' | 'layers' | 'classes'>;

function placeFor(network: Sizes, examples: number, offset: number): Place {
  let end = offset;
  const take = (floats: number): number => {
    const start = end;
    end += Math.ceil((floats * 4) / 64) * 64;
    return start;
  };
  return {
    inputs: take(examples * sizeOf(network.input)),
    targets: take(examples * network.classes),
    weights: take(examples * outputEnds(network).length),
    indices: take(examples),
    bytes: end - offset,
  };
}

/** What a worker needs for so many examples of a call. */
export const preparedBytes = (network: Sizes, examples: number): number =>
  placeFor(network, examples, 0).bytes;

export interface Preparing {
  /** Those of a step, changed as was drawn for it: `position` is that of the first one in the step's batch. */
  forTraining(examples: Examples, at: Pick<GradientRequest, 'step' | 'position'>): Examples;
  /** Normalized only. */
  forEvaluation(examples: Examples): Examples;
}

type PreparingSetup = Pick<WorkerSetup, 'memory' | 'network' | 'maxExamples' | 'seed'>;

/** @param offset of `preparedBytes` of the worker's own */
export function createPreparing(
  { memory: { buffer }, network, maxExamples, seed }: PreparingSetup,
  { shape, augmentation, normalization }: Preparation,
  offset: number,
): Preparing {
  const place = placeFor(network, maxExamples, offset);
  const size = sizeOf(network.input);
  const channels = shape[shape.length - 1];
  const normalize = createNormalize(channels, normalization);
  const zero = new Float32Array(channels);
  normalize(new Float32Array(channels), zero);
  const change =
    augmentation && createChange({ height: shape[0], width: shape[1], channels }, augmentation, zero);
  const indices = new Uint32Array(buffer, place.indices, maxExamples);
  for (let row = 0; row < maxExamples; row++) indices[row] = row;
  const targets = { class: outputRows(network), vector: network.classes };
  const image = new Float32Array(size);
  const words = new Uint32Array(buffer);
  /** Rows of 32-bit values, in the order of the call. */
  const gather = (rows: Uint32Array, from: number, to: number, width: number): void => {
    for (const [at, row] of rows.entries()) {
      const source = from / 4 + row * width;
      words.copyWithin(to / 4 + at * width, source, source + width);
    }
  };
  const source = ({ inputType, inputsOffset, inputsMemory = buffer }: Examples, row: number) =>
    inputType === 'uint8'
      ? new Uint8Array(inputsMemory, inputsOffset + row * size, size)
      : new Float32Array(inputsMemory, inputsOffset + row * size * 4, size);
  const prepare = (
    examples: Examples,
    write: (values: Uint8Array | Float32Array, target: Float32Array, at: number) => void,
  ): Examples => {
    const { count, targetType, weightsOffset } = examples;
    const rows = new Uint32Array(buffer, examples.indicesOffset, count);
    for (const [at, row] of rows.entries())
      write(source(examples, row), new Float32Array(buffer, place.inputs + at * size * 4, size), at);
    gather(rows, examples.targetsOffset, place.targets, targets[targetType]);
    if (weightsOffset !== undefined) gather(rows, weightsOffset, place.weights, outputEnds(network).length);
    return {
      ...examples,
      ...{
        indicesOffset: place.indices,
        inputsOffset: place.inputs,
        inputsMemory: buffer,
        inputType: 'float32',
      },
      targetsOffset: place.targets,
      ...(weightsOffset === undefined ? {} : { weightsOffset: place.weights }),
    };
  };
  return {
    forTraining(examples, { step, position }) {
      if (change === undefined) return prepare(examples, normalize);
      const settings = augmentation ?? noAugmentation;
      return prepare(examples, (values, target, at) => {
        normalize(values, image);
        change(image, target, drawChanges(settings, shape, { seed, step, position: position + at }));
      });
    },
    forEvaluation: (examples) => (normalization === undefined ? examples : prepare(examples, normalize)),
  };
}
