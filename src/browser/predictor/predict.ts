/** One example at a time through a network, by the engine that trained it, in one thread. */

import { createNormalize } from '../../augmentation/normalize.ts';
import type { Normalization } from '../../augmentation/settings.ts';
import { compile } from '../../engine/wasm/program/program.ts';
import { createWasmEngine } from '../../engine/wasm/wasm.ts';
import { kernelStaticBytes } from '../../kernels/kernel-module.ts';
import type { Loss } from '../../loss/loss.ts';
import type { Network } from '../../model/network.ts';
import { sizeOf } from '../../shape.ts';

export interface PredictRequest {
  readonly network: Network;
  /** What it was trained to minimize: by that is known whether its output is to be made probabilities. */
  readonly loss: Loss;
  /** By what the images that it was trained on were normalized. */
  readonly normalization?: Normalization | undefined;
  /** [parameterCount] in natural order. */
  readonly parameters: Float32Array;
  readonly kernels: WebAssembly.Module;
  /** A memory of so many pages of 64 KiB that never grows. */
  createMemory(pages: number): WebAssembly.Memory;
}

export interface Predictor {
  /**
   * @param input [...network.input] bytes, which stand for value / 255
   * @returns [classes] what the model says
   */
  predict(input: Uint8Array): Float32Array;
}

const pageBytes = 65536;
const sizes = { maxExamples: 1, batchSize: 1, shards: 1 };

export function createPredictor(request: PredictRequest): Predictor {
  const { loss, parameters, kernels, createMemory } = request;
  const network = withOneOfEach(request.network);
  const { packing, derived, arena, batch } = compile(network, sizes, { arena: 0, batch: 0 });
  const { place, end } = layOut(kernelStaticBytes, {
    natural: network.parameterCount * 4,
    packed: (packing.floats + derived.floats()) * 4,
    input: sizeOf(network.input) * 4,
    index: 4,
    target: Math.max(1, network.classes) * 4,
    predictions: network.classes * 4,
    batch: batch.end(),
    arena: arena.end(),
  });
  const memory = createMemory(Math.ceil(end / pageBytes));
  const engine = createWasmEngine({
    ...{ network, loss, kernels, memory, topology: {}, seed: 0, ...sizes },
    ...{ arenaOffset: place.arena, batchOffset: place.batch },
  });
  new Float32Array(memory.buffer, place.natural, network.parameterCount).set(parameters);
  engine.pack(place.natural, place.packed);
  for (const { derive } of engine.derivations) derive(place.packed);
  const normalize = createNormalize(network.input[network.input.length - 1], request.normalization);
  const takesClass = loss.name === 'softmaxCrossEntropy' || loss.name === 'sparseCategoricalCrossentropy';
  return {
    predict(input) {
      normalize(input, new Float32Array(memory.buffer, place.input, input.length));
      // What the loss comes to on a target of zeros is of no interest.
      engine.evaluate({
        ...{ indicesOffset: place.index, count: 1, inputsOffset: place.input, inputType: 'float32' },
        ...{ targetsOffset: place.target, targetType: takesClass ? 'class' : 'vector' },
        ...{ parametersOffset: place.packed, predictionsOffset: place.predictions },
      });
      return new Float32Array(memory.buffer, place.predictions, network.classes).slice();
    },
  };
}

/** A network that came as JSON has a weight twice, in the list and in its layer: here it is the same again, as engines expect. */
function withOneOfEach(network: Network): Network {
  const byName = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  const layers = network.layers.map((layer) =>
    Object.fromEntries(
      Object.entries(layer).map(([field, value]) => {
        const isWeight = typeof value === 'object' && value !== null && 'initializer' in value;
        return [field, isWeight ? (byName.get(value.name) ?? value) : value];
      }),
    ),
  );
  return { ...network, layers: layers as unknown as Network['layers'] };
}

/** Addresses that are multiples of 64, one behind the other. */
function layOut<Name extends string>(start: number, bytes: Readonly<Record<Name, number>>) {
  let end = start;
  const place: Partial<Record<Name, number>> = {};
  for (const name of Object.keys(bytes) as Name[]) {
    place[name] = end;
    end += Math.ceil(bytes[name] / 64) * 64 + 64;
  }
  return { place: place as Record<Name, number>, end };
}
