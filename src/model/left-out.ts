import { type Layer, type Network, parametersOf } from './network.ts';

/**
 * What training does with a model that TensorFlow.js's own `model.fit` leaves out, though its documentation has it: a
 * line each, for whoever compares.
 */
export function leftOutByTfjs({ layers }: Pick<Network, 'layers'>): string[] {
  const named = (belongs: (layer: Layer) => boolean) => [
    ...new Set(layers.filter(belongs).map(({ name }) => name)),
  ];
  const trains = (layer: Layer) => parametersOf(layer).filter(({ untrained }) => untrained === undefined);
  const constrained = named((layer) => trains(layer).some(({ constraint }) => constraint !== undefined));
  const penalized = named(
    (layer) => 'recurrentKernel' in layer && parametersOf(layer).some(({ penalty }) => penalty !== undefined),
  );
  return [
    ...(constrained.length === 0
      ? []
      : [
          `constraints of ${list(constrained)} are applied after each update, as in Keras; model.fit of TensorFlow.js leaves them out`,
        ]),
    ...(penalized.length === 0
      ? []
      : [
          `regularizers of ${list(penalized)} count in the loss, as in Keras; model.fit of TensorFlow.js leaves out those of recurrent layers`,
        ]),
  ];
}

/** Layers that read a mask and take none, as in TensorFlow.js: a line each. */
export const masksLeftOut = ({ droppedMasks = [] }: Pick<Network, 'droppedMasks'>): string[] =>
  droppedMasks.map(
    ({ at, from }) =>
      `layer ${at} takes no mask, and is given that of ${from}: all times count in it, masked ones too, as in TensorFlow.js; a recurrent layer takes one`,
  );

const list = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');
