/** The pad: what is drawn is seen by the model at each stroke, as it sees its images. */
import { type Remote, wrap } from 'comlink';
import { h, section } from '../elements/dom.ts';
import { classOf, counted } from '../elements/words.ts';
import type { PredictorApi, ServedModel } from '../predictor/api.ts';
import { digitOf } from './digit.ts';
import { createSheet } from './sheet.ts';

export interface Pad {
  readonly element: HTMLElement;
  /** Goes on with another model. */
  load(model: ServedModel, parameters: Float32Array): Promise<void>;
}

/** Classes that are shown; of more, the most probable ones. */
const mostClasses = 10;

/** @param subject what is drawn: `a digit` */
export function createPad(subject: string): Pad {
  const invitation = `Draw ${subject}.`;
  const predictor: Remote<PredictorApi> = wrap(new Worker('predictor.js'));
  const seen = h('canvas', { class: 'seen', role: 'img', 'aria-label': 'What the model sees' });
  const answer = h('p', { class: 'answer', role: 'status' }, invitation);
  const classes = h('ol', { class: 'classes', 'aria-label': 'Probabilities' });
  const about = h('p', { class: 'soft' });
  let input: readonly number[] = [28, 28, 1];
  let names: ServedModel['classNames'];
  let isBusy = false;
  let isStale = false;
  const classify = async () => {
    isStale = isBusy;
    if (isBusy) return;
    isBusy = true;
    answer.toggleAttribute('data-busy', true);
    const strokes = sheet.strokes();
    const image = digitOf(strokes, input[0], input[1]);
    show(seen, image, input[0], input[1]);
    const probabilities =
      strokes.length === 0 ? undefined : await predictor.predict(inChannels(image, input[2] ?? 1));
    if (probabilities === undefined) {
      answer.textContent = invitation;
      classes.replaceChildren();
    } else showAnswer(answer, classes, probabilities, names);
    isBusy = false;
    if (isStale) await classify();
    else answer.toggleAttribute('data-busy', false);
  };
  const sheet = createSheet(() => void classify());
  const clear = h('button', { type: 'button' }, 'Clear');
  const undo = h('button', { type: 'button' }, 'Undo');
  clear.addEventListener('click', sheet.clear);
  undo.addEventListener('click', sheet.undo);
  return {
    element: section(
      'pad',
      `Draw ${subject}`,
      h(
        'div',
        { class: 'pad' },
        h('div', {}, sheet.element, h('p', { class: 'buttons' }, clear, undo)),
        h('figure', {}, seen, h('figcaption', { class: 'soft' }, 'What the model sees')),
        h('div', { class: 'said' }, answer, classes, about),
      ),
    ),
    async load(model, parameters) {
      input = model.network.input;
      names = model.classNames;
      const { step, lacks } = await predictor.load(model, parameters);
      about.textContent = `The model of step ${counted(step)}, in this page. ${lacks ?? ''}`;
      await classify();
    },
  };
}

/** Colours of a drawing are all alike. */
const inChannels = (image: Uint8Array<ArrayBuffer>, channels: number): Uint8Array<ArrayBuffer> =>
  channels === 1
    ? image
    : Uint8Array.from({ length: image.length * channels }, (_, at) => image[Math.floor(at / channels)]);

/** As MNIST has it: ink is white. */
function show(canvas: HTMLCanvasElement, image: Uint8Array, height: number, width: number): void {
  Object.assign(canvas, { width, height });
  const pixels = new ImageData(width, height);
  image.forEach((value, at) => {
    pixels.data.set([value, value, value, 255], at * 4);
  });
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
}

const tenths = (share: number): string => `${(100 * share).toFixed(1)} %`;

function showAnswer(
  answer: HTMLElement,
  list: HTMLElement,
  probabilities: Float32Array,
  names: ServedModel['classNames'],
): void {
  const all = Array.from(probabilities, (probability, label) => ({
    ...{ label, name: classOf(names, label), probability },
  }));
  const best = all.reduce((a, b) => (b.probability > a.probability ? b : a));
  answer.textContent = `${best.name} (${tenths(best.probability)})`;
  const shown =
    all.length <= mostClasses ? all : all.sort((a, b) => b.probability - a.probability).slice(0, mostClasses);
  list.replaceChildren(
    ...shown.map(({ label, name, probability }) =>
      h(
        'li',
        { class: label === best.label ? 'best' : undefined },
        h('span', {}, name),
        h('meter', { min: 0, max: 1, value: probability, 'aria-label': `Probability of ${name}` }),
        h('span', {}, tenths(probability)),
      ),
    ),
  );
}
