import { upSamplingShapeLayout } from '../../../kernels/structs.ts';
import type { UpSampling2dLayer } from '../../../model/network.ts';
import { type RearrangingLayer, sourcesOf } from '../../../model/rearranging-layers.ts';
import { addressOf, type Operation, singleInput } from '../operation/operation.ts';
import type { CompiledNode, Compiler, LayerRow } from '../operation/row.ts';
import { asImages, isImage } from '../operation/taking.ts';
import { blocksOf } from './blocks.ts';

/** Of every layer whose outputs are values of the input in other places. */
export const rearrangingRow: LayerRow<RearrangingLayer> = {
  takes: asImages,
  compile: (node, compiler) => [rearrange(node, compiler)],
};

function rearrange({ layer, buffers }: CompiledNode<RearrangingLayer>, { arena }: Compiler): Operation {
  const { input, output, dOutput, dInput } = singleInput(buffers);
  const { table, count: blocks, bytes: blockBytes } = blocksOf(sourcesOf(layer), arena);
  return {
    perExample: isImage(layer),
    forward({ kernels }, first, count) {
      for (let example = first; example < first + count; example++)
        kernels.gatherBlocks(
          table,
          blocks,
          blockBytes,
          addressOf(input, example),
          addressOf(output, example),
        );
    },
    backward({ kernels }, first, count) {
      if (dInput === undefined) return;
      for (let example = first; example < first + count; example++) {
        const to = addressOf(dInput, example);
        kernels.clear(to, input.size * 4);
        kernels.addBlocks(table, blocks, blockBytes, addressOf(dOutput, example), to);
      }
    },
  };
}

export const bilinearUpSampling2dRow: LayerRow<UpSampling2dLayer<'bilinearUpSampling2d'>> = {
  takes: asImages,
  compile: (node, compiler) => [bilinear(node, compiler)],
};

function bilinear(
  { layer, buffers }: CompiledNode<UpSampling2dLayer<'bilinearUpSampling2d'>>,
  { arena }: Compiler,
): Operation {
  const { input, output, dOutput, dInput } = singleInput(buffers);
  const [height, width, channels] = layer.input;
  const [factorY, factorX] = layer.factors;
  const shape = arena.struct(upSamplingShapeLayout, { height, width, channels, factorY, factorX });
  return {
    perExample: true,
    forward({ kernels }, first, count) {
      for (let example = first; example < first + count; example++)
        kernels.bilinearForward(shape, addressOf(input, example), addressOf(output, example));
    },
    backward({ kernels }, first, count) {
      if (dInput === undefined) return;
      for (let example = first; example < first + count; example++)
        kernels.bilinearBackward(shape, addressOf(dOutput, example), addressOf(dInput, example));
    },
  };
}
