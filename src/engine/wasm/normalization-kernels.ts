/** A byte address in the shared memory. */
type Address = number;

/** The module's functions for batch normalisation; kernels/assembly/batch-normalization.ts documents each. */
export interface NormalizationKernels {
  channelStatistics(
    values: Address,
    rows: number,
    channels: number,
    epsilon: number,
    statistics: Address,
  ): void;
  averageStatistics(
    mean: Address,
    variance: Address,
    channels: number,
    epsilon: number,
    statistics: Address,
  ): void;
  moveAverage(statistic: Address, average: Address, channels: number, factor: number, moved: Address): void;
  normalize(
    values: Address,
    rows: number,
    channels: number,
    statistics: Address,
    gamma: Address,
    beta: Address,
    output: Address,
  ): void;
  normalizationSums(
    values: Address,
    dOutput: Address,
    rows: number,
    channels: number,
    statistics: Address,
    sums: Address,
  ): void;
  normalizeBackward(
    values: Address,
    dOutput: Address,
    rows: number,
    channels: number,
    statistics: Address,
    sums: Address,
    gamma: Address,
    dInput: Address,
  ): void;
  roundSums(sums: Address, channels: number, target: Address): void;
}
