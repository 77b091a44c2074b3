import type { Layer, Parameter } from '../../../model/network.ts';
import type { Arena } from './arena.ts';
import type { Derived } from './derived.ts';
import type { NodeBuffers, Operation, ProgramSizes, WeightGradient } from './operation.ts';
import type { PackedParameter, PackedWideKernel } from './packing.ts';

/**
 * How a kind of layer is computed, and what of it decides how it stands together with others. Whoever puts the layers
 * together knows these traits and no kinds.
 */
export interface LayerRow<L extends Layer = Layer> {
  /** How it takes examples, forward and back. */
  takes(layer: L, node: GraphNode<L>, graph: Graph): { readonly forward: Taking; readonly backward: Taking };
  /** Whether it writes its output over its input, where nobody else needs that. It copies otherwise. */
  inPlace?(layer: L): boolean;
  /** Whether it makes its input's gradient of its output's in place; what is zero in it stays zero. */
  readonly gradientInPlace?: true;
  /** Whether nothing goes back through it. */
  readonly stopsGradient?: true;
  /** What it reads again on the way back. */
  keeps?(layer: L): 'input' | 'output' | undefined;
  /** Whether it can compute the layer before it besides, where it is the only one that reads that. */
  absorbs?(layer: L, before: Layer): boolean;
  /** Whether at most one in four values of its input's gradient is not zero, by its shape. */
  thinsGradient?(layer: L): boolean;
  /** Whether next to no value of its input's gradient is zero, whatever its output's gradient is. */
  readonly fillsGradient?: true;
  /** How it is computed, where it could be in more than one way. */
  way?(layer: L, node: GraphNode<L>, graph: Graph): string | undefined;
  /** Those whose gradients the update phase computes; they are packed as wide kernels. */
  deferred?(layer: L): readonly Parameter[];
  /** The same, packed as those with slots are. */
  deferredRows?(layer: L): readonly Parameter[];
  /** Those that are packed as they are, in natural order. */
  flat?(layer: L): readonly Parameter[];
  compile(node: CompiledNode<L>, compiler: Compiler): readonly Operation[];
}

/**
 * One by one together with neighbours, so that an image stays in the cache; the same, but in its middle for a group of
 * them (forward) or a shard (back); or all examples of a call at once.
 */
export type Taking = 'one by one' | 'in groups' | 'all at once';

/** A layer of the graph that is compiled. */
export interface GraphNode<L extends Layer = Layer> {
  readonly layer: L;
  /** Numbers of tensors, as in the network. */
  readonly reads: readonly number[];
  readonly output: number;
  /** Layers before it that are part of it. */
  readonly absorbed: readonly Layer[];
}

export interface Graph {
  /** In an order in which they can be computed. */
  readonly nodes: readonly GraphNode[];
  /** The tensors that losses are taken of. */
  readonly outputs: readonly number[];
  /** In order; one that reads a tensor twice stands here twice. */
  readersOf(tensor: number): readonly GraphNode[];
  /** Whether the gradient of a node's output is mostly zero, by the shapes of what reads it. */
  hasThinGradient(node: GraphNode): boolean;
  /** Whether next to no value of the gradient of a node's output is zero, by what reads it. */
  hasFullGradient(node: GraphNode): boolean;
}

/** A node with its place in memory. */
export interface CompiledNode<L extends Layer = Layer> extends GraphNode<L> {
  readonly graph: Graph;
  readonly buffers: NodeBuffers;
}

/** Where what a layer needs for itself comes from. */
export interface Compiler {
  readonly arena: Arena;
  /** What the workers share of a batch. */
  readonly batch: Arena;
  readonly sizes: ProgramSizes;
  readonly derived: Derived;
  /** Address of a tile of scratch, for a last panel that is narrow. */
  readonly edge: number;
  /** Takes a gradient that the update phase computes. */
  addWeightGradient(gradient: WeightGradient): void;
  packed(parameter: Parameter): PackedParameter;
  packedWide(parameter: Parameter): PackedWideKernel;
}
