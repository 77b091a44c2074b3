/** The plot of a scaling. */
import { drawing, height, loadPlot, width } from './drawing.ts';
import type { ScalingRow, Spread } from './scaling-report.ts';

/**
 * Speedup and efficiency by workers: each engine's median with its spread, the ideal line, and the machine's own matrix
 * product.
 * @returns an SVG file's text
 * @throws GradpoolError where the packages that draw it are not there
 */
export async function scalingPlot(rows: readonly ScalingRow[], title: string): Promise<string> {
  const { Plot, document } = await loadPlot();
  const panel = (y: string, points: readonly Point[]) => draw(Plot, document, y, points);
  const speedups = panel(
    'speedup',
    rows.flatMap((row) => pointsOf(row, 1)),
  );
  const efficiencies = panel(
    'efficiency',
    rows.flatMap((row) => pointsOf(row, row.ideal)),
  );
  return drawing(document, title, [speedups, efficiencies]);
}

interface Point extends Spread {
  readonly workers: number;
  readonly of: string;
}

/** @param share what speedups are divided by */
const pointsOf = ({ engine, workers, ideal, speedup, matmul }: ScalingRow, share: number): Point[] => {
  const point = (of: string, { median, least, most }: Spread): Point => ({
    ...{ workers, of, median: median / share, least: least / share, most: most / share },
  });
  return [
    point(engine, speedup),
    point('matrix product', matmul),
    point('ideal', { median: ideal, least: ideal, most: ideal }),
  ];
};

function draw(
  Plot: typeof import('@observablehq/plot'),
  document: Document,
  y: string,
  points: readonly Point[],
): Element {
  const isMachine = ({ of }: Point) => of === 'ideal' || of === 'matrix product';
  const engines = points.filter((point) => !isMachine(point));
  const lines = { x: 'workers', y: 'median', stroke: 'of' } as const;
  return Plot.plot({
    ...{ document, width, height, marginRight: 120 },
    x: { label: 'workers', ticks: [...new Set(points.map(({ workers }) => workers))], tickFormat: 'd' },
    y: { label: y, grid: true, zero: true },
    color: { legend: false },
    marks: [
      Plot.ruleY([0]),
      Plot.line(points.filter(isMachine), { ...lines, strokeDasharray: '4 4' }),
      Plot.line(engines, { ...lines, strokeWidth: 2 }),
      Plot.ruleX(engines, { x: 'workers', y1: 'least', y2: 'most', stroke: 'of' }),
      Plot.dot(engines, { x: 'workers', y: 'median', fill: 'of' }),
      Plot.text(
        points,
        Plot.selectLast({ x: 'workers', y: 'median', z: 'of', text: 'of', textAnchor: 'start', dx: 8 }),
      ),
    ],
  });
}
