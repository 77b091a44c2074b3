/** A convolution by Fourier transforms on memory of its own, there and back. */
import { createArena } from '../../../src/engine/wasm/arena.ts';
import { createDerived } from '../../../src/engine/wasm/derived.ts';
import { fourierConvolution } from '../../../src/engine/wasm/fourier-convolution.ts';
import { kernelSpectrumFloats } from '../../../src/engine/wasm/fourier-shapes.ts';
import { instantiateKernels, kernelStaticBytes } from '../../../src/engine/wasm/kernel-module.ts';
import type { Pass, Tensor } from '../../../src/engine/wasm/operation.ts';
import { pack, packingOf, unpack } from '../../../src/engine/wasm/packing.ts';
import { runBackward, runForward } from '../../../src/engine/wasm/run-program.ts';
import { type Conv2dLayer, sizeOf } from '../../../src/model/network.ts';

/** What a convolution is given. */
export interface Values {
  readonly natural: Float32Array;
  readonly inputs: Float32Array;
  readonly dOutputs: Float32Array;
  readonly counts: readonly number[];
  readonly back?: 'fourier' | 'skipping' | undefined;
}

const pages = 1024;
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
const floats = new Float32Array(memory.buffer);
const words = new Uint32Array(memory.buffer);
const guard = 0x7fc5a5a5;

/** All buffers with guard bands of NaN between them: reading one spoils the result, writing one is counted. */
export function runFourier(module: WebAssembly.Module, layer: Conv2dLayer, values: Values) {
  const { natural, inputs, dOutputs, counts, back = 'fourier' } = values;
  const packing = packingOf({ parameters: layer.bias ? [layer.kernel, layer.bias] : [layer.kernel] });
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
  // Behind the parameters: the spectra.
  const derived = createDerived(packing.floats);
  const parameters = room(packing.floats + kernelSpectrumFloats(layer));
  const gradients = counts.map(() => room(packing.slotFloats));
  bands.push(end);
  const arena = createArena(end + 256);
  const [kernel, bias] = packing.parameters;
  const buffers = { input, output, dInput, dOutput, kernel, bias, edge: arena.floats(16) };
  const operations = fourierConvolution(layer, examples, { arena, derived }, buffers, back);
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
    { perExample: true, operations: operations.map((operation) => ({ ...operation, layer: layer.name })) },
  ];
  for (const { derive } of derived.derivations) derive(pass.kernels, parameters);
  runForward({ stages }, pass, examples, () => {});
  runBackward({ stages }, pass, examples);

  const read = ({ address, size }: Tensor, example: number) =>
    floats.slice(address / 4 + example * size, address / 4 + (example + 1) * size);
  const strayWrites = [...bands, arena.end()].flatMap((band) => [
    ...words.subarray(band / 4, band / 4 + 64).filter((word) => word !== guard),
  ]).length;
  return {
    strayWrites,
    output: (example: number) => read(output, example),
    dInput: (example: number) => read(dInput, example),
    gradients: gradients.map((address) => {
      const gradient = new Float32Array(natural.length);
      unpack(packing, floats.slice(address / 4, address / 4 + packing.floats), gradient);
      return gradient;
    }),
  };
}
