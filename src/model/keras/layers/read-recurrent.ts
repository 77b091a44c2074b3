import type { Shape } from '../../../shape.ts';
import type { RecurrentKind } from '../../sequence-layers.ts';
import {
  flag,
  initializer,
  invalidField,
  type LayerConfig,
  misfit,
  positiveInteger,
  refuseSettings,
} from '../config/layer-config.ts';
import { marksOf } from './layer-weights.ts';
import { activationWithin } from './read-activation.ts';
import type { AddParameter, ReadLayer } from './reader.ts';

const gatesOf: { readonly [K in RecurrentKind]: number } = { simpleRNN: 1, lstm: 4, gru: 3 };

/** tfjs's defaults. `implementation` names ways to compute the same. */
export const readRecurrent =
  (kind: RecurrentKind) =>
  (layer: LayerConfig, input: Shape, addParameter: AddParameter): ReadLayer => {
    refuseWhatIsNotComputed(layer);
    if (input.length !== 2) throw misfit(layer, 'sequences, [times, features]', input);
    const [times, inputs] = input;
    const units = positiveInteger(layer, 'units');
    const gates = gatesOf[kind];
    const returnSequences = flag(layer, 'return_sequences', false);
    const output = returnSequences ? [times, units] : [units];
    const { name, index } = layer;
    const recurrent = {
      ...{ kind, name, index, input, output, times, inputs, units, gates, returnSequences },
      activation: activationWithin(layer, 'activation', 'tanh'),
      recurrentActivation:
        kind === 'simpleRNN' ? undefined : activationWithin(layer, 'recurrent_activation', 'hardSigmoid'),
      goBackwards: flag(layer, 'go_backwards', false),
      dropout: rate(layer, 'dropout'),
      recurrentDropout: rate(layer, 'recurrent_dropout'),
      ...readWeights(layer, { kind, inputs, units }, addParameter),
    };
    return { layers: [recurrent], output };
  };

function refuseWhatIsNotComputed(layer: LayerConfig): void {
  refuseSettings(layer, ['return_state', 'stateful', 'unroll', 'time_major', 'reset_after'], false);
}

function readWeights(
  layer: LayerConfig,
  { kind, inputs, units }: { readonly kind: RecurrentKind; readonly inputs: number; readonly units: number },
  addParameter: AddParameter,
) {
  const columns = gatesOf[kind] * units;
  const weight = (name: string, shape: Shape, field: string, absent: string) => {
    const values = initializer(layer, `${field}_initializer`, absent);
    return addParameter(name, shape, values, marksOf(layer, field, shape));
  };
  const kernels = {
    kernel: weight('kernel', [inputs, columns], 'kernel', 'glorot_normal'),
    recurrentKernel: weight('recurrent_kernel', [units, columns], 'recurrent', 'orthogonal'),
  };
  if (!flag(layer, 'use_bias', true)) return kernels;
  const values = initializer(layer, 'bias_initializer', 'zeros');
  const forgets = kind === 'lstm' && flag(layer, 'unit_forget_bias', false);
  const initial = forgets ? { className: 'UnitForgetBias', config: { others: values } } : values;
  return { ...kernels, bias: addParameter('bias', [columns], initial, marksOf(layer, 'bias', [columns])) };
}

function rate(layer: LayerConfig, field: string): number {
  const value = layer.fields[field] ?? 0;
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  throw invalidField(layer, field, 'a number from 0 to less than 1', value);
}
