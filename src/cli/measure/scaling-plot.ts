/** The plot of a scaling. What draws it few users need: optional packages. */
import { inputError } from '../../errors.ts';
import type { ScalingRow, Spread } from './scaling-report.ts';

/**
 * Speedup and efficiency by workers: each engine's median with its spread, the ideal line, and the machine's own matrix
 * product.
 * @returns an SVG file's text
 * @throws GradpoolError where the packages that draw it are not there
 */
export async function scalingPlot(rows: readonly ScalingRow[], title: string): Promise<string> {
  const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]).catch(
    (cause: unknown) => {
      throw inputError(
        'Expected the packages @observablehq/plot and linkedom to draw the plot, got none; npm install @observablehq/plot linkedom',
        cause,
      );
    },
  );
  const { document } = parseHTML('<!doctype html><body></body>');
  const panel = (y: string, points: readonly Point[]) => draw(Plot, document, y, points);
  const speedups = panel(
    'speedup',
    rows.flatMap((row) => pointsOf(row, 1)),
  );
  const efficiencies = panel(
    'efficiency',
    rows.flatMap((row) => pointsOf(row, row.ideal)),
  );
  efficiencies.setAttribute('y', `${height}`);
  for (const svg of [speedups, efficiencies]) svg.setAttribute('overflow', 'visible');
  const heading = document.createElement('text');
  heading.textContent = title;
  for (const [name, value] of Object.entries({
    x: '40',
    y: '20',
    'font-family': 'system-ui',
    'font-size': '14',
  }))
    heading.setAttribute(name, value);
  const size = `width="${width}" height="${2 * height + top}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} style="background: white">
${heading.outerHTML}
<g transform="translate(0 ${top})">${speedups.outerHTML}${efficiencies.outerHTML}</g>
</svg>
`;
}

const [width, height, top] = [640, 360, 30];

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
