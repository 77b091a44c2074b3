/** What a model says of a test set: which class it takes for which, and its worst mistakes. */
import type { Dataset } from '../data/dataset.ts';
import type { Prediction } from '../protocol/requests.ts';
import { sizeOf } from '../shape.ts';
import type { EvaluationData, Mistake } from './page-data.ts';
import { pictureData, pictureOf, pictureShape } from './pictures.ts';

const mostMistakes = 40;
/** Of a table that can be looked at. */
const mostClasses = 100;
const mostPairs = 20;
/** Of all pictures together, in values: large ones are fewer. */
const mostPictureValues = 2 ** 19;

/** @param classes of the model; 1 where one output says which of two classes */
export function evaluationData(
  step: number,
  examples: Dataset,
  prediction: Prediction,
  classes: number,
): EvaluationData {
  const { labels, count, classNames } = examples;
  const sides = Math.max(2, classes, examples.classes);
  /** By label * sides + predicted: of thousands of classes, few pairs are there. */
  const times = new Map<number, number>();
  let right = 0;
  const wrong: Omit<Mistake, 'picture'>[] = [];
  const probability = probabilitiesOf(prediction, classes);
  for (let index = 0; index < count; index++) {
    const [label, predicted] = [labels[index], prediction.classes[index]];
    const pair = label * sides + predicted;
    times.set(pair, (times.get(pair) ?? 0) + 1);
    if (label === predicted) right++;
    else
      wrong.push({
        ...{ index, label, predicted },
        probabilityOfLabel: rounded(probability(index, label)),
        probability: rounded(probability(index, predicted)),
      });
  }
  wrong.sort((a, b) => a.probabilityOfLabel - b.probabilityOfLabel || a.index - b.index);
  const most = Math.min(mostMistakes, Math.max(4, Math.floor(mostPictureValues / sizeOf(examples.shape))));
  const mistakes = wrong
    .slice(0, most)
    .map((mistake) => ({ ...mistake, ...pictureIn(examples, mistake.index) }));
  return {
    ...{ step, count, accuracy: right / count },
    ...(classNames === undefined ? {} : { classNames }),
    ...(sides <= mostClasses ? { confusion: matrixOf(times, sides) } : {}),
    ...{ pairs: pairsOf(times, sides), mistakes },
  };
}

const matrixOf = (times: ReadonlyMap<number, number>, sides: number): number[][] =>
  Array.from({ length: sides }, (_, label) =>
    Array.from({ length: sides }, (_, predicted) => times.get(label * sides + predicted) ?? 0),
  );

const pairsOf = (times: ReadonlyMap<number, number>, sides: number): EvaluationData['pairs'] =>
  [...times]
    .map(([pair, count]) => ({ label: Math.floor(pair / sides), predicted: pair % sides, count }))
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.count - a.count || a.label - b.label || a.predicted - b.predicted)
    .slice(0, mostPairs);

function probabilitiesOf({ probabilities }: Prediction, classes: number) {
  return (example: number, of: number): number => {
    if (classes > 1) return probabilities[example * classes + of] ?? 0;
    return of === 1 ? probabilities[example] : 1 - probabilities[example];
  };
}

const rounded = (value: number): number => Number(value.toPrecision(4));

function pictureIn({ inputs, shape }: Dataset, index: number): Pick<Mistake, 'picture'> {
  const asPicture = pictureShape(shape);
  if (asPicture === undefined || inputs instanceof Int32Array) return {};
  const size = sizeOf(shape);
  return { picture: pictureData(pictureOf(inputs.slice(index * size, (index + 1) * size), asPicture)) };
}
