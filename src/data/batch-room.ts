import { outputEnds } from '../model/ends.ts';
import { type Network, outputRows } from '../model/network.ts';
import { sizeOf } from '../shape.ts';
import type { ExampleSet } from './example-set.ts';
import type { TargetType } from './input-type.ts';

export interface BatchRoomRequest {
  /** What the loss of each output does: classes of one of several stand as vectors. */
  readonly takes: readonly TargetType[];
  readonly examples: number;
  /** Whether each example has a weight for each output. */
  readonly isWeighted: boolean;
}

/** Room for batches that come while a training goes on: examples that are all zeros. */
export function batchRoom(
  network: Pick<Network, 'input' | 'inputs' | 'output' | 'outputs' | 'classes' | 'layers'>,
  { takes, examples, isWeighted }: BatchRoomRequest,
): ExampleSet {
  const { input, classes } = network;
  const rows = outputRows(network);
  const isClass = takes.length === 1 && takes[0] === 'class';
  const shared = (length: number) => new SharedArrayBuffer(examples * length * 4);
  return {
    ...{ shape: input, count: examples, inputType: 'float32', targetType: isClass ? 'class' : 'vector' },
    width: isClass ? classes / rows : classes,
    inputs: new Float32Array(shared(sizeOf(input))),
    targets: isClass ? new Uint32Array(shared(rows)) : new Float32Array(shared(classes)),
    ...(isWeighted ? { weights: new Float32Array(shared(outputEnds(network).length)) } : {}),
  };
}
