import { roundUp } from '../../../kernels/panels.ts';
import type { BatchNormalizationLayer } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';
import { addressOf, type Operation, type Pass, type PassShard, singleInput } from '../operation/operation.ts';
import type { CompiledNode, Compiler, LayerRow } from '../operation/row.ts';
import { scalingOf } from './scaling.ts';

/** All examples of a shard have to be there before the first of them can be normalised. */
export const batchNormalizationRow: LayerRow<BatchNormalizationLayer> = {
  takes: () => ({ forward: 'all at once', backward: 'all at once' }),
  keeps: () => 'input',
  fillsGradient: true,
  compile: (node, compiler) => [batchNormalization(node, compiler)],
};

/** Statistics of a shard are kept for the way back; how far they move the averages goes into its slot at once. */
function batchNormalization(
  { layer, buffers }: CompiledNode<BatchNormalizationLayer>,
  compiler: Compiler,
): Operation {
  const { channels, epsilon, momentum } = layer;
  const { input, output, dOutput, dInput } = singleInput(buffers);
  const { arena, sizes } = compiler;
  const rows = sizeOf(layer.input) / channels;
  /** Five arrays of float64 (kernels/assembly/batch-normalization.ts), as the sums are. */
  const statisticsBytes = 5 * channels * 8;
  const statistics = arena.floats((sizes.shards * statisticsBytes) / 4);
  const sums = arena.floats(statisticsBytes / 4);
  const scaling = scalingOf(layer, channels, compiler);
  const mean = compiler.packed(layer.movingMean).offset;
  const variance = compiler.packed(layer.movingVariance).offset;
  return { perExample: false, forward, backward };

  function forward(pass: Pass, first: number, count: number): void {
    const { kernels, parameters } = pass;
    if (!pass.training) {
      kernels.averageStatistics(parameters + mean, parameters + variance, channels, epsilon, statistics);
      normalize(pass, first, count, statistics);
      return;
    }
    for (const [place, shard] of pass.shards.entries()) {
      const own = statistics + place * statisticsBytes;
      kernels.channelStatistics(addressOf(input, shard.first), shard.count * rows, channels, epsilon, own);
      normalize(pass, shard.first, shard.count, own);
      moveAverages(pass, shard, own);
    }
  }

  function normalize({ kernels, parameters }: Pass, first: number, count: number, own: number): void {
    const [from, to] = [addressOf(input, first), addressOf(output, first)];
    const [scale, shift] = [scaling.gammaAt(parameters), scaling.betaAt(parameters)];
    kernels.normalize(from, count * rows, channels, own, scale, shift, to);
  }

  function moveAverages({ kernels, parameters, bytes }: Pass, shard: PassShard, own: number): void {
    const factor = (1 - momentum) * shard.count;
    for (const [index, offset] of [mean, variance].entries()) {
      const target = shard.gradient + offset;
      bytes.fill(0, target, target + roundUp(channels) * 4);
      kernels.moveAverage(own + index * channels * 8, parameters + offset, channels, factor, target);
    }
  }

  function backward(pass: Pass): void {
    const { kernels, parameters } = pass;
    for (const [place, shard] of pass.shards.entries()) {
      const own = statistics + place * statisticsBytes;
      const [values, d] = [addressOf(input, shard.first), addressOf(dOutput, shard.first)];
      const count = shard.count * rows;
      kernels.normalizationSums(values, d, count, channels, own, sums);
      scaling.writeGradients(pass, shard, sums);
      if (dInput === undefined) continue;
      const [scale, target] = [scaling.gammaAt(parameters), addressOf(dInput, shard.first)];
      kernels.normalizeBackward(values, d, count, channels, own, sums, scale, target);
    }
  }
}
