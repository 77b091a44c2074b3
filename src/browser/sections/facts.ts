/** With what the runs were made, and how to make them again. */
import type { RunData } from '../../pages/page-data.ts';
import { type Child, h, table } from '../elements/dom.ts';

/** A row a setting, a column a run; where they differ, the row is marked. */
export function configurationOf(runs: readonly RunData[]): Child[] {
  const names = [...new Set(runs.flatMap(({ config }) => Object.keys(config)))];
  const differs = (name: string) => runs.some(({ config }) => config[name] !== runs[0].config[name]);
  const rows = names.map((name) => [
    differs(name) ? h('mark', {}, name) : name,
    ...runs.map(({ config }) => h('span', { class: 'value' }, config[name] ?? '')),
  ]);
  return [
    ...(runs.length > 1 ? [h('p', {}, 'Settings that differ are marked.')] : []),
    table({
      caption: 'Everything that the run recorded',
      hidesCaption: true,
      head: ['Setting', ...runs.map(({ name }) => name)],
      rows: rows.sort(([a], [b]) => Number(b instanceof Node) - Number(a instanceof Node)),
    }),
  ];
}

export function reproductionOf({ reproduction }: RunData): Child[] {
  const { command, facts } = reproduction;
  return [
    command === undefined
      ? h('p', {}, 'A program began this run: what it trained is known by the hashes below.')
      : h('pre', { tabindex: 0, role: 'region', 'aria-label': 'Command' }, command),
    h(
      'p',
      {},
      'With the same facts it comes to the same parameters, bit for bit, whatever the number of workers.',
    ),
    h(
      'dl',
      {},
      ...Object.entries(facts).map(([name, value]) =>
        h('div', {}, h('dt', {}, name), h('dd', {}, h('code', {}, value))),
      ),
    ),
  ];
}
