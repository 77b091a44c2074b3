import type { Network, Parameter } from '../../model/network.ts';
import { type Arena, createArena } from './arena.ts';
import { type GradientTarget, type NodeStorage, planBuffers, type Storage, takingOf } from './buffers.ts';
import { createDerived, type Derived } from './derived.ts';
import { copy } from './elementwise.ts';
import { graphOf, waysOf } from './graph.ts';
import { addGradient } from './merge.ts';
import type { LayerOperation, NodeBuffers, Operation, ProgramSizes, Tensor } from './operation.ts';
import { type Packing, packingOf } from './packing.ts';
import { panelWidth } from './panels.ts';
import type { Compiler, Graph } from './row.ts';
import { rowOf } from './rows.ts';
import type { WeightGradient } from './weight-gradient.ts';

/** A network compiled for one worker: a flat list of operations over planned memory. */
export interface Program {
  readonly packing: Packing;
  readonly arena: Arena;
  /** What the workers share of a batch. */
  readonly batch: Arena;
  /** Where the examples are put, and whether one at a time. */
  readonly input: Tensor;
  readonly logits: Tensor;
  readonly dLogits: Tensor;
  /** Address of the output of one example, where a softmax stands behind the logits. */
  readonly output: number;
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
  const packing = packingOf(
    network,
    graph.nodes.flatMap(({ layer }) => rowOf(layer).deferred?.(layer) ?? []),
  );
  const arena = createArena(at.arena);
  const batch = createArena(at.batch);
  const derived = createDerived(packing.floats);
  const weightGradients: WeightGradient[] = [];
  const compiler: Compiler = {
    ...{ arena, batch, sizes, derived, edge: arena.floats(panelWidth) },
    addWeightGradient: (gradient) => void weightGradients.push(gradient),
    packed: (parameter) => packed(packing.parameters, parameter),
    packedWide: (parameter) => packed(packing.wideKernels, parameter),
  };
  const plan = planBuffers(network, graph);
  const tensorOf = tensors(arena, sizes.maxExamples);
  const input = tensorOf(plan.input);
  const operations = plan.nodes.flatMap((storage) => compileNode(compiler, graph, storage, tensorOf));
  return {
    ...{ packing, arena, batch, input, weightGradients, derived },
    logits: tensorOf(plan.logits),
    dLogits: tensorOf(plan.dLogits),
    output: arena.floats(network.classes),
    stages: stagesOf(operations),
    ways: waysOf(graph),
  };
}

type TensorOf = (storage: Storage) => Tensor;

/** Each storage gets its floats when it is first met: for all examples of a call, or for one at a time. */
function tensors(arena: Arena, maxExamples: number): TensorOf {
  const made = new Map<Storage, Tensor>();
  return (storage) => {
    const { size } = storage;
    const transient = storage.isTransient();
    const tensor = made.get(storage) ?? {
      address: arena.floats(size * (transient ? 1 : maxExamples)),
      size,
      transient,
    };
    made.set(storage, tensor);
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
    ...row.compile({ ...node, graph, buffers }, compiler),
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
