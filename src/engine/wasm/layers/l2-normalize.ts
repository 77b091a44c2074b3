import type { L2NormalizeLayer } from '../../../model/network.ts';
import { addressOf, type Operation, singleInput } from '../operation/operation.ts';
import type { CompiledNode, LayerRow } from '../operation/row.ts';
import { asImages, isImage } from '../operation/taking.ts';

export const l2NormalizeRow: LayerRow<L2NormalizeLayer> = {
  takes: asImages,
  keeps: () => 'input',
  compile: (node) => [l2Normalize(node)],
};

function l2Normalize({ layer, buffers }: CompiledNode<L2NormalizeLayer>): Operation {
  const { input, output, dOutput, dInput } = singleInput(buffers);
  const { rows, size, columns } = layer;
  return {
    perExample: isImage(layer),
    forward({ kernels }, first, count) {
      const [from, to] = [addressOf(input, first), addressOf(output, first)];
      kernels.l2Normalize(from, to, count * rows, size, columns);
    },
    backward({ kernels }, first, count) {
      if (dInput === undefined) return;
      const [from, d] = [addressOf(input, first), addressOf(dOutput, first)];
      kernels.l2NormalizeBackward(from, d, addressOf(dInput, first), count * rows, size, columns);
    },
  };
}
