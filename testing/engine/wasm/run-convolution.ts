/** A convolution of any way on memory of its own, there and back. */
import { directConvolution } from '../../../src/engine/wasm/convolution/direct-convolution.ts';
import { fourierConvolution } from '../../../src/engine/wasm/convolution/fourier/fourier-convolution.ts';
import { kernelSpectrumFloats } from '../../../src/engine/wasm/convolution/fourier/fourier-shapes.ts';
import { phaseConvolution } from '../../../src/engine/wasm/convolution/phases/phase-convolution.ts';
import { phasePlan } from '../../../src/engine/wasm/convolution/phases/phase-plan.ts';
import { weightSpectrumFloats } from '../../../src/engine/wasm/convolution/phases/phase-weights.ts';
import { winogradOverImages } from '../../../src/engine/wasm/convolution/winograd/over-images.ts';
import { winogradConvolution } from '../../../src/engine/wasm/convolution/winograd/winograd-convolution.ts';
import { bins, winogradSizes } from '../../../src/engine/wasm/convolution/winograd/winograd-shapes.ts';
import { type Arena, createArena } from '../../../src/engine/wasm/operation/arena.ts';
import { createDerived, type Derived } from '../../../src/engine/wasm/operation/derived.ts';
import type {
  Operation,
  Pass,
  PassShard,
  Tensor,
  WeightedBuffers,
  WeightGradient,
} from '../../../src/engine/wasm/operation/operation.ts';
import { pack, packingOf, unpack } from '../../../src/engine/wasm/operation/packing.ts';
import { runBackward, runForward } from '../../../src/engine/wasm/program/run-program.ts';
import { instantiateKernels, kernelStaticBytes } from '../../../src/kernels/kernel-module.ts';
import { edgeFloats } from '../../../src/kernels/matmul-shape.ts';
import type { Conv2dLayer } from '../../../src/model/network.ts';
import { sizeOf } from '../../../src/shape.ts';

/** What a convolution is given. */
export interface Values {
  readonly natural: Float32Array;
  readonly inputs: Float32Array;
  readonly dOutputs: Float32Array;
  readonly counts: readonly number[];
  readonly way: Way;
}

/** Sums or which transforms, and for Fourier's how it goes back. */
export type Way =
  | 'direct'
  | 'direct, skipping'
  | 'fourier'
  | 'skipping'
  | 'winograd'
  | 'winograd over images'
  | 'phases of 8'
  | 'phases of 16';

/** Points of the tiles of a convolution with strides by its phases. */
const phasePoints = { 'phases of 8': 8, 'phases of 16': 16 } as const;
const isByPhases = (way: Way): way is keyof typeof phasePoints => way in phasePoints;

interface Place {
  readonly arena: Arena;
  readonly batch: Arena;
  readonly derived: Derived;
}

/** The operations of a way, which run as one stage, and the gradients that it leaves to the update. */
function compile(
  way: Way,
  layer: Conv2dLayer,
  { examples, shards }: { readonly examples: number; readonly shards: number },
  place: Place,
  buffers: WeightedBuffers,
) {
  const weightGradients: WeightGradient[] = [];
  const operations = (): readonly Operation[] => {
    if (way === 'direct') return [directConvolution(layer, examples, place.arena, buffers)];
    if (way === 'direct, skipping')
      return [directConvolution(layer, examples, place.arena, buffers, 'skipping')];
    if (way === 'winograd') return [winogradConvolution(layer, place, buffers)];
    if (way === 'fourier' || way === 'skipping')
      return [...fourierConvolution(layer, examples, place, buffers, way)];
    const sizes = { maxExamples: examples, batchSize: examples, shards };
    const addWeightGradient = (gradient: WeightGradient) => void weightGradients.push(gradient);
    const compiler = { ...place, ...buffers, sizes, addWeightGradient };
    if (isByPhases(way)) return [phaseConvolution(layer, phasePoints[way], compiler, buffers)];
    return [winogradOverImages(layer, compiler, buffers)];
  };
  return { operations: operations(), weightGradients };
}

/** Of what is derived of the weights. */
function derivedFloats(way: Way, layer: Conv2dLayer): number {
  if (way === 'winograd') return (bins * winogradSizes(layer).weightBin) / 4;
  if (!isByPhases(way)) return kernelSpectrumFloats(layer);
  const windows = { ...layer, image: layer.input, grid: layer.output };
  return weightSpectrumFloats(windows, phasePlan(windows, phasePoints[way]));
}

/** Where the memory of the batch begins. */
const batchStart = 48 * 2 ** 20;

