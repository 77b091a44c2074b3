/** The newest checkpoint's weights by layer, and the first convolution's filters. */
import type { ModelData, RunData } from '../../pages/page-data.ts';
import { type Child, h, table } from '../elements/dom.ts';
import { counted, short } from '../elements/words.ts';
import { pictureOf } from './evaluation.ts';

export function modelOf({ model }: RunData): Child[] {
  if ('missing' in model) return [h('p', {}, model.missing)];
  const { filters, weights, stateNames } = model;
  const most = Math.max(...weights.map(({ norm }) => norm), Number.MIN_VALUE);
  return [
    h('p', {}, `${counted(model.parameterCount)} parameters after step ${counted(model.step)}.`),
    table({
      caption: 'Norms by weight',
      head: ['Weight', 'Shape', 'Norm', 'Mean', 'Deviation', ...stateNames.map((name) => `Norm of ${name}`)],
      rows: weights.map(({ name, shape, norm, mean, deviation, stateNorms }) => [
        name,
        shape.join(' × '),
        [meter(norm, most, `${name}: norm`), short(norm)],
        short(mean),
        short(deviation),
        ...stateNorms.map((stateNorm) => short(stateNorm)),
      ]),
    }),
    ...(filters === undefined ? [] : filtersOf(filters)),
  ];
}

const meter = (value: number, most: number, label: string): HTMLElement =>
  h('meter', { min: 0, max: most, value, 'aria-label': label });

function filtersOf({ layer, count, shape, range, ...picture }: NonNullable<ModelData['filters']>): Child[] {
  const [height, width, channels] = shape;
  const of = channels === 1 || channels === 3 ? '' : ', the mean over their channels';
  const label = `${count} filters of ${layer}, ${height} by ${width}${of}`;
  const element = pictureOf(picture, label);
  element.classList.add('filters');
  return [
    h('h3', {}, 'Filters of the first convolution'),
    h(
      'figure',
      {},
      element,
      h('figcaption', { class: 'soft' }, `${label}; black is ${short(range[0])}, white ${short(range[1])}`),
    ),
  ];
}
