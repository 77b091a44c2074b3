/** The one shared memory of a session, and what stands in it before the first task. */
import type { ExampleSet } from '../../data/example-set.ts';
import type { InputArray } from '../../data/input-type.ts';
import { inputError } from '../../errors.ts';
import type { DatasetLayout, MemoryLayout, WorkerSetup } from '../../protocol/tasks.ts';
import type { WorkPlan } from '../../worker/plan.ts';

/** A session's sets of examples. */
export interface Sets {
  readonly train?: ExampleSet | undefined;
  readonly test?: ExampleSet | undefined;
  /** Those that are room for examples which are written while it goes on. Default: none. */
  readonly rooms?: readonly ('train' | 'test')[] | undefined;
}

/** The inputs that are read where they stand: all but those of rooms. */
export function inputsApart({ train, test, rooms = [] }: Sets): WorkerSetup['inputs'] {
  return {
    ...(train === undefined || rooms.includes('train') ? {} : { train: train.inputs }),
    ...(test === undefined || rooms.includes('test') ? {} : { test: test.inputs }),
  };
}

/** The system gives a page when it is first written to: that shall be now, not in the middle of the training. */
export function allocate(byteLength: number): WebAssembly.Memory {
  const pages = byteLength / 65536;
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const bytes = new Uint8Array(memory.buffer);
    for (let page = 0; page < byteLength; page += systemPageBytes) bytes[page] = 0;
    return memory;
  } catch (cause) {
    const megabytes = Math.ceil(byteLength / 2 ** 20);
    throw inputError(
      `Could not allocate the ${megabytes} MiB of shared memory that this training needs; use smaller \`shards\`, \`batchSize\` or \`workers\``,
      cause,
    );
  }
}

const systemPageBytes = 4096;

export interface FillRequest {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly plan: Pick<WorkPlan, 'optimizerInitialState' | 'parameterFloats'>;
  /** Whether it is a rank's that has no shard. */
  readonly isIdle: boolean;
  readonly sets: Sets;
}

/** The optimizer's beginnings and the sets; the order of the training set comes with its epochs. */
export function fillMemory({ memory: { buffer }, layout, plan, isIdle, sets }: FillRequest): void {
  const floats = (offset: number, count: number) => new Float32Array(buffer, offset, count);
  for (const [index, value] of plan.optimizerInitialState.entries())
    floats(layout.optimizerState[index][0], plan.parameterFloats).fill(value);
  // What changes no sum, not even that of -0.
  if (isIdle) floats(layout.gradients[0], layout.slotFloats).fill(-0);
  const apart = inputsApart(sets);
  for (const set of ['train', 'test'] as const) {
    const { [set]: data } = sets;
    if (data !== undefined) copySet(buffer, layout[set], data, apart[set] === undefined);
  }
  new Uint32Array(buffer, layout.test.order, layout.test.count).forEach((_, row, order) => {
    order[row] = row;
  });
}

function copySet(
  memory: ArrayBufferLike,
  at: DatasetLayout,
  { inputs, targets, weights }: ExampleSet,
  hasInputs: boolean,
): void {
  const copy = ({ buffer, byteOffset, byteLength }: InputArray | Uint32Array, to: number) =>
    new Uint8Array(memory, to, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
  if (hasInputs) copy(inputs, at.inputs);
  copy(targets, at.targets);
  if (weights !== undefined && at.weights !== undefined) copy(weights, at.weights);
}
