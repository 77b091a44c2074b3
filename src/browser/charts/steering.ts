/** A chart by keyboard: what the mouse does with it, arrow keys, plus, minus and Escape do too. */
import type uPlot from 'uplot';

export function steer(element: HTMLElement, plotOf: () => uPlot | undefined): void {
  element.addEventListener('keydown', (event) => {
    const plot = plotOf();
    if (plot === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const done = keys[event.key]?.(plot);
    if (done !== undefined) event.preventDefault();
  });
}

const keys: Readonly<Record<string, (plot: uPlot) => true>> = {
  ArrowRight: (plot) => move(plot, 1),
  ArrowLeft: (plot) => move(plot, -1),
  PageDown: (plot) => move(plot, Math.ceil(visible(plot) / 10)),
  PageUp: (plot) => move(plot, -Math.ceil(visible(plot) / 10)),
  Home: (plot) => moveTo(plot, 0),
  End: (plot) => moveTo(plot, plot.data[0].length - 1),
  '+': (plot) => zoom(plot, 0.5),
  '=': (plot) => zoom(plot, 0.5),
  '-': (plot) => zoom(plot, 2),
  Escape: (plot) => show(plot, 0, plot.data[0].length - 1),
};

const visible = (plot: uPlot): number => {
  const [min, max] = rangeOf(plot);
  return plot.data[0].filter((step) => step >= min && step <= max).length;
};

const rangeOf = ({ scales, data }: uPlot): [number, number] => [
  scales.x.min ?? data[0][0],
  scales.x.max ?? data[0][data[0].length - 1],
];

const move = (plot: uPlot, by: number): true => moveTo(plot, (plot.cursor.idx ?? -1) + by);

function moveTo(plot: uPlot, index: number): true {
  const steps = plot.data[0];
  if (steps.length === 0) return true;
  const at = Math.min(steps.length - 1, Math.max(0, index));
  const [min, max] = rangeOf(plot);
  const step = steps[at];
  if (step < min || step > max) {
    const shift = step < min ? step - min : step - max;
    plot.setScale('x', { min: min + shift, max: max + shift });
  }
  plot.setCursor({ left: plot.valToPos(step, 'x'), top: plot.over.clientHeight / 2 });
  return true;
}

function zoom(plot: uPlot, factor: number): true {
  const [min, max] = rangeOf(plot);
  const steps = plot.data[0];
  const middle = steps[plot.cursor.idx ?? -1] ?? (min + max) / 2;
  const [low, high] = [middle - (middle - min) * factor, middle + (max - middle) * factor];
  plot.setScale('x', { min: Math.max(steps[0], low), max: Math.min(steps[steps.length - 1], high) });
  return true;
}

function show(plot: uPlot, from: number, to: number): true {
  const steps = plot.data[0];
  if (steps.length > 1) plot.setScale('x', { min: steps[from], max: steps[to] });
  return true;
}
