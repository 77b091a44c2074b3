import type { Shape } from '../shape.ts';
import type { InputArray, InputType, TargetType } from './input-type.ts';

/** Examples with what their loss takes as targets. The arrays stand on shared memory. */
export interface ExampleSet {
  /** The shape of one example. */
  readonly shape: Shape;
  readonly count: number;
  readonly inputType: InputType;
  /** [count, ...shape], row-major; uint8 values stand for value / 255. */
  readonly inputs: InputArray;
  readonly targetType: TargetType;
  /** [count] class numbers, or [count, width] values. */
  readonly targets: Uint32Array | Float32Array;
  /** How many classes, or values of a target. */
  readonly width: number;
  /** [count, outputs] what each example's loss of an output is multiplied by; absent where all count alike. */
  readonly weights?: Float32Array;
}
