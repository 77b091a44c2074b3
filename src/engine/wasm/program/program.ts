import { edgeFloats } from '../../../kernels/matmul-shape.ts';
import type { Network, Parameter } from '../../../model/network.ts';
import { copy } from '../layers/elementwise.ts';
import { addGradient } from '../layers/merge.ts';
import { type Arena, createArena } from '../operation/arena.ts';
import { createDerived, type Derived } from '../operation/derived.ts';
import type {
  LayerOperation,
  NodeBuffers,
  Operation,
  ProgramSizes,
  Tensor,
  WeightGradient,
} from '../operation/operation.ts';
import { type Packing, type PackingChoices, packingOf } from '../operation/packing.ts';
import type { Compiler, Graph, GraphNode } from '../operation/row.ts';
import { type GradientTarget, type NodeStorage, planBuffers, type Storage, takingOf } from './buffers.ts';
import { graphOf, waysOf } from './graph.ts';
import { rowOf } from './rows.ts';
import { addingToSlots, sharedLayers, summedGradient } from './shared-layers.ts';

/** A network compiled for one worker: a flat list of operations over planned memory. */
export interface Program {
  readonly packing: Packing;
  readonly arena: Arena;
  /** What the workers share of a batch. */
  readonly batch: Arena;
  /** Where the inputs of examples are put, and whether one at a time. */
  readonly inputs: readonly Tensor[];
  /** Address where an input of bytes is brought into the memory. */
  stagedBytes(): number;
  readonly outputs: readonly { readonly logits: Tensor; readonly dLogits: Tensor }[];
  /** Address of the output of one example, where a softmax stands behind the logits. */
  readonly output: number;
  /** Address of a class. */
  readonly label: number;
  /** Address of one example's smooth target, and of a prediction as a loss clips it. */
  readonly smooth: number;
  readonly stages: readonly Stage[];
  /** Computed in the update phase. */
  readonly weightGradients: readonly WeightGradient[];
  /** What lies behind the parameters, computed in the update phase too. */
  readonly derived: Derived;
  /** How layers are computed that could be in more than one way, by the layer's name. */
  readonly ways: Readonly<Record<string, string>>;
}

/** Neighbouring operations that run example by example, or one that takes all examples at once. */
export interface Stage {
  readonly perExample: boolean;
  readonly operations: readonly LayerOperation[];
}

/** @param at addresses of the worker's scratch memory and of what the workers share of a batch */
export function compile(
  network: Network,
  sizes: ProgramSizes,
  at: { readonly arena: number; readonly batch: number },
): Program {
  const graph = graphOf(network);
  const packing = packingOf(network, choicesOf(graph));
  const arena = createArena(at.arena);
  const batch = createArena(at.batch);
  const edge = arena.floats(edgeFloats);
  const derived = createDerived(packing.floats);
  const shared = sharedLayers(graph);
  /** Of each node. */
  const gradients = new Map<GraphNode, WeightGradient[]>();
  const compilerOf = (node: GraphNode): Compiler => ({
    ...{ arena, batch, sizes, derived, edge },
    addWeightGradient: (gradient) => void gradients.set(node, [...(gradients.get(node) ?? []), gradient]),
    packed: (parameter) => packed(packing.parameters, parameter),
    packedWide: (parameter) => packed(packing.wideKernels, parameter),
  });
  const plan = planBuffers(network, graph);
  const tensorOf = tensors(plan.storages, arena, sizes.maxExamples);
  const inputs = plan.inputs.map(tensorOf);
  const operations = plan.nodes.flatMap((storage) => {
    const { node } = storage;
    const compiler = compilerOf(node);
    return compileNode(compiler, graph, storage, tensorOf, (own) =>
      shared.isEarlier(node) ? addingToSlots(own, node.layer, packing, compiler) : own,
    );
  });
  const weightGradients = shared.together(gradients, (ofCalls, layer) =>
    summedGradient(ofCalls, layer, packing, { arena }),
  );
  return {
    ...{ packing, arena, batch, inputs, weightGradients, derived },
    stagedBytes: arena.shared(Math.ceil(Math.max(...inputs.map(({ size }) => size)) / 4)),
    outputs: plan.outputs.map(({ logits, dLogits }) => ({
      logits: tensorOf(logits),
      dLogits: tensorOf(dLogits),
    })),
    output: arena.floats(network.classes),
    label: arena.floats(1),
    smooth: arena.floats(2 * network.classes),
    stages: stagesOf(operations),
    ways: waysOf(graph),
  };
}

