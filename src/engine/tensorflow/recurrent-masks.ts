import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { Network } from '../../model/network.ts';
import { maskOf, type RecurrentLayer } from '../../model/sequence-layers.ts';
import type { RandomPlace } from '../../model/tfjs/seeded-random.ts';
import { dropoutFactors } from '../../random.ts';
import type { Tensorflow } from '../../runtime/tensorflow-package.ts';

/** What is used of TensorFlow.js's cell of a recurrent layer. */
interface Cell {
  readonly dropout: number;
  readonly dropoutMask: Tensor | Tensor[] | null;
  dropoutFunc?: (ones: Tensor, rate: number) => Tensor;
}

/** Recurrent layers multiply by the masks that every engine takes. */
export function seedRecurrentMasks(
  tf: Tensorflow,
  all: readonly layers.Layer[],
  network: Network,
  draw: { readonly seed: number; readonly place: { readonly current: RandomPlace } },
): void {
  // Layers of two nested models may have one name: each takes the next one of it.
  const named = Map.groupBy(network.layers.filter(isRecurrent), ({ name }) => name);
  for (const { cell, name } of all.flatMap(cellsOf)) {
    const layer = named.get(name)?.shift();
    if (layer === undefined) continue;
    cell.dropoutFunc = (ones) => {
      // It makes the inputs' masks first.
      const isInput = cell.dropout > 0 && cell.dropoutMask === null;
      return maskFor(tf, maskOf(layer, isInput ? 'input' : 'state'), ones.shape as [number, number], draw);
    };
  }
}

/** Of a recurrent layer, or of both within a bidirectional one. */
function cellsOf(made: layers.Layer): { readonly name: string; readonly cell: Cell }[] {
  const { cell, forwardLayer, backwardLayer } = made as unknown as {
    readonly cell?: Cell;
    readonly forwardLayer?: { readonly cell: Cell };
    readonly backwardLayer?: { readonly cell: Cell };
  };
  const cells = [cell, forwardLayer?.cell, backwardLayer?.cell];
  return cells.filter((one) => one !== undefined).map((one) => ({ name: made.name, cell: one }));
}

function maskFor(
  tf: Tensorflow,
  { index, rate }: { readonly index: number; readonly rate: number },
  [examples, size]: readonly [number, number],
  { seed, place }: Parameters<typeof seedRecurrentMasks>[3],
): Tensor {
  const { step, position } = place.current;
  const factors = new Float32Array(examples * size);
  for (let example = 0; example < examples; example++)
    dropoutFactors(
      seed,
      step,
      index,
      position + example,
      rate,
      factors.subarray(example * size, (example + 1) * size),
    );
  return tf.tensor2d(factors, [examples, size]);
}

const isRecurrent = (layer: Network['layers'][number]): layer is RecurrentLayer & typeof layer =>
  'recurrentKernel' in layer;
