/** The convolution of images that are mostly zero has the bits of the matrix product. */
import { describe, expect, test } from 'vitest';
import { directConvolution } from '../../../../src/engine/wasm/convolution/direct-convolution.ts';
import { canBeSparse, sparseImage } from '../../../../src/engine/wasm/convolution/sparse-image.ts';
import { createArena } from '../../../../src/engine/wasm/operation/arena.ts';
import type { Pass, Tensor } from '../../../../src/engine/wasm/operation/operation.ts';
import { pack, packingOf } from '../../../../src/engine/wasm/operation/packing.ts';
import { instantiateKernels, kernelStaticBytes } from '../../../../src/kernels/kernel-module.ts';
import { kernelVariants } from '../../../../src/kernels/variants.ts';
import type { Conv2dLayer } from '../../../../src/model/network.ts';
import { type Pair, sizeOf } from '../../../../src/shape.ts';
import { compiled } from '../../../../testing/engine/compiled.ts';
import { conv2d, network } from '../../../../testing/engine/network-builder.ts';
import { parametersFor, uniform } from '../../../../testing/engine/values.ts';

const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
const floats = new Float32Array(memory.buffer);
const words = new Uint32Array(memory.buffer);
const guard = 0x7fc5a5a5;

describe.for(kernelVariants)('the $name kernels', ({ name }) => {
  test('give the same bits by adding what is not zero, on every kernel size, and write nothing else', async () => {
    const module = await compiled(name);
    for (let size = 1; size <= 7; size++)
      for (const padding of ['same', 'valid'] as const)
        for (const [channels, filters] of [
          [1, 32],
          [3, 16],
        ])
          for (const density of [0, 0.2, 1]) {
            const layer = layerOf([size + 5, 11], [size, 8 - size], padding, channels, filters);
            const { sparse, dense, strayWrites } = convolve(module, layer, density);
            const where = JSON.stringify({ size, padding, channels, filters, density });
            expect(strayWrites, where).toBe(0);
            expect(new Int32Array(sparse.buffer), where).toEqual(new Int32Array(dense.buffer));
          }
  });
});

test('an image is worth it up to 0.4 of its values', async () => {
  const kernels = instantiateKernels(await compiled('portable'), memory);
  const layer = layerOf([10, 10], [3, 3], 'same', 1, 16);
  const arena = createArena(kernelStaticBytes);
  const image = arena.floats(100);
  const way = sparseImage(layer, arena);
  arena.makeReady(memory);
  const isWorthIt = (count: number, value: number) => {
    floats.fill(-0, image / 4, image / 4 + 100);
    floats.fill(value, image / 4, image / 4 + count);
    return way.isWorthIt(kernels, image);
  };
  expect(isWorthIt(40, 1)).toBe(true);
  expect(isWorthIt(41, 1)).toBe(false);
  expect(isWorthIt(41, Number.NaN)).toBe(false);
  expect(canBeSparse(layer)).toBe(true);
  expect(canBeSparse({ ...layer, strides: [2, 1] })).toBe(false);
  expect(canBeSparse(layerOf([10, 10], [3, 3], 'same', 1, 15))).toBe(false);
  expect(canBeSparse(layerOf([7, 7], [3, 3], 'same', 1, 16))).toBe(false);
});

function layerOf(image: Pair, kernel: Pair, padding: 'same' | 'valid', channels: number, filters: number) {
  return network([...image, channels], conv2d(filters, kernel, { padding })).layers[0] as Conv2dLayer;
}

function convolve(module: WebAssembly.Module, layer: Conv2dLayer, density: number) {
  const packing = packingOf({ parameters: layer.bias ? [layer.kernel, layer.bias] : [layer.kernel] });
  words.fill(guard, kernelStaticBytes / 4);
  const arena = createArena(kernelStaticBytes);
  const room = (count: number) => {
    arena.floats(64);
    return arena.floats(count);
  };
  const tensor = (size: number): Tensor => ({ address: room(size), size, transient: false });
  const [input, output, other] = [
    tensor(sizeOf(layer.input)),
    tensor(sizeOf(layer.output)),
    tensor(sizeOf(layer.output)),
  ];
  const parameters = room(packing.floats);
  const [kernel, bias] = packing.parameters;
  const sparse = sparseImage(layer, arena);
  // With an input gradient, it takes the matrix product.
  const buffers = { input, output: other, dOutput: output, dInput: input, kernel, bias };
  const dense = directConvolution(layer, 1, arena, { ...buffers, edge: arena.floats(16) });
  arena.makeReady(memory);
  pack(packing, parametersOf(layer), floats.subarray(parameters / 4, parameters / 4 + packing.floats));
  const chance = uniform(1, input.size, 0, 1);
  const image = uniform(2, input.size, -1, 1).map((value, i) =>
    chance[i] < density ? value : Math.sign(value) * 0,
  );
  floats.set(image, input.address / 4);

  const kernels = instantiateKernels(module, memory);
  const end = output.address / 4 + output.size;
  words.fill(guard, end, end + 16);
  words.fill(guard, output.address / 4 - 16, output.address / 4);
  sparse.turn(kernels, parameters + kernel.offset);
  sparse.run(kernels, input.address, parameters + bias.offset, output.address);
  const around = [...words.slice(output.address / 4 - 16, output.address / 4), ...words.slice(end, end + 16)];
  const pass = { kernels, bytes: new Uint8Array(memory.buffer), parameters, shards: [] } as unknown as Pass;
  dense.forward(pass, 0, 1);
  return {
    strayWrites: around.filter((word) => word !== guard).length,
    sparse: floats.slice(output.address / 4, end),
    dense: floats.slice(other.address / 4, other.address / 4 + other.size),
  };
}

const parametersOf = (layer: Conv2dLayer): Float32Array =>
  parametersFor(network(layer.input, conv2d(layer.output[2], layer.kernelSize)));
