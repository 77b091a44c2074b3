import type { Layer, Network } from '../../src/model/network.ts';
import { sizeOf } from '../../src/shape.ts';

/**
 * Floating point operations (multiplications and additions) of the matrix products of one example's training step:
 * forward, gradient of the weights and, behind the first layer with weights, gradient of the input.
 */
export function trainingFlop(network: Network): number {
  const weighted = network.layers.map(forwardFlop).filter((flop) => flop > 0);
  return weighted.reduce((sum, flop, index) => sum + flop * (index === 0 ? 2 : 3), 0);
}

/** Of the forward product of one example; 0 for a layer without weights. */
export function forwardFlop(layer: Layer): number {
  if (layer.kind === 'dense') return 2 * layer.rows * layer.inputs * layer.units;
  if (layer.kind !== 'conv2d') return 0;
  return 2 * sizeOf(layer.output) * layer.kernelSize[0] * layer.kernelSize[1] * layer.input[2];
}
