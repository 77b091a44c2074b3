/** Which times of a sequence count: a mask goes from layer to layer beside the values, as in TensorFlow.js. */
import type { Shape } from '../../shape.ts';
import { tensorOf } from '../ends.ts';
import type { DroppedMask, Layer } from '../network.ts';
import { describe, isObject, type LayerConfig, unsupportedLayer } from './config/layer-config.ts';
import { isStacked } from './layers/read-cells.ts';

/** Where a mask comes from; it becomes a layer when somebody reads it. */
export interface Mask {
  /** The tensor of which it is told, [times, size]: a time counts where any value is not `value`. */
  readonly tensor: number;
  readonly times: number;
  readonly size: number;
  readonly value: number;
  readonly from: LayerConfig;
  /** The tensor of the mask itself. */
  made?: number;
  /** Why no layer can be given it. */
  readonly lack?: string;
}

/** A tensor, as far as masks are concerned. */
interface Masked {
  readonly tensor: number;
  readonly shape: readonly number[];
  readonly mask?: Mask | undefined;
}

/** Layers whose output has the mask of their input. Others drop it. */
const passing: ReadonlySet<string> = new Set([
  ...['Activation', 'AlphaDropout', 'BatchNormalization', 'Dense', 'Dropout', 'GaussianDropout'],
  ...['GaussianNoise', 'LayerNormalization', 'PReLU', 'ReLU', 'TimeDistributed'],
]);
const stepping: ReadonlySet<string> = new Set(['SimpleRNN', 'LSTM', 'GRU', 'RNN', 'Bidirectional']);

/** The masks of a model that is being read: their layers are added to its own. */
export function createMasks({
  inputs,
  layers,
}: {
  readonly inputs: readonly Shape[];
  readonly layers: Layer[];
}) {
  let hasAny = false;
  const dropped: DroppedMask[] = [];

  /** What a layer reads: a recurrent layer its input's mask too. */
  const readsOf = (layer: LayerConfig, [input, ...others]: readonly Masked[]): number[] => {
    const reads = [input, ...others].map(({ tensor }) => tensor);
    if (!stepping.has(layer.className)) return reads;
    if (input.mask?.lack !== undefined) throw unsupportedLayer(layer, input.mask.lack);
    if (input.mask !== undefined && isStacked(layer))
      throw unsupportedLayer(layer, 'a mask would go into several cells');
    if (input.mask !== undefined) return [...reads, madeOf(input.mask)];
    // TensorFlow.js keeps the last mask that it has met for layers to come.
    if (hasAny) throw unsupportedLayer(layer, "TensorFlow.js hands it the mask of another layer's input");
    return reads;
  };

  function madeOf(mask: Mask): number {
    if (mask.made !== undefined) return mask.made;
    const { tensor, times, size, value, from } = mask;
    const { name, index } = from;
    const shape = size === 1 ? [times] : [times, size];
    layers.push({
      ...{ kind: 'mask', name, index, input: shape, output: [times], times, size, value },
      reads: [tensor],
    });
    mask.made = tensorOf({ inputs }, layers.length - 1);
    return mask.made;
  }

  /** The mask of a layer's output. */
  const maskOf = (layer: LayerConfig, inputs: readonly Masked[]): Mask | undefined => {
    const [{ tensor, shape, mask }] = inputs;
    const masked = inputs.find((input) => input.mask !== undefined)?.mask;
    if (inputs.length > 1 && masked !== undefined) {
      if (layer.className === 'Dot') return droppedAt(layer, masked);
      return { ...masked, lack: `it would read the masks that layer ${describe(layer)} puts together` };
    }
    if (layer.className === 'Embedding' && layer.fields.mask_zero === true) {
      if (shape.length !== 1) throw unsupportedLayer(layer, '`mask_zero` is true, for more than a sequence');
      hasAny = true;
      return { tensor, times: shape[0], size: 1, value: 0, from: layer };
    }
    if (layer.className === 'Masking') {
      hasAny = true;
      const value = Number(layer.fields.mask_value ?? 0);
      return { tensor, times: shape[0], size: shape[1], value, from: layer };
    }
    if (stepping.has(layer.className)) return returnsSequences(layer) ? mask : undefined;
    return passing.has(layer.className) ? mask : droppedAt(layer, mask);
  };

  function droppedAt(layer: LayerConfig, mask: Mask | undefined): undefined {
    if (mask !== undefined) dropped.push({ at: describe(layer), from: describe(mask.from) });
  }

  return { readsOf, maskOf, dropped };
}

/** A wrapper says it of its layer. */
function returnsSequences({ fields }: LayerConfig): boolean {
  const inner = isObject(fields.layer) ? fields.layer.config : fields;
  return isObject(inner) && inner.return_sequences === true;
}
