import type { InputType, TargetType } from '../engine/engine.ts';
import type { Shape } from '../model/network.ts';
import type { Dataset } from './dataset.ts';

/** Examples with what their loss takes as targets. The arrays stand on shared memory. */
export interface ExampleSet {
  /** The shape of one example. */
  readonly shape: Shape;
  readonly count: number;
  readonly inputType: InputType;
  /** [count, ...shape], row-major; uint8 values stand for value / 255. */
  readonly inputs: Uint8Array | Float32Array;
  readonly targetType: TargetType;
  /** [count] class numbers, or [count, width] values. */
  readonly targets: Uint32Array | Float32Array;
  /** How many classes, or values of a target. */
  readonly width: number;
  /** [count] what each example's loss is multiplied by; absent where all count alike. */
  readonly weights?: Float32Array;
}

/** A classifier's data set, whose targets are its labels. */
export const exampleSetOf = ({ labels, classes, shape, count, inputType, inputs }: Dataset): ExampleSet => ({
  ...{ shape, count, inputType, inputs },
  targetType: 'class',
  targets: labels,
  width: classes,
});
