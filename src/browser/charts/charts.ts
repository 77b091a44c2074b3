/** All charts, and which runs they show. */
import type { RunData } from '../../pages/page-data.ts';
import { h, section } from '../elements/dom.ts';
import { counted } from '../elements/words.ts';
import { type Chart, createChart } from './chart.ts';
import { chartsOf } from './chart-data.ts';
import { dashOf, hueOf } from './colours.ts';

export interface Charts {
  readonly element: HTMLElement;
  update(runs: readonly RunData[]): void;
}

export function createCharts(): Charts {
  const charts = new Map<string, Chart>();
  const hidden = new Set<number>();
  const legend = h('div', { class: 'legend' });
  const grid = h('div', { class: 'charts' });
  const none = h('p', {}, 'There are no metrics yet.');
  const repaint = () => {
    for (const chart of charts.values()) chart.repaint();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
  const show = (run: number, isShown: boolean) => {
    if (isShown) hidden.delete(run);
    else hidden.add(run);
    for (const chart of charts.values()) chart.show(run, isShown);
  };
  let names = '';
  return {
    element: section('curves', 'Curves', legend, none, grid),
    update(runs) {
      const found = chartsOf(runs);
      none.hidden = found.size > 0;
      for (const [name, curves] of found) {
        const chart = charts.get(name) ?? createChart(name, (run) => !hidden.has(run));
        if (!charts.has(name)) {
          charts.set(name, chart);
          grid.append(chart.element);
        }
        chart.update(curves);
      }
      const now = runs.map(({ name, progress }) => `${name} ${progress.step}`).join('\n');
      if (now !== names) legend.replaceChildren(legendOf(runs, hidden, show));
      names = now;
    },
  };
}

function legendOf(
  runs: readonly RunData[],
  hidden: ReadonlySet<number>,
  show: (run: number, isShown: boolean) => void,
): HTMLElement {
  const keys = h('p', { class: 'soft' }, 'Thin lines: training batches. Thick lines: the test set.');
  if (runs.length === 1) return keys;
  const boxes = runs.map(({ name, progress }, run) => {
    const box = h('input', { type: 'checkbox', checked: !hidden.has(run) });
    box.addEventListener('change', () => show(run, box.checked));
    const swatch = h('span', {
      class: `swatch line-${hueOf(run)} dash-${dashOf(run).length > 0 ? dashOf(run)[0] : 0}`,
    });
    return h('label', {}, box, swatch, `${name} (${counted(progress.step)} steps)`);
  });
  return h('fieldset', {}, h('legend', {}, 'Runs that are shown'), ...boxes, keys);
}
