/**
 * Batch normalisation of [rows, channels], in float64. `statistics` are three arrays of [channels] float64: mean,
 * variance and 1 / sqrt(variance + epsilon). Plain form: src/engine/reference/batch-normalization.ts.
 */

/** Those of the values, row by row. */
export function channelStatistics(
  values: usize,
  rows: i32,
  channels: i32,
  epsilon: f64,
  statistics: usize,
): void {
  const bytes = <usize>channels << 3;
  memory.fill(statistics, 0, 2 * bytes);
  let at = values;
  for (let row = 0; row < rows; row++) {
    for (let mean = statistics; mean < statistics + bytes; mean += 8) {
      store<f64>(mean, load<f64>(mean) + <f64>load<f32>(at));
      at += 4;
    }
  }
  for (let mean = statistics; mean < statistics + bytes; mean += 8) {
    store<f64>(mean, load<f64>(mean) / <f64>rows);
  }
  at = values;
  for (let row = 0; row < rows; row++) {
    for (let mean = statistics; mean < statistics + bytes; mean += 8) {
      const difference = <f64>load<f32>(at) - load<f64>(mean);
      store<f64>(mean + bytes, load<f64>(mean + bytes) + difference * difference);
      at += 4;
    }
  }
  for (let variance = statistics + bytes; variance < statistics + 2 * bytes; variance += 8) {
    store<f64>(variance, load<f64>(variance) / <f64>rows);
  }
  finishStatistics(channels, epsilon, statistics);
}

/** Those that running averages, [channels] each, stand for. */
export function averageStatistics(
  mean: usize,
  variance: usize,
  channels: i32,
  epsilon: f64,
  statistics: usize,
): void {
  const bytes = <usize>channels << 3;
  for (let to: usize = 0; to < bytes; to += 8) {
    store<f64>(statistics + to, <f64>load<f32>(mean + (to >> 1)));
    store<f64>(statistics + bytes + to, <f64>load<f32>(variance + (to >> 1)));
  }
  finishStatistics(channels, epsilon, statistics);
}

function finishStatistics(channels: i32, epsilon: f64, statistics: usize): void {
  const bytes = <usize>channels << 3;
  for (let variance = statistics + bytes; variance < statistics + 2 * bytes; variance += 8) {
    store<f64>(variance + bytes, 1 / Math.sqrt(load<f64>(variance) + epsilon));
  }
}

/** moved = (statistic - average) * factor */
export function moveAverage(
  statistic: usize,
  average: usize,
  channels: i32,
  factor: f64,
  moved: usize,
): void {
  for (let channel = 0; channel < channels; channel++) {
    store<f32>(moved, <f32>((load<f64>(statistic) - <f64>load<f32>(average)) * factor));
    statistic += 8;
    average += 4;
    moved += 4;
  }
}

/** What all three below call x: (value - mean) / deviation. */
@inline
function normalized(value: usize, mean: usize, factor: f64): f64 {
  return (<f64>load<f32>(value) - load<f64>(mean)) * factor;
}

/** output = (values - mean) / deviation * gamma + beta; gamma and beta may be 0, for 1 and 0. */
export function normalize(
  values: usize,
  rows: i32,
  channels: i32,
  statistics: usize,
  gamma: usize,
  beta: usize,
  output: usize,
): void {
  const bytes = <usize>channels << 3;
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < bytes; at += 8) {
      const x = normalized(values, statistics + at, load<f64>(statistics + at + 2 * bytes));
      const scale: f64 = gamma == 0 ? 1 : <f64>load<f32>(gamma + (at >> 1));
      const shift: f64 = beta == 0 ? 0 : <f64>load<f32>(beta + (at >> 1));
      store<f32>(output, <f32>(x * scale + shift));
      values += 4;
      output += 4;
    }
  }
}

/**
 * The gradients' sums over the rows: sums[channel] = sum of dOutput, and behind [channels] of these the sum of dOutput *
 * (values - mean) / deviation, in float64. These are the gradients of beta and gamma.
 */
export function normalizationSums(
  values: usize,
  dOutput: usize,
  rows: i32,
  channels: i32,
  statistics: usize,
  sums: usize,
): void {
  const bytes = <usize>channels << 3;
  memory.fill(sums, 0, 2 * bytes);
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < bytes; at += 8) {
      const x = normalized(values, statistics + at, load<f64>(statistics + at + 2 * bytes));
      const d = <f64>load<f32>(dOutput);
      store<f64>(sums + at, load<f64>(sums + at) + d);
      store<f64>(sums + at + bytes, load<f64>(sums + at + bytes) + d * x);
      values += 4;
      dOutput += 4;
    }
  }
}

/** dInput = gamma / deviation * (dOutput - (sum of dOutput + x * sum of dOutput x) / rows). */
export function normalizeBackward(
  values: usize,
  dOutput: usize,
  rows: i32,
  channels: i32,
  statistics: usize,
  sums: usize,
  gamma: usize,
  dInput: usize,
): void {
  const bytes = <usize>channels << 3;
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < bytes; at += 8) {
      const factor = load<f64>(statistics + at + 2 * bytes);
      const x = normalized(values, statistics + at, factor);
      const mean = (load<f64>(sums + at) + x * load<f64>(sums + at + bytes)) / <f64>rows;
      const scale: f64 = gamma == 0 ? factor : factor * <f64>load<f32>(gamma + (at >> 1));
      store<f32>(dInput, <f32>(scale * (<f64>load<f32>(dOutput) - mean)));
      values += 4;
      dOutput += 4;
      dInput += 4;
    }
  }
}

/** [channels] float64 to float32. */
export function roundSums(sums: usize, channels: i32, target: usize): void {
  for (let channel = 0; channel < channels; channel++) {
    store<f32>(target, <f32>load<f64>(sums));
    sums += 8;
    target += 4;
  }
}
