import type { LayerNormalizationLayer } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';
import { addressOf, type Operation, singleInput } from '../operation/operation.ts';
import type { CompiledNode, Compiler, LayerRow } from '../operation/row.ts';
import { scalingOf } from './scaling.ts';

export const layerNormalizationRow: LayerRow<LayerNormalizationLayer> = {
  takes: () => ({ forward: 'all at once', backward: 'all at once' }),
  keeps: () => 'input',
  compile: (node, compiler) => [layerNormalization(node, compiler)],
};

/** Row by row; the gradients of gamma and beta are summed over the rows of a shard. */
function layerNormalization(
  { layer, buffers }: CompiledNode<LayerNormalizationLayer>,
  compiler: Compiler,
): Operation {
  const { size, epsilon } = layer;
  const { input, output, dOutput, dInput } = singleInput(buffers);
  const rows = sizeOf(layer.input) / size;
  const scaling = scalingOf(layer, size, compiler);
  /** [2, size] float64 */
  const sums = compiler.arena.floats(2 * 2 * size);
  return {
    perExample: false,
    forward({ kernels, parameters }, first, count) {
      const [from, to] = [addressOf(input, first), addressOf(output, first)];
      const [gamma, beta] = [scaling.gammaAt(parameters), scaling.betaAt(parameters)];
      kernels.layerNormalize(from, count * rows, size, epsilon, gamma, beta, to);
    },
    backward(pass) {
      const { kernels, parameters, bytes } = pass;
      const gamma = scaling.gammaAt(parameters);
      for (const shard of pass.shards) {
        bytes.fill(0, sums, sums + 2 * size * 8);
        const [values, d] = [addressOf(input, shard.first), addressOf(dOutput, shard.first)];
        const target = dInput === undefined ? 0 : addressOf(dInput, shard.first);
        kernels.layerNormalizeBackward(values, d, shard.count * rows, size, epsilon, gamma, sums, target);
        scaling.writeGradients(pass, shard, sums);
      }
    },
  };
}
