/** Which class is taken for which, and the worst mistakes. */
import type { EvaluationData, Mistake, PictureData, RunData } from '../../pages/page-data.ts';
import { type Child, h, table } from '../elements/dom.ts';
import { classOf, counted, percent } from '../elements/words.ts';

export function evaluationOf({ evaluation }: RunData): Child[] {
  if ('missing' in evaluation) return [h('p', {}, evaluation.missing)];
  const { step, count, accuracy, mistakes, classNames } = evaluation;
  return [
    h(
      'p',
      {},
      `The model of step ${counted(step)} is right in ${percent(accuracy)} of ${counted(count)} test examples.`,
    ),
    confusionOf(evaluation),
    h('h3', {}, mistakes.length === 0 ? 'No mistakes' : 'Worst mistakes'),
    mistakes.length === 0
      ? h('p', {}, 'Every test example is classified right.')
      : h(
          'ol',
          { class: 'mistakes' },
          ...mistakes.map((mistake) => h('li', {}, ...mistakeOf(mistake, classNames))),
        ),
  ];
}

function confusionOf({ confusion, pairs, classNames }: EvaluationData): HTMLElement {
  const named = (label: number) => classOf(classNames, label);
  if (confusion === undefined)
    return table({
      caption: 'The most frequent mistakes',
      head: ['Label', 'Taken for', 'Times'],
      rows: pairs.map(({ label, predicted, count }) => [named(label), named(predicted), counted(count)]),
    });
  const most = Math.max(1, ...confusion.flatMap((row, label) => row.filter((_, other) => other !== label)));
  const element = table({
    caption: 'Confusion matrix: a row for each label, a column for what the model says',
    head: ['Label', ...confusion.map((_, predicted) => named(predicted)), 'Recall'],
    rows: confusion.map((row, label) => [
      named(label),
      ...row.map((times, predicted) => cell(times, label === predicted, most)),
      percent(row[label] / Math.max(1, sumOf(row))),
    ]),
  });
  element.classList.add('confusion');
  element.classList.toggle('named', classNames !== undefined);
  return element;
}

function cell(times: number, isRight: boolean, most: number): HTMLElement {
  const level = isRight || times === 0 ? 0 : Math.max(1, Math.ceil((5 * times) / most));
  return h('span', { class: isRight ? 'right' : times === 0 ? 'zero' : `wrong-${level}` }, counted(times));
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function mistakeOf(
  { index, label, predicted, probability, probabilityOfLabel, picture }: Mistake,
  classNames: EvaluationData['classNames'],
): Child[] {
  const said = `${classOf(classNames, label)} taken for ${classOf(classNames, predicted)}`;
  return [
    picture && pictureOf(picture, `Test example ${index}, ${said}`),
    h('span', {}, said),
    h(
      'span',
      { class: 'soft' },
      `${percent(probability)} sure, the label ${percent(probabilityOfLabel)}; test ${counted(index)}`,
    ),
  ];
}

export const pictureOf = ({ png, width, height }: PictureData, alt: string): HTMLImageElement =>
  h('img', { src: png, width, height, alt, class: 'pixels' });
