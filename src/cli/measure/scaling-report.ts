/** A scaling as rows, text, CSV and plot. */
import { availableParallelism } from 'node:os';
import type { Scaling } from '../../benchmark/scaling.ts';
import { median } from '../../benchmark/statistics.ts';
import { aligned } from '../print/table.ts';

/** Median, least and most of the rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface ScalingRow {
  readonly engine: string;
  readonly workers: number;
  readonly imagesPerSecond: Spread;
  /** Round by round, to the engine's own first row. */
  readonly speedup: Spread;
  /** What so many workers would give on as many cores. */
  readonly ideal: number;
  /** What as many threads, but no more than there are cores, give the machine's own matrix product in the same rounds. */
  readonly matmul: Spread;
  /** The speedup's median a worker, and a core that has one. */
  readonly efficiency: number;
  readonly efficiencyOfCores: number;
}

export function scalingRows({ measured, matmul }: Scaling): ScalingRow[] {
  const cores = availableParallelism();
  const busy = (workers: number) => Math.min(workers, cores);
  return measured.map(({ engine, workers, imagesPerSecond }) => {
    const first = measured.find((one) => one.engine === engine) ?? measured[0];
    const speedup = spreadOf(imagesPerSecond.map((rate, round) => rate / first.imagesPerSecond[round]));
    const own = matmul.find((one) => one.workers === workers)?.gflops ?? [];
    const base = matmul.find((one) => one.workers === first.workers)?.gflops ?? [];
    return {
      ...{ engine, workers, imagesPerSecond: spreadOf(imagesPerSecond), speedup },
      ideal: workers / first.workers,
      matmul: spreadOf(own.map((gflops, round) => gflops / base[round])),
      efficiency: (speedup.median * first.workers) / workers,
      efficiencyOfCores: (speedup.median * busy(first.workers)) / busy(workers),
    };
  });
}

const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
});

/** A line for each row, medians and (least to most). */
export function scalingTable(rows: readonly ScalingRow[]): string[] {
  const header = [
    'engine',
    'workers',
    'images/s',
    'speedup',
    'ideal',
    'matrix product',
    'efficiency',
    'a core',
  ];
  const shown = ({ median: middle, least, most }: Spread, digits: number) =>
    `${middle.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
  const cells = rows.map((row) => [
    ...[row.engine, `${row.workers}`, shown(row.imagesPerSecond, 0), shown(row.speedup, 2), `${row.ideal}`],
    ...[shown(row.matmul, 2), row.efficiency.toFixed(2), row.efficiencyOfCores.toFixed(2)],
  ]);
  return aligned([header, ...cells], 1);
}

/** A line for each round. */
export function scalingCsv({ measured, matmul }: Scaling): string {
  const lines = measured.flatMap(({ engine, workers, imagesPerSecond }) => {
    const gflops = matmul.find((one) => one.workers === workers)?.gflops ?? [];
    return imagesPerSecond.map((rate, round) => [engine, workers, round + 1, rate, gflops[round]].join(','));
  });
  return `${['engine,workers,round,images_per_second,matmul_gflops', ...lines].join('\n')}\n`;
}
