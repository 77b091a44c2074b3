import { drawing, height, loadPlot, width } from './drawing.ts';
import type { RangePoint } from './range-test.ts';

/**
 * The losses of a range test over a logarithmic axis of learning rates, with the suggested one.
 * @returns an SVG file's text
 * @throws GradpoolError where the packages that draw it are not there
 */
export async function rangePlot(
  points: readonly RangePoint[],
  suggested: RangePoint | undefined,
  title: string,
): Promise<string> {
  const { Plot, document } = await loadPlot();
  const losses = { x: 'learningRate', stroke: 'currentColor' } as const;
  const mark = suggested === undefined ? [] : [suggested];
  const panel = Plot.plot({
    ...{ document, width, height, marginTop: 30 },
    x: {
      type: 'log',
      label: 'learning rate',
      grid: true,
      tickFormat: (rate: number) => rate.toExponential(0),
    },
    y: { label: 'loss', grid: true, domain: domainOf(points), clamp: true },
    marks: [
      Plot.line(points, { ...losses, y: 'loss', strokeOpacity: 0.3 }),
      Plot.line(points, { ...losses, y: 'smoothed', strokeWidth: 2 }),
      Plot.ruleX(mark, { x: 'learningRate', stroke: 'crimson', strokeDasharray: '4 4' }),
      Plot.dot(mark, { x: 'learningRate', y: 'smoothed', fill: 'crimson' }),
      Plot.text(mark, {
        ...{ x: 'learningRate', frameAnchor: 'top', dy: -12, fill: 'crimson' },
        text: ({ learningRate }: RangePoint) => learningRate.toExponential(2),
      }),
    ],
  });
  return drawing(document, title, [panel]);
}

/** Of the smoothed losses: a single batch that diverges would leave nothing to see of the others. */
function domainOf(points: readonly RangePoint[]): [number, number] {
  const smoothed = points.map((point) => point.smoothed);
  const least = Math.min(...smoothed, ...points.map(({ loss }) => loss));
  const most = Math.max(...smoothed);
  return [least, most > least ? most : least + 1];
}