const pages = 1024;
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
const floats = new Float32Array(memory.buffer);
const words = new Uint32Array(memory.buffer);
const guard = 0x7fc5a5a5;

/** All buffers with guard bands of NaN between them: reading one spoils the result, writing one is counted. */
export function runConvolution(module: WebAssembly.Module, layer: Conv2dLayer, values: Values) {
  const { natural, inputs, dOutputs, counts, way } = values;
  const packing = packingOf(
    { parameters: layer.bias ? [layer.kernel, layer.bias] : [layer.kernel] },
    way === 'winograd over images' || isByPhases(way) ? { deferredRows: [layer.kernel] } : {},
  );
  const examples = inputs.length / sizeOf(layer.input);
  words.fill(guard, kernelStaticBytes / 4);
  const bands: number[] = [];
  let end = kernelStaticBytes;
  const room = (count: number) => {
    bands.push(end);
    const address = end + 256;
    end = address + Math.ceil(count / 16) * 64;
    return address;
  };
  const tensor = (size: number): Tensor => ({ address: room(examples * size), size, transient: false });
  const [input, dInput] = [tensor(sizeOf(layer.input)), tensor(sizeOf(layer.input))];
  const [output, dOutput] = [tensor(sizeOf(layer.output)), tensor(sizeOf(layer.output))];
  // Behind the parameters: what is derived of them.
  const derived = createDerived(packing.floats);
  const parameters = room(packing.floats + derivedFloats(way, layer));
  const gradients = counts.map(() => room(packing.slotFloats));
  bands.push(end);
  const arena = createArena(end + 256);
  const batch = createArena(batchStart);
  const [kernel, bias] = [layer.kernel, layer.bias].map((weight) =>
    packing.parameters.find(({ parameter }) => parameter === weight),
  );
  if (kernel === undefined) throw new Error('The kernel is not packed');
  const buffers = { input, output, dInput, dOutput, kernel, bias, edge: arena.floats(edgeFloats) };
  const place = { arena, batch, derived };
  const { operations, weightGradients } = compile(
    way,
    layer,
    { examples, shards: counts.length },
    place,
    buffers,
  );
  if (arena.end() + 256 > batchStart) throw new Error('The memory of the batch is not behind the arena');
  arena.makeReady(memory);
  pack(packing, natural, floats.subarray(parameters / 4, parameters / 4 + packing.floats));
  floats.set(inputs, input.address / 4);
  floats.set(dOutputs, dOutput.address / 4);

  let first = 0;
  const shards = counts.map((count, index) => {
    first += count;
    return { index, first: first - count, batchFirst: first - count, count, gradient: gradients[index] };
  });
  const pass: Pass = {
    kernels: instantiateKernels(module, memory),
    ...{ ints: new Int32Array(memory.buffer), floats, bytes: new Uint8Array(memory.buffer) },
    ...{ key: [0, 0], training: true, step: 1, position: 0, parameters, shards },
  };
  const stages = [
    {
      perExample: operations[0].perExample,
      operations: operations.map((operation) => ({ ...operation, layer: layer.name })),
    },
  ];
  for (const { derive } of derived.derivations) derive(pass.kernels, parameters);
  runForward({ stages }, pass, examples, () => {});
  runBackward({ stages }, pass, examples);
  /** What the first shard's slot has, and what two parts of the update sum over all of them. */
  const gradientOf = (some: readonly PassShard[]): Float32Array => {
    const packed = new Float32Array(packing.floats);
    const slot = some[0].gradient / 4;
    packed.set(floats.subarray(slot, slot + packing.slotFloats));
    for (const part of [1, 0])
      for (const { sum } of weightGradients)
        sum(pass, { shards: some, part, parts: 2 }, (block) => {
          packed.set(floats.subarray(block.sum / 4, block.sum / 4 + block.floats), block.first);
        });
    const natural = new Float32Array(values.natural.length);
    unpack(packing, packed, natural);
    return natural;
  };
  const gradientsOfShards = shards.map((shard) => gradientOf([shard]));
  const together = weightGradients.length === 0 ? undefined : gradientOf(shards);

  const read = ({ address, size }: Tensor, example: number) =>
    floats.slice(address / 4 + example * size, address / 4 + (example + 1) * size);
  const strayWrites = [...bands, arena.end(), batch.end()].flatMap((band) => [
    ...words.subarray(band / 4, band / 4 + 64).filter((word) => word !== guard),
  ]).length;
  return {
    strayWrites,
    output: (example: number) => read(output, example),
    dInput: (example: number) => read(dInput, example),
    gradients: gradientsOfShards,
    /** Of the whole batch, where that is summed in the update. */
    together,
  };
}
