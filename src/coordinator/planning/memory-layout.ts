import type { ExampleSet } from '../../data/example-set.ts';
import { inputError } from '../../errors.ts';
import type { UpdateSettings } from '../../optimizer/update-settings.ts';
import type { DatasetLayout, MemoryLayout } from '../../protocol/tasks.ts';
import { mebibytes, mostMemoryBytes } from '../../runtime/memory-limit.ts';
import type { WorkPlan } from '../../worker/plan.ts';
import { inputsApart, type Sets } from './fill-memory.ts';

/** What of a plan of the work takes memory. */
type PlannedSizes = Pick<
  WorkPlan,
  | 'reservedBytes'
  | 'parameterFloats'
  | 'slotFloats'
  | 'stateFloats'
  | 'constantFloats'
  | 'weights'
  | 'derivedFloats'
  | 'batchBytes'
  | 'optimizerInitialState'
  | 'engineArenaBytes'
  | 'updateScratchBytes'
>;

export interface LayoutRequest extends PlannedSizes, Sets {
  readonly shards: number;
  readonly update: Pick<UpdateSettings, 'accumulateSteps' | 'emaMomentum'>;
  /** Whether there is room for sums of gradients: of ranks, of norms, or of who wants to see them. */
  readonly hasSums: boolean;
  readonly workers: number;
  /** Of each worker, for examples of which something is made. */
  readonly preparedBytes?: number | undefined;
  readonly classes: number;
  readonly batchSize: number;
  /** Bytes that the machine has left for it. */
  readonly availableBytes: number;
}

const cacheLine = 64;

/**
 * Every offset in the one shared memory, computed once before the first step.
 * @throws GradpoolError with the sizes when they exceed 4 GiB, or what the machine has left
 */
export function layOutMemory(request: LayoutRequest): MemoryLayout {
  const { parameterFloats, derivedFloats, shards, workers, update, preparedBytes } = request;
  const apart = inputsApart(request);
  const slotFloats = Math.ceil(request.slotFloats / 16) * 16;
  const sizes = new Map<string, number>();
  let end = request.reservedBytes;
  const take = (what: string, bytes: number): number => {
    const offset = end;
    end = Math.ceil((offset + bytes) / cacheLine) * cacheLine;
    sizes.set(what, (sizes.get(what) ?? 0) + end - offset);
    return offset;
  };
  const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  const parameters = (what = 'parameters') => take(what, (parameterFloats + derivedFloats) * 4);
  const state = (what = 'optimizer state') => take(what, parameterFloats * 4);
  const accumulated = 'accumulated gradients (`accumulateSteps`)';
  const average = 'average of the parameters (`emaMomentum`)';
  const data = (
    what: string,
    set: ExampleSet | undefined,
    isApart: boolean,
    rows: number,
  ): DatasetLayout => ({
    count: set?.count ?? 0,
    inputType: set?.inputType ?? 'uint8',
    inputs: take(what, isApart ? 0 : (set?.inputs.byteLength ?? 0)),
    targetType: set?.targetType ?? 'class',
    targets: take(what, set?.targets.byteLength ?? 0),
    ...(set?.weights === undefined ? {} : { weights: take(what, set.weights.byteLength) }),
    order: take(what, (set?.count ?? 0) * 4),
    predictions: take(what, rows * request.classes * 4),
  });
  const layout = {
    slotFloats,
    stateFloats: request.stateFloats,
    constants: { first: parameterFloats - request.constantFloats, floats: request.constantFloats },
    weights: request.weights,
    parameters: [parameters(), parameters()] as const,
    optimizerState: request.optimizerInitialState.map(() => [state(), state()] as const),
    ...(update.accumulateSteps > 1 ? { accumulated: [state(accumulated), state(accumulated)] as const } : {}),
    ...(update.emaMomentum === undefined
      ? {}
      : { average: [parameters(average), parameters(average)] as const }),
    gradients: times(shards, () => take('gradients (`shards`)', slotFloats * 4)),
    ...(request.hasSums ? { sums: take('sums of gradients', parameterFloats * 4) } : {}),
    batch: take('activations (`batchSize`)', request.batchBytes),
    train: data('training set', request.train, apart.train !== undefined, request.batchSize),
    test: data('test set', request.test, apart.test !== undefined, request.test?.count ?? 0),
    arenas: times(workers, () => ({
      engine: take('workers (`workers`, `batchSize`)', request.engineArenaBytes),
      update: take('workers (`workers`, `batchSize`)', request.updateScratchBytes),
      ...(preparedBytes === undefined
        ? {}
        : { examples: take('workers (`workers`, `batchSize`)', preparedBytes) }),
    })),
  };
  const limit = Math.min(mostMemoryBytes, request.availableBytes);
  if (end > limit) throw inputError(tooLarge(end, limit, sizes));
  return { ...layout, byteLength: Math.ceil(end / 65536) * 65536 };
}

function tooLarge(end: number, limit: number, sizes: ReadonlyMap<string, number>): string {
  const parts = [...sizes].map(([what, bytes]) => `${what} ${mebibytes(bytes)}`).join(', ');
  const room =
    limit < mostMemoryBytes ? `the ${mebibytes(limit)} that this machine has left` : `${mebibytes(limit)}`;
  return `Expected the training to fit into ${room} of shared memory, got ${mebibytes(end)}: ${parts}; choose smaller ones`;
}
