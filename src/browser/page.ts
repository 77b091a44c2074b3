/** The page of one run or several: a report, which holds its data, or a live one, which asks the server for them. */
import type { PageData, RunData } from '../pages/page-data.ts';
import { createCharts } from './charts/charts.ts';
import { type Child, flat, h, section } from './elements/dom.ts';
import { counted } from './elements/words.ts';
import { watchLive } from './live.ts';
import { evaluationOf } from './sections/evaluation.ts';
import { configurationOf, reproductionOf } from './sections/facts.ts';
import { modelOf } from './sections/model.ts';
import { sampleOf } from './sections/sample.ts';
import { timelineOf } from './sections/timeline.ts';

const main = document.querySelector('main');
const text = document.getElementById('data')?.textContent;

if (main !== null) {
  const page = createPage(main);
  if (text === undefined || text === null) watchLive(page);
  else {
    page.update(JSON.parse(text));
    // After the next picture: uPlot draws before it.
    requestAnimationFrame(() => setTimeout(() => performance.mark('drawn')));
  }
}

/** A part of the page: drawn anew where what it is of has changed. */
interface Part {
  of(data: PageData): unknown;
  draw(data: PageData): void;
}

function createPage(main: HTMLElement) {
  const charts = createCharts();
  const pad = h('div');
  const sample = h('div');
  const choice = createChoice(() => latest !== undefined && update(latest));
  const header = h('header');
  const configuration = h('div');
  const parts: Part[] = [
    { of: ({ runs }) => runs.map(headed), draw: (data) => header.replaceChildren(...flat(headOf(data))) },
    { of: ({ runs }) => runs.map(({ name }) => name), draw: ({ runs }) => choice.update(runs) },
  ];
  const chosen = ({ runs }: PageData) => runs[choice.run()] ?? runs[0];
  parts.push({
    of: (data) => [chosen(data).name, chosen(data).sample],
    draw: (data) => sample.replaceChildren(...flat(sampleOf(chosen(data)))),
  });
  const ofRun = (
    id: string,
    title: string,
    of: (run: RunData) => unknown,
    drawn: (run: RunData) => Child[],
  ) => {
    const body = h('div');
    parts.push({
      of: (data) => [chosen(data).name, of(chosen(data))],
      draw: (data) => body.replaceChildren(h('div', {}, drawn(chosen(data)))),
    });
    return section(id, title, body);
  };
  main.replaceChildren(
    ...[header, pad, charts.element, choice.element, sample],
    ofRun('workers', 'Workers', ({ timeline }) => timeline, timelineOf),
    ofRun('test-set', 'Test set', ({ evaluation }) => evaluation, evaluationOf),
    ofRun('model', 'Model', ({ model }) => model, modelOf),
    ofRun('reproduction', 'How to make it again', ({ reproduction }) => reproduction, reproductionOf),
    section('configuration', 'Configuration', configuration),
  );
  parts.push({
    of: ({ runs }) => runs.map(({ config }) => config),
    draw: ({ runs }) => configuration.replaceChildren(h('div', {}, configurationOf(runs))),
  });
  const before: string[] = [];
  let latest: PageData | undefined;
  function update(data: PageData): void {
    latest = data;
    document.title = `${data.runs.map(({ name }) => name).join(', ')} · gradpool`;
    charts.update(data.runs);
    parts.forEach(({ of, draw }, index) => {
      const now = JSON.stringify(of(data));
      if (now !== before[index]) draw(data);
      before[index] = now;
    });
  }
  return { update, addPad: (element: HTMLElement) => pad.replaceChildren(element) };
}

function headed({ name, progress, isTraining, notes }: RunData) {
  return { name, progress, isTraining, notes };
}

/** Which of several runs the sections below are about. */
function createChoice(onChange: () => void) {
  const select = h('select', { id: 'run' });
  const element = h('p', { class: 'choice' }, h('label', { for: 'run' }, 'What follows is about '), select);
  select.addEventListener('change', onChange);
  return {
    element,
    run: () => Math.max(0, select.selectedIndex),
    update(runs: readonly RunData[]) {
      element.hidden = runs.length < 2;
      select.replaceChildren(...runs.map(({ name }) => h('option', {}, name)));
    },
  };
}

function headOf({ version, runs }: PageData): Child[] {
  const [only] = runs;
  const title = runs.length === 1 ? only.name : `${runs.length} runs`;
  return [
    h('h1', {}, title),
    h('p', { class: 'soft' }, `gradpool ${version}`, runs.length === 1 ? `, ${stateOf(only)}` : ''),
    runs.flatMap(({ name, notes }) =>
      notes.map((note) => h('p', { class: 'note' }, runs.length === 1 ? note : `${name}: ${note}`)),
    ),
  ];
}

function stateOf({ progress, isTraining }: RunData): string {
  const { step, steps } = progress;
  const of = steps === undefined || steps <= step ? '' : ` of ${counted(steps)}`;
  return `step ${counted(step)}${of}${isTraining ? ', training now' : ''}`;
}
