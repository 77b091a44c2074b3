/** Which tensors and gradients share memory, and which are needed for one example at a time only. */
import { inputEnds } from '../../../model/ends.ts';
import { type Network, parametersOf } from '../../../model/network.ts';
import { sizeOf } from '../../../shape.ts';
import type { Lifetime } from '../operation/lifetimes.ts';
import type { Graph, GraphNode, LayerRow, Taking } from '../operation/row.ts';
import { rowOf } from './rows.ts';

/** Memory for one tensor, or for several that are written over each other. */
export interface Storage {
  /** Floats an example. */
  readonly size: number;
  /** Whether a single example is enough. */
  isTransient(): boolean;
  /** When it is needed, among the places of the nodes on the way forward, then that of the losses, then back. */
  lifetime(): Lifetime;
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
  /** All that the others name, each once. */
  readonly storages: readonly Storage[];
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
  const nodes = graph.nodes.map((node) => {
    const row = rowOf(node.layer);
    return { node, row, ...values.of(node), ...gradients.of(node) };
  });
  const { inputs } = values;
  const outputs = graph.outputs.map((tensor) => ({
    logits: values.tensor(tensor),
    dLogits: gradients.dLogits(tensor),
  }));
  const storages = new Set([
    ...inputs,
    ...outputs.flatMap(({ logits, dLogits }) => [logits, dLogits]),
    ...nodes
      .flatMap((node) => [
        ...node.inputs,
        node.output,
        node.dOutput ?? [],
        ...node.dInputs.flatMap(storagesOf),
      ])
      .flat(),
  ]);
  return { storages: [...storages], nodes, inputs, outputs };
}

const storagesOf = (target: GradientTarget | undefined): Storage[] =>
  target === undefined ? [] : [target.written, ...(target.addedTo === undefined ? [] : [target.addedTo])];

type ValueStorage = Pick<NodeStorage, 'inputs' | 'output' | 'copies'>;

function planValues(network: Pick<Network, 'input' | 'inputs'>, graph: Graph) {
  const clock = createClock();
  const places = placesOf(graph);
  const inputs = inputEnds(network).map(({ size }) => createStorage(size));
  const tensors = new Map(inputs.entries());
  /** Tensors that losses, or what made them, read again. */
  const kept = new Set(graph.outputs);
  const planned = new Map<GraphNode, ValueStorage>();
  for (const input of inputs) input.touch(clock.now, places.start);
  for (const node of graph.nodes) {
    const row = rowOf(node.layer);
    const isInPlace = row.inPlace?.(node.layer) === true;
    const keeps = row.keeps?.(node.layer);
    const inputs = node.reads.map((tensor) => storageOf(tensors, tensor));
    const isAlone = graph.readersOf(node.reads[0]).length === 1 && !kept.has(node.reads[0]);
    const isOver = isInPlace && isAlone;
    const output = isOver ? inputs[0] : createStorage(sizeOf(node.layer.output));
    const { reads, writes } = clock.pass(takingOf(node, graph).forward);
    const [forward, back] = [places.forward(node), places.back(node)];
    for (const storage of inputs) {
      storage.touch(keeps === 'input' ? always : reads, forward);
      if (keeps === 'input') storage.touch(always, back);
    }
    output.touch(keeps === 'output' ? always : writes, forward);
    if (keeps === 'output') output.touch(always, back);
    if (keeps === 'output') kept.add(node.output);
    tensors.set(node.output, output);
    planned.set(node, { inputs, output, copies: isInPlace && !isOver });
  }
  for (const output of graph.outputs) storageOf(tensors, output).touch(always, places.losses);
  return {
    inputs,
    tensor: (tensor: number) => storageOf(tensors, tensor),
    of: (node: GraphNode) => planned.get(node) as ValueStorage,
  };
}

type GradientStorage = Pick<NodeStorage, 'dOutput' | 'dInputs'>;

function planGradients(network: Pick<Network, 'input' | 'inputs'>, graph: Graph) {
  const clock = createClock();
  const places = placesOf(graph);
  const trained = trainedTensors(graph);
  const gradients = new Map<number, StorageInMaking>();
  const planned = new Map<GraphNode, GradientStorage>();
  const sizes = new Map(inputEnds(network).map(({ tensor, size }) => [tensor, size]));
  for (const { output, layer } of graph.nodes) sizes.set(output, sizeOf(layer.output));
  const sizeOfTensor = (tensor: number) => sizes.get(tensor) ?? 0;
  const dLogits = new Map(graph.outputs.map((tensor) => [tensor, createStorage(sizeOfTensor(tensor))]));
  for (const [tensor, storage] of dLogits) {
    storage.touch(always, places.losses);
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
    dOutput.touch(reads, places.back(node));
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
    written.touch(moment, places.back(node));
    sum?.touch(moment, places.back(node));
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

/**
 * Where nodes stand in time: neighbours that go example by example have one place, others one each. The way back has the
 * same in the other order.
 */
function placesOf(graph: Graph) {
  const forward = new Map<GraphNode, number>();
  let place = 0;
  let wasAll = false;
  for (const node of graph.nodes) {
    const isAll = takingOf(node, graph).forward === 'all at once';
    if (forward.size > 0 && (isAll || wasAll)) place++;
    wasAll = isAll;
    forward.set(node, place);
  }
  const losses = place + 1;
  const of = (node: GraphNode) => forward.get(node) ?? 0;
  return { start: 0, losses, forward: of, back: (node: GraphNode) => 2 * losses - of(node) };
}

type StorageInMaking = Storage & { touch(moment: Moment, place: number): void };

function createStorage(size: number): StorageInMaking {
  const moments = new Set<Moment>();
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  return {
    size,
    isTransient: () => moments.size === 1 && !moments.has(always),
    lifetime: () => ({ first, last }),
    touch(moment, place) {
      moments.add(moment);
      [first, last] = [Math.min(first, place), Math.max(last, place)];
    },
  };
}

function storageOf(tensors: ReadonlyMap<number, StorageInMaking>, tensor: number): StorageInMaking {
  const storage = tensors.get(tensor);
  if (storage === undefined) throw new Error(`Tensor ${tensor} is read before it is there`);
  return storage;
}
