/** A chart of one measure by step, of all runs, with a reading of its values for keyboard and screen reader. */
import uPlot from 'uplot';
import { h, table } from '../elements/dom.ts';
import { capital, counted, short } from '../elements/words.ts';
import { aligned, type OwnCurve } from './chart-data.ts';
import { colourOf, dashOf, gridColour, inkColour } from './colours.ts';
import { steer } from './steering.ts';

export interface Chart {
  readonly element: HTMLElement;
  update(curves: readonly OwnCurve[]): void;
  /** Shows a run's curves, or not. */
  show(run: number, isShown: boolean): void;
  /** Draws again, in the colours of now. */
  repaint(): void;
}

const height = 240;

export function createChart(name: string, shown: (run: number) => boolean): Chart {
  const title = titleOf(name);
  const canvas = h('div', {
    class: 'plot',
    role: 'application',
    tabindex: 0,
    'aria-label': `${title} by step. Arrow keys read values, plus and minus zoom, Escape shows all.`,
  });
  const reading = h('p', { class: 'reading', role: 'status' });
  const logarithmic = h('input', { type: 'checkbox' });
  const values = h('div');
  const element = h(
    'figure',
    { class: 'chart' },
    h('figcaption', {}, h('h3', {}, title), h('label', {}, logarithmic, ' logarithmic')),
    canvas,
    reading,
    h('details', {}, h('summary', {}, `${title} in numbers`), values),
  );
  let curves: readonly OwnCurve[] = [];
  let plot: uPlot | undefined;
  const draw = () => {
    plot?.destroy();
    const options = optionsOf(curves, shown, logarithmic.checked, canvas.clientWidth || 400, (at) => {
      reading.textContent = readingOf(curves, shown, plot, at);
    });
    plot = new uPlot(options, aligned(curves), canvas);
  };
  logarithmic.addEventListener('change', draw);
  steer(canvas, () => plot);
  new ResizeObserver(() => plot?.setSize({ width: canvas.clientWidth, height })).observe(canvas);
  return {
    element,
    update(now) {
      const isSame = now.length === curves.length && now.every((curve, at) => isOf(curve, curves[at]));
      curves = now;
      if (plot === undefined || !isSame) draw();
      else plot.setData(aligned(curves));
      values.replaceChildren(summaryOf(title, curves));
    },
    show(run, isShown) {
      curves.forEach((curve, at) => {
        if (curve.run === run) plot?.setSeries(at + 1, { show: isShown });
      });
    },
    repaint: draw,
  };
}

const isOf = (curve: OwnCurve, other: OwnCurve): boolean =>
  curve.run === other.run && curve.part === other.part;

const units: Readonly<Record<string, string>> = { throughput: 'Examples a second' };

const titleOf = (name: string): string => units[name] ?? capital(name);

function optionsOf(
  curves: readonly OwnCurve[],
  shown: (run: number) => boolean,
  logarithmic: boolean,
  width: number,
  onCursor: (at: number | null | undefined) => void,
): uPlot.Options {
  const axis = {
    stroke: inkColour,
    grid: { stroke: gridColour, width: 1 },
    ticks: { stroke: gridColour, width: 1 },
  };
  return {
    ...{ width, height },
    legend: { show: false },
    cursor: { sync: { key: 'steps' }, focus: { prox: 24 }, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: logarithmic ? { distr: 3 } : {} },
    axes: [
      { ...axis, label: 'step', labelSize: 20, labelFont: font, font, size: 36 },
      {
        ...axis,
        size: 64,
        font,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : short(tick))),
      },
    ],
    series: [
      {},
      ...curves.map((curve): uPlot.Series => {
        const isTest = curve.part === 'test';
        return {
          label: `${curve.name} ${curve.part}`,
          show: shown(curve.run),
          stroke: () => colourOf(curve.run),
          width: isTest ? 2 : 1,
          dash: dashOf(curve.run),
          // What lies between the steps of a curve is another curve's, no gap.
          spanGaps: false,
          points: isTest ? { show: curve.x.length < 100, size: 6 } : { show: curve.x.length === 1 },
        };
      }),
    ],
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx)] },
  };
}

const font = '12px system-ui, sans-serif';

/** More do not fit below a chart. */
const mostRead = 4;

/** The values at a step, of each curve the nearest before it. */
function readingOf(
  curves: readonly OwnCurve[],
  shown: (run: number) => boolean,
  plot: uPlot | undefined,
  at: number | null | undefined,
): string {
  if (plot === undefined || at === null || at === undefined) return '';
  const step = plot.data[0][at];
  const read = curves
    .filter(({ run }) => shown(run))
    .flatMap(({ name, part, x, y }) => {
      const index = x.findLastIndex((own) => own <= step);
      if (index < 0) return [];
      return [`${several(curves) ? `${name} ` : ''}${part} ${short(y[index])}`];
    });
  const left = read.length - mostRead;
  return `Step ${counted(step)}: ${read.slice(0, mostRead).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}

const several = (curves: readonly OwnCurve[]): boolean => curves.some(({ run }) => run !== curves[0].run);

function summaryOf(title: string, curves: readonly OwnCurve[]): HTMLElement {
  return table({
    caption: `${title}: each curve's first, last, least and greatest value`,
    hidesCaption: true,
    head: ['Run', 'Of', 'Values', 'First', 'Last', 'Least (step)', 'Greatest (step)'],
    rows: curves.map(({ name, part, count, x, y }) => {
      const finite = y.flatMap((value, index) => (value === null ? [] : [{ value, step: x[index] }]));
      const least = finite.reduce((a, b) => (b.value < a.value ? b : a), finite[0]);
      const greatest = finite.reduce((a, b) => (b.value > a.value ? b : a), finite[0]);
      const said = (point?: { value: number; step: number }) =>
        point === undefined ? 'none' : `${short(point.value)} (${counted(point.step)})`;
      return [name, part, counted(count), short(y[0]), short(y.at(-1)), said(least), said(greatest)];
    }),
  });
}