const choicesOf = ({ nodes }: Graph): PackingChoices => ({
  deferred: nodes.flatMap(({ layer }) => rowOf(layer).deferred?.(layer) ?? []),
  deferredRows: nodes.flatMap(({ layer }) => rowOf(layer).deferredRows?.(layer) ?? []),
  flat: nodes.flatMap(({ layer }) => rowOf(layer).flat?.(layer) ?? []),
});

type TensorOf = (storage: Storage) => Tensor;

/** Each storage gets floats for all examples of a call, or for one at a time, while it is needed. */
function tensors(storages: readonly Storage[], arena: Arena, maxExamples: number): TensorOf {
  const sizeOf = (storage: Storage) => storage.size * (storage.isTransient() ? 1 : maxExamples);
  const addresses = arena.lasting(
    storages.map((storage) => ({ ...storage.lifetime(), floats: sizeOf(storage) })),
  );
  const made = new Map(
    storages.map((storage, index): [Storage, Tensor] => {
      const { size } = storage;
      return [storage, { address: addresses[index], size, transient: storage.isTransient() }];
    }),
  );
  return (storage) => {
    const tensor = made.get(storage);
    if (tensor === undefined) throw new Error('A storage has no place');
    return tensor;
  };
}

/** Stands for the gradient that a node without one would read: nothing runs that reads it. */
const nowhere: Tensor = { address: 0, size: 0, transient: true };

/** The operations of a layer, between those that copy its input or add up gradients for it. */
function compileNode(
  compiler: Compiler,
  graph: Graph,
  storage: NodeStorage,
  tensorOf: TensorOf,
  adapt: (operations: readonly Operation[]) => readonly Operation[],
): LayerOperation[] {
  const { node, row, inputs, output, dOutput, dInputs, copies } = storage;
  const buffers: NodeBuffers = {
    inputs: inputs.map(tensorOf),
    output: tensorOf(output),
    dOutput: dOutput === undefined ? nowhere : tensorOf(dOutput),
    dInputs: dInputs.map((target) => target && tensorOf(target.written)),
  };
  const perExample = takingOf(node, graph).forward !== 'all at once';
  const operations: readonly Operation[] = [
    // Back they run in the other order: the first input's first.
    ...dInputs.toReversed().flatMap((target) => addition(perExample, target, tensorOf)),
    ...(copies ? [copy(perExample, buffers.inputs[0], buffers.output)] : []),
    ...adapt(row.compile({ ...node, graph, buffers }, compiler)),
  ];
  const { name: layer } = node.layer;
  return operations.map((operation) => ({
    ...operation,
    ...(dOutput === undefined ? forwardOnly : {}),
    layer,
  }));
}

const forwardOnly = { backwardByShard: false, backward() {} };

function addition(perExample: boolean, target: GradientTarget | undefined, tensorOf: TensorOf): Operation[] {
  if (target?.addedTo === undefined) return [];
  return [addGradient(perExample, tensorOf(target.written), tensorOf(target.addedTo))];
}

function stagesOf(operations: readonly LayerOperation[]): Stage[] {
  const stages: { perExample: boolean; operations: LayerOperation[] }[] = [];
  for (const operation of operations) {
    const last = stages.at(-1);
    if (last?.perExample === operation.perExample) last.operations.push(operation);
    else stages.push({ perExample: operation.perExample, operations: [operation] });
  }
  return stages;
}

function packed<T extends { readonly parameter: Parameter }>(all: readonly T[], { name }: Parameter): T {
  const found = all.find(({ parameter }) => parameter.name === name);
  if (found === undefined) throw new Error(`No parameter is named ${name}`);
  return found;
}
