import { inputError } from '../../errors.ts';
import { sizeOf } from '../../shape.ts';
import type { Network, Parameter } from '../network.ts';
import { describe, type LayerConfig, sameShape, show, unsupportedLayer } from './config/layer-config.ts';
import type { AddParameter, WeightMarks } from './layers/reader.ts';

/** The parameters' bytes fit into 31 bits. */
const mostParameters = 2 ** 29 - 1;

type Places = Pick<Network, 'parameters' | 'parameterCount' | 'stateCount'>;

/** The weights of a network that is being read. They get their places when all are known. */
export function parameterList() {
  const all = new Map<LayerConfig, Map<string, Unplaced>>();
  let count = 0;

  /** Adds to the weights of a layer. */
  const of = (layer: LayerConfig): AddParameter => {
    const own = all.get(layer) ?? new Map<string, Unplaced>();
    all.set(layer, own);
    return (weight, shape, initializer, marks = {}) => {
      const known = own.get(weight);
      if (known !== undefined) return again(layer, known, shape, marks);
      const name = `${layer.name}/${weight}`;
      const size = sizeOf(shape);
      count += size;
      if (count > mostParameters)
        throw inputError(
          `Expected a model of at most ${mostParameters} parameters, got more at ${show(name)}, [${shape.join(', ')}]`,
        );
      const made = { name, shape, offset: 0, size, initializer, ...marks };
      own.set(weight, made);
      return made;
    };
  };

  /**
   * Puts those that gradients move first, both as the layers follow each other: as `model.getWeights()` has them.
   * @param layers all of the model
   */
  const place = (layers: readonly LayerConfig[], purpose: 'train' | 'infer'): Places => {
    const listed = layers.flatMap((layer) => [...(all.get(layer)?.values() ?? [])]);
    const trained = listed.filter(({ untrained }) => untrained === undefined);
    const state = listed.filter(({ untrained }) => untrained !== undefined);
    checkNames(listed);
    if (purpose === 'train') checkSomeTrain(trained, listed);
    const parameters = [...trained, ...state];
    let offset = 0;
    for (const parameter of parameters) {
      parameter.offset = offset;
      offset += parameter.size;
    }
    return { parameters, parameterCount: offset, stateCount: sumOfSizes(state) };
  };
  return { of, place };
}

type Unplaced = { -readonly [Field in keyof Parameter]: Parameter[Field] };

/** A weight of a layer that is called again: tfjs adds what a regularizer adds for each call. */
function again(
  layer: LayerConfig,
  known: Unplaced,
  shape: readonly number[],
  { penalty }: WeightMarks,
): Parameter {
  if (known.untrained === 'average')
    throw unsupportedLayer(layer, 'it is called more than once, and moves its averages each time');
  if (!sameShape(known.shape, shape))
    throw inputError(
      `Expected layer ${describe(layer)} to read tensors of one shape, got a second one for which ${show(known.name)} would be [${shape.join(', ')}] instead of [${known.shape.join(', ')}]`,
    );
  if (penalty !== undefined)
    known.penalty = {
      l1: (known.penalty?.l1 ?? 0) + penalty.l1,
      l2: (known.penalty?.l2 ?? 0) + penalty.l2,
    };
  return known;
}

function checkNames(parameters: readonly Parameter[]): void {
  const names = new Set<string>();
  for (const { name } of parameters) {
    if (names.has(name))
      throw inputError(
        `Expected every weight of the model to have a name of its own, got ${show(name)} twice; give the layers of nested models other names`,
      );
    names.add(name);
  }
}

function checkSomeTrain(trained: readonly Parameter[], listed: readonly Parameter[]): void {
  if (trained.length > 0) return;
  throw inputError(
    listed.length === 0
      ? 'The model has no layer with parameters: there is nothing to train'
      : 'All layers of the model with parameters are frozen (`trainable` is false): there is nothing to train',
  );
}

const sumOfSizes = (parameters: readonly Parameter[]): number =>
  parameters.reduce((sum, { size }) => sum + size, 0);
