import { panelWidth } from '../../../../kernels/panels.ts';
import type { Conv2dLayer } from '../../../../model/network.ts';
import { sizeOf } from '../../../../shape.ts';

/**
 * Whether the weights are so many, and the pixels so few, that a shard's gradient takes more memory than what it is
 * computed of, and that reading the weights once for each image takes longer than multiplying them.
 */
export const hasManyWeights = ({ input, output, kernelSize, dilation }: Conv2dLayer): boolean =>
  dilation === undefined &&
  output[2] % panelWidth === 0 &&
  kernelSize[0] * kernelSize[1] * input[2] * output[2] >= weightsPerValue * (sizeOf(input) + sizeOf(output));

/** More than a shard has examples. */
const weightsPerValue = 32;
