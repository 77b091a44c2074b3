/** See layer-models.ts. */
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { type LayerCase, reals } from './layer-models.ts';

type Apply = (inputs: SymbolicTensor) => SymbolicTensor;

const one = (layer: ReturnType<typeof layers.dense>, ...inputs: SymbolicTensor[]): SymbolicTensor =>
  layer.apply(inputs.length === 1 ? inputs[0] : inputs) as SymbolicTensor;

const dense = (units: number) => layers.dense({ units, activation: 'tanh' });

function ending(shape: number[], body: Apply): () => LayersModel {
  return () => {
    const inputs = input({ shape });
    const last = body(inputs);
    const flat = last.shape.length > 2 ? (layers.flatten().apply(last) as SymbolicTensor) : last;
    return model({ inputs, outputs: one(layers.dense({ units: 3, activation: 'softmax' }), flat) });
  };
}

const meeting = (['multiply', 'average', 'maximum', 'minimum'] as const).map((kind): [string, LayerCase] => [
  kind,
  {
    model: ending([7], (x) =>
      one(layers[kind]() as never, one(dense(6), x), one(dense(6), x), one(dense(6), one(dense(4), x))),
    ),
    inputs: reals(7),
  },
]);

export const mergingCases: Readonly<Record<string, LayerCase>> = {
  ...Object.fromEntries(meeting),
  'dot of vectors': {
    model: ending([7], (x) =>
      one(
        layers.concatenate() as never,
        one(layers.dot({ axes: 1 }) as never, one(dense(5), x), one(dense(5), x)),
        x,
      ),
    ),
    inputs: reals(7),
  },
  'attention: dot, softmax, dot, concatenate': {
    model: ending([5, 4], (x) => {
      const [query, key] = [one(dense(3), x), one(dense(3), x)];
      const scores = one(layers.dot({ axes: [2, 2] }) as never, query, key);
      const weights = one(layers.activation({ activation: 'softmax' }) as never, scores);
      const context = one(layers.dot({ axes: [2, 1] }) as never, weights, x);
      return one(layers.concatenate() as never, context, query);
    }),
    inputs: reals(5, 4),
  },
  'dot along first axes, and with vectors': {
    model: ending([5, 4], (x) => {
      const product = one(layers.dot({ axes: [1, 1] }) as never, one(dense(3), x), x);
      const vector = one(dense(4), one(layers.flatten() as never, x));
      return one(layers.dot({ axes: [2, 1] }) as never, product, vector);
    }),
    inputs: reals(5, 4),
  },
  'dots of normalized matrices and vectors': {
    model: ending([5, 4], (x) => {
      const scores = one(
        layers.dot({ axes: [2, 2], normalize: true }) as never,
        one(dense(3), x),
        one(dense(3), x),
      );
      const vector = one(dense(5), one(layers.flatten() as never, x));
      return one(layers.dot({ axes: [1, 1], normalize: true }) as never, scores, vector);
    }),
    inputs: reals(5, 4),
  },
  'sums, products and means that are broadcast': {
    model: ending([5, 4], (x) => {
      const [row, column] = [one(dense(4), one(layers.flatten() as never, x)), one(dense(1), x)];
      const product = one(layers.multiply() as never, row, one(dense(4), x), column);
      return one(layers.average() as never, one(layers.add() as never, column, row), product);
    }),
    inputs: reals(5, 4),
  },
};
