import type { Network } from '../../src/model/network.ts';
import { dropoutKeeps } from '../../src/random.ts';
import { sizeOf } from '../../src/shape.ts';

/** The dropout masks of positions 0 to examples - 1 of a step's batch, by layer name: 0 or 1 / (1 - rate). */
export function masksOf(network: Network, seed: number, step: number, examples: number) {
  const masks = new Map<string, Float32Array>();
  for (const layer of network.layers) {
    if (layer.kind !== 'dropout') continue;
    const { name, index, rate } = layer;
    const size = sizeOf(layer.input);
    const valueAt = (position: number, element: number) =>
      dropoutKeeps(seed, step, index, position, element, rate) ? 1 / (1 - rate) : 0;
    const mask = Float32Array.from({ length: examples * size }, (_, i) =>
      valueAt(Math.floor(i / size), i % size),
    );
    masks.set(name, mask);
  }
  return masks;
}
