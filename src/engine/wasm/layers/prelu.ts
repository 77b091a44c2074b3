import { roundUp } from '../../../kernels/panels.ts';
import type { PReluLayer } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';
import { addressOf, type Operation, type Pass, shardOf, singleInput } from '../operation/operation.ts';
import type { CompiledNode, Compiler, LayerRow } from '../operation/row.ts';
import { asImages, isImage } from '../operation/taking.ts';
import { blocksOf } from './blocks.ts';

export const preluRow: LayerRow<PReluLayer> = {
  takes: asImages,
  gradientInPlace: true,
  keeps: () => 'input',
  flat: ({ alpha }) => [alpha],
  compile: (node, compiler) => [prelu(node, compiler)],
};

/** Alpha is spread over an example once a call. */
function prelu({ layer, buffers }: CompiledNode<PReluLayer>, { arena, packed }: Compiler): Operation {
  const { input, output, dOutput: gradient } = singleInput(buffers);
  const { size } = input;
  const { offset } = packed(layer.alpha);
  const spread = blocksOf(places(layer), arena);
  const [alpha, dAlpha] = [arena.floats(size), arena.floats(size)];
  const isFrozen = layer.alpha.untrained === 'frozen';
  return {
    perExample: isImage(layer),
    forward({ kernels, parameters }, first, count) {
      const { table, count: blocks, bytes } = spread;
      if (first === 0) kernels.gatherBlocks(table, blocks, bytes, parameters + offset, alpha);
      for (let example = first; example < first + count; example++)
        kernels.preluForward(addressOf(input, example), alpha, addressOf(output, example), size);
    },
    backward(pass, first, count) {
      for (let example = first; example < first + count; example++) {
        const values = addressOf(input, example);
        pass.kernels.preluBackward(values, alpha, addressOf(gradient, example), dAlpha, size);
        if (!isFrozen) addGradient(pass, example);
      }
    },
  };

  function addGradient(pass: Pass, example: number): void {
    const { table, count, bytes } = spread;
    const shard = shardOf(pass, example);
    const target = shard.gradient + offset;
    if (example === shard.first) pass.bytes.fill(0, target, target + roundUp(layer.alpha.size) * 4);
    pass.kernels.addBlocks(table, count, bytes, dAlpha, target);
  }
}

/** Which alpha each value of an example takes. */
function places({ input, alpha: { shape } }: PReluLayer): number[] {
  return Array.from({ length: sizeOf(input) }, (_, element) => {
    let [place, stride, left] = [0, 1, element];
    for (let axis = input.length - 1; axis >= 0; axis--) {
      if (shape[axis] > 1) place += stride * (left % input[axis]);
      stride *= shape[axis];
      left = Math.floor(left / input[axis]);
    }
    return place;
  });
}
