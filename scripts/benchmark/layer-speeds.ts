import { createMatmulMeter } from '../../src/benchmark/matmul-speed.ts';
import { createMemoryMeter } from '../../src/benchmark/memory-speed.ts';
import { median } from '../../src/benchmark/statistics.ts';
import type { TrainOptions } from '../../src/config/train-options.ts';
import { type LayerCase, layerCases, measuredLayer } from './layer-cases.ts';
import { profiledTraining, slowestFirst } from './profiled.ts';

/** One run of a layer: microseconds an example of each pass, and the machine's speeds just before. */
interface LayerRun {
  readonly passes: ReadonlyMap<string, number>;
  readonly gflops: number;
  readonly gigabytes: number;
}

export type LayerRuns = ReadonlyMap<LayerCase, readonly LayerRun[]>;

const batchSize = 32;
const passOf = new RegExp(`^${measuredLayer} (.+)$`);

/** Every layer once a round, each round in another order: what warms up or slows down meets all of them. */
export async function measureLayers(
  options: Pick<TrainOptions, 'simd' | 'steps'>,
  rounds: number,
  onRun: (done: number, of: number) => void,
): Promise<LayerRuns> {
  const cases = layerCases();
  const [matmul, memory] = [await createMatmulMeter(options.simd), createMemoryMeter()];
  const runs = new Map<LayerCase, LayerRun[]>(cases.map((one) => [one, []]));
  let done = 0;
  for (let round = 0; round < rounds; round++)
    for (const one of shuffled(cases)) {
      const [gflops, gigabytes] = [matmul(), await memory()];
      const profiled = await profiledTraining(one.model, one.train, { ...options, batchSize });
      const passes = new Map(
        slowestFirst(profiled, passOf).map((name) => [name.replace(passOf, '$1'), profiled.timeOf(name)]),
      );
      runs.get(one)?.push({ passes, gflops, gigabytes });
      onRun(++done, rounds * cases.length);
    }
  return runs;
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/**
 * A row for each layer and pass: nanoseconds for each value that the layer reads or writes (least to most), the bytes of
 * these a second, and that beside the memory's speed before the same run. Back, a layer reads and writes gradients
 * besides what it has kept, so twice the bytes.
 */
export const layerRows = (runs: LayerRuns): Record<string, object> =>
  Object.fromEntries(
    [...runs].flatMap(([one, ofCase]) =>
      ['forward', 'backward', 'weight gradient and update'].flatMap((pass) => {
        const times = ofCase.flatMap(({ passes }) => passes.get(pass) ?? []);
        return times.length === 0 ? [] : [[`${one.name}, ${pass}`, rowOf(one, pass, times, ofCase)]];
      }),
    ),
  );

function rowOf({ values }: LayerCase, pass: string, times: readonly number[], runs: readonly LayerRun[]) {
  const each = times.map((time) => (time * 1000) / values);
  const bytes = values * 4 * (pass === 'backward' ? 2 : 1);
  const shares = runs.map(({ gigabytes }, index) => bytes / times[index] / 1000 / gigabytes);
  return {
    'us an example': median(times).toFixed(1),
    'ns a value': `${median(each).toFixed(2)} (${Math.min(...each).toFixed(2)} to ${Math.max(...each).toFixed(2)})`,
    'GB/s': (bytes / median(times) / 1000).toFixed(1),
    'of the memory': median(shares).toFixed(2),
  };
}
