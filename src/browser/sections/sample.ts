/** What a GAN's generator makes. */
import type { RunData } from '../../pages/page-data.ts';
import { type Child, h, section } from '../elements/dom.ts';
import { counted } from '../elements/words.ts';

/** A section of its own; nothing for what has no generator. */
export function sampleOf({ sample }: RunData): Child[] {
  if (sample === undefined) return [];
  const label = `Examples of the same noise, made after step ${counted(sample.step)}`;
  const figure = h(
    'figure',
    {},
    h('img', { src: sample.png, alt: label, class: 'pixels sample' }),
    h('figcaption', { class: 'soft' }, label),
  );
  return [section('sample', 'Generated examples', h('div', {}, figure))];
}
