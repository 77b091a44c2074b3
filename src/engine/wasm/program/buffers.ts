/** Which tensors and gradients share memory, and which are needed for one example at a time only. */
import { inputEnds } from '../../../model/ends.ts';
import { type Network, parametersOf } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';
import type { Graph, GraphNode, LayerRow, Taking } from '../operation/row.ts';
import { rowOf } from './rows.ts';

/** Memory for one tensor, or for several that are written over each other. */
export interface Storage {
  /** Floats an example. */
  readonly size: number;
  /** Whether a single example is enough. */
  isTransient(): boolean;
}

/** Where a node reads and writes. */
export interface NodeStorage {
  readonly node: GraphNode;
  readonly row: LayerRow;
  readonly inputs: readonly Storage[];
  readonly output: Storage;
  /** Whether an in-place layer has to copy its input first. */
  readonly copies: boolean;
  /** Absent where no parameter needs it: the node then does nothing on the way back. */
  readonly dOutput?: Storage;
  /** Where each input's gradient goes; undefined where no parameter needs it. */
  readonly dInputs: readonly (GradientTarget | undefined)[];
}

export interface GradientTarget {
  /** Where the node itself writes. */
  readonly written: Storage;
  /** What that is then added to, where another reader of the input has been before. */
  readonly addedTo?: Storage;
}

export interface BufferPlan {
  /** In the order of the graph. */
  readonly nodes: readonly NodeStorage[];
  readonly inputs: readonly Storage[];
  readonly outputs: readonly { readonly logits: Storage; readonly dLogits: Storage }[];
}

/** Not in step with anything: all examples of the call are needed at once. */
const always = Symbol('always');
type Moment = number | typeof always;

/**
 * Lays out values, in the order of the graph, and gradients, in the other one. An in-place layer writes over its input
 * where nobody else reads that and what made it does not need it again. A tensor with several readers has the sum of
 * their gradients, the last reader's first: the order of the way back, so that no more than one is kept. That of an
 * output begins with its loss's.
 */
export function planBuffers(network: Pick<Network, 'input' | 'inputs'>, graph: Graph): BufferPlan {
  const values = planValues(network, graph);
  const gradients = planGradients(network, graph);
  return {
    nodes: graph.nodes.map((node) => {
      const row = rowOf(node.layer);
      return { node, row, ...values.of(node), ...gradients.of(node) };
    }),
    inputs: values.inputs,
    outputs: graph.outputs.map((tensor) => ({
      logits: values.tensor(tensor),
      dLogits: gradients.dLogits(tensor),
    })),
  };
}

type ValueStorage = Pick<NodeStorage, 'inputs' | 'output' | 'copies'>;

function planValues(network: Pick<Network, 'input' | 'inputs'>, graph: Graph) {
  const clock = createClock();
  const inputs = inputEnds(network).map(({ size }) => createStorage(size));
  const tensors = new Map(inputs.entries());
  /** Tensors that losses, or what made them, read again. */
  const kept = new Set(graph.outputs);
  const planned = new Map<GraphNode, ValueStorage>();
  for (const input of inputs) input.touch(clock.now);
  for (const node of graph.nodes) {
    const row = rowOf(node.layer);
    const isInPlace = row.inPlace?.(node.layer) === true;
    const keeps = row.keeps?.(node.layer);
    const inputs = node.reads.map((tensor) => storageOf(tensors, tensor));
    const isAlone = graph.readersOf(node.reads[0]).length === 1 && !kept.has(node.reads[0]);
    const isOver = isInPlace && isAlone;
    const output = isOver ? inputs[0] : createStorage(sizeOf(node.layer.output));
    const { reads, writes } = clock.pass(takingOf(node, graph).forward);
    for (const storage of inputs) storage.touch(keeps === 'input' ? always : reads);
    output.touch(keeps === 'output' ? always : writes);
    if (keeps === 'output') kept.add(node.output);
    tensors.set(node.output, output);
    planned.set(node, { inputs, output, copies: isInPlace && !isOver });
  }
  for (const output of graph.outputs) storageOf(tensors, output).touch(always);
  return {
    inputs,
    tensor: (tensor: number) => storageOf(tensors, tensor),
    of: (node: GraphNode) => planned.get(node) as ValueStorage,
  };
}

