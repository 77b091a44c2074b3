/** Layers in which several tensors meet. */
import type { Shape } from '../shape.ts';
import type { LayerBase } from './layer-base.ts';

/**
 * Of several inputs of one shape, value by value: their sum, product, mean, the largest or smallest; of two the first less
 * the second. Of equal ones, the first has the gradient of a largest or smallest.
 */
export interface MergingLayer<K = MergingKind> extends LayerBase {
  readonly kind: K;
  /** Whether some of what it reads were broadcast to that shape. */
  readonly broadcasts?: true;
}

export type MergingKind = 'add' | 'subtract' | 'multiply' | 'average' | 'maximum' | 'minimum';

/** Its inputs side by side along an axis: `rows` times a part of each, one behind the other. */
export interface ConcatenateLayer extends LayerBase {
  readonly kind: 'concatenate';
  /** The product of the dimensions before the axis. */
  readonly rows: number;
  /** Values a row that each input has: the product of its dimensions from the axis on. */
  readonly parts: readonly number[];
}

/**
 * Vectors along an axis of [rows, size, columns], each divided by its length: by the root of the sum of its squares, or
 * of 1e-7 where that is larger.
 */
export interface L2NormalizeLayer extends LayerBase {
  readonly kind: 'l2Normalize';
  readonly rows: number;
  readonly size: number;
  readonly columns: number;
}

/** output[r, c] = sum over k of left[r, k] * right[k, c], of its two inputs. */
export interface DotLayer extends LayerBase {
  readonly kind: 'dot';
  /** The shape of the second input. */
  readonly right: Shape;
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  /** Whether the first input is [depth, rows], and the second one [columns, depth]. */
  readonly transposed: readonly [left: boolean, right: boolean];
}
