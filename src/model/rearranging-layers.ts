/** Layers whose outputs are values of the input in other places, or zeros. */
import { type Shape, sizeOf } from '../shape.ts';
import type { Padding2dLayer, UpSampling2dLayer } from './image-layers.ts';
import type { LayerBase } from './layer-base.ts';

/** Dimension d of the output is dimension dims[d] of the input. */
export interface PermuteLayer extends LayerBase {
  readonly kind: 'permute';
  /** From 0. */
  readonly dims: readonly number[];
}

/** output[i, ...] = input, for each i below `times`. */
export interface RepeatVectorLayer extends LayerBase {
  readonly kind: 'repeatVector';
  readonly times: number;
}

/**
 * Puts the input in front of a larger tensor, from the last dimension on: where a dimension of it is 1 or not there, its
 * values stand at each place of the output's.
 */
export interface BroadcastLayer extends LayerBase {
  readonly kind: 'broadcast';
}

/** output = input[place, ...]: one row of it. */
export interface SliceLayer extends LayerBase {
  readonly kind: 'slice';
  readonly place: number;
}

export type RearrangingLayer =
  | Padding2dLayer<'zeroPadding2d'>
  | Padding2dLayer<'cropping2d'>
  | UpSampling2dLayer<'nearestUpSampling2d'>
  | PermuteLayer
  | RepeatVectorLayer
  | BroadcastLayer
  | SliceLayer;

/** @returns for each value of the output the place of the input's value that it is, or -1 for a zero */
export function sourcesOf(layer: RearrangingLayer): number[] {
  const source = sourceIn(layer);
  return Array.from({ length: sizeOf(layer.output) }, (_, element) => {
    const from = source(placeIn(layer.output, element));
    return from.every((at, axis) => at >= 0 && at < layer.input[axis]) ? elementAt(layer.input, from) : -1;
  });
}

/** Where the input's value is that stands at a place of the output; outside of the input for a zero. */
function sourceIn(layer: RearrangingLayer): (place: readonly number[]) => readonly number[] {
  switch (layer.kind) {
    case 'zeroPadding2d':
      return ([y, x, c]) => [y - layer.padding.top, x - layer.padding.left, c];
    case 'cropping2d':
      return ([y, x, c]) => [y + layer.padding.top, x + layer.padding.left, c];
    case 'nearestUpSampling2d':
      return ([y, x, c]) => [Math.floor(y / layer.factors[0]), Math.floor(x / layer.factors[1]), c];
    case 'permute':
      return (place) => layer.input.map((_, axis) => place[layer.dims.indexOf(axis)]);
    case 'repeatVector':
      return (place) => place.slice(1);
    case 'slice':
      return (place) => [layer.place, ...place];
    case 'broadcast': {
      const more = layer.output.length - layer.input.length;
      return (place) => layer.input.map((size, axis) => (size === 1 ? 0 : place[axis + more]));
    }
  }
}

function placeIn(shape: Shape, element: number): number[] {
  let left = element;
  return shape
    .toReversed()
    .map((size) => {
      const at = left % size;
      left = Math.floor(left / size);
      return at;
    })
    .reverse();
}

const elementAt = (shape: Shape, place: readonly number[]): number =>
  place.reduce((element, at, axis) => element * shape[axis] + at, 0);