type GradientStorage = Pick<NodeStorage, 'dOutput' | 'dInputs'>;

function planGradients(network: Pick<Network, 'input' | 'inputs'>, graph: Graph) {
  const clock = createClock();
  const trained = trainedTensors(graph);
  const gradients = new Map<number, StorageInMaking>();
  const planned = new Map<GraphNode, GradientStorage>();
  const sizes = new Map(inputEnds(network).map(({ tensor, size }) => [tensor, size]));
  for (const { output, layer } of graph.nodes) sizes.set(output, sizeOf(layer.output));
  const sizeOfTensor = (tensor: number) => sizes.get(tensor) ?? 0;
  const dLogits = new Map(graph.outputs.map((tensor) => [tensor, createStorage(sizeOfTensor(tensor))]));
  for (const [tensor, storage] of dLogits) {
    storage.touch(always);
    gradients.set(tensor, storage);
  }
  for (const node of graph.nodes.toReversed()) {
    const { backward } = takingOf(node, graph);
    if (!trained.has(node.output)) {
      // It does nothing, but its neighbours still do not run together.
      if (backward === 'all at once') clock.pass(backward);
      planned.set(node, { dInputs: node.reads.map(() => undefined) });
      continue;
    }
    const dOutput = storageOf(gradients, node.output);
    const { reads, writes } = clock.pass(backward);
    dOutput.touch(reads);
    planned.set(node, {
      dOutput,
      dInputs: node.reads.map((tensor) => target(node, tensor, dOutput, writes)),
    });
  }
  return {
    dLogits: (tensor: number) => storageOf(dLogits, tensor),
    of: (node: GraphNode) => planned.get(node) as GradientStorage,
  };

  function target(
    node: GraphNode,
    tensor: number,
    dOutput: StorageInMaking,
    moment: Moment,
  ): GradientTarget | undefined {
    if (!trained.has(tensor)) return undefined;
    const { gradientInPlace } = rowOf(node.layer);
    const sum = gradients.get(tensor);
    const written = gradientInPlace ? dOutput : createStorage(sizeOfTensor(tensor));
    written.touch(moment);
    sum?.touch(moment);
    if (sum === undefined) gradients.set(tensor, written);
    return sum === undefined ? { written } : { written, addedTo: sum };
  }
}

/** Tensors whose gradient some parameter needs. */
function trainedTensors(graph: Graph): ReadonlySet<number> {
  const trained = new Set<number>();
  for (const { layer, reads, output } of graph.nodes) {
    const trains = parametersOf(layer).some(({ untrained }) => untrained === undefined);
    if (rowOf(layer).stopsGradient) continue;
    if (trains || reads.some((tensor) => trained.has(tensor))) trained.add(output);
  }
  return trained;
}

export const takingOf = (node: GraphNode, graph: Graph) => rowOf(node.layer).takes(node.layer, node, graph);

/**
 * Counts the runs of operations that neighbours make together, example by example: what is written and read within one
 * run is needed for one example at a time.
 */
function createClock() {
  let now = 0;
  return {
    get now() {
      return now;
    },
    pass(taking: Taking): { readonly reads: Moment; readonly writes: Moment } {
      if (taking === 'all at once') {
        now++;
        return { reads: always, writes: always };
      }
      const reads = now;
      if (taking === 'in groups') now++;
      return { reads, writes: now };
    },
  };
}

type StorageInMaking = Storage & { touch(moment: Moment): void };

function createStorage(size: number): StorageInMaking {
  const moments = new Set<Moment>();
  return {
    size,
    isTransient: () => moments.size === 1 && !moments.has(always),
    touch: (moment) => void moments.add(moment),
  };
}

function storageOf(tensors: ReadonlyMap<number, StorageInMaking>, tensor: number): StorageInMaking {
  const storage = tensors.get(tensor);
  if (storage === undefined) throw new Error(`Tensor ${tensor} is read before it is there`);
  return storage;
}
