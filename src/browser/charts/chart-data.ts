/** The curves of one chart, as uPlot takes them: arrays over steps that all curves share. */
import type { Curve, RunData } from '../../pages/page-data.ts';

/** A curve and whose it is. */
export interface OwnCurve extends Curve {
  /** Number and name of the run. */
  readonly run: number;
  readonly name: string;
}

/** The charts of some runs, in the order in which they are shown. */
export function chartsOf(runs: readonly RunData[]): ReadonlyMap<string, readonly OwnCurve[]> {
  const all = runs.flatMap(({ name, curves }, run) => curves.map((curve) => ({ ...curve, run, name })));
  const grouped = Map.groupBy(all, ({ chart }) => chart);
  return new Map([...grouped].sort(([a], [b]) => placeOf(a) - placeOf(b)));
}

/** Those of metrics stand between. */
const first = ['loss', 'accuracy'];
const last = ['throughput', 'learning rate'];

function placeOf(chart: string): number {
  if (first.includes(chart)) return first.indexOf(chart);
  return last.includes(chart) ? first.length + 1 + last.indexOf(chart) : first.length;
}

/** Steps, then each curve's values: undefined where it has none there, null where it has a gap. */
export function aligned(
  curves: readonly Pick<Curve, 'x' | 'y'>[],
): [number[], ...(number | null | undefined)[][]] {
  const steps = [...new Set(curves.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const places = new Map(steps.map((step, place) => [step, place]));
  const values = curves.map(({ x, y }) => {
    const row = new Array<number | null | undefined>(steps.length).fill(undefined);
    x.forEach((step, index) => {
      row[places.get(step) ?? 0] = y[index];
    });
    return row;
  });
  return [steps, ...values];
}
