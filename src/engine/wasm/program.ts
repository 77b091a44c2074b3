import {
  type ActivationLayer,
  type Conv2dLayer,
  type DenseLayer,
  type DropoutLayer,
  type Layer,
  type Network,
  type Pooling2dLayer,
  sizeOf,
} from '../../model/network.ts';
import { type Arena, createArena } from './arena.ts';
import { type ConvolutionWay, convolution, convolutionWay } from './convolution.ts';
import { dense } from './dense.ts';
import { createDerived, type Derived } from './derived.ts';
import { activation, copy, dropout } from './elementwise.ts';
import type { Buffers, LayerOperation, Operation, ProgramSizes, Tensor } from './operation.ts';
import { type PackedParameter, type Packing, packingOf } from './packing.ts';
import { panelWidth } from './panels.ts';
import { averagePooling, maxPooling } from './pooling.ts';
import { denseBatch, type WeightGradient, weightGradient } from './weight-gradient.ts';

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
  const arena = createArena(at.arena);
  const batch = createArena(at.batch);
  const packing = packingOf(network);
  const { layers } = network;
  const { maxExamples } = sizes;
  const weightGradients: WeightGradient[] = [];
  const derived = createDerived(packing.floats);
  const edge = arena.floats(panelWidth);
  const compiler: Compiler = { arena, batch, packing, sizes, maxExamples, edge, weightGradients, derived };
  const input = tensor(compiler, sizeOf(network.input), passesByExample(undefined, layers[0]));
  let flow: Flow = {
    values: input,
    gradient: tensor(compiler, input.size, input.transient),
    isTrained: false,
  };
  const operations: LayerOperation[] = [];
  layers.forEach((layer, index) => {
    if (isFusedRelu(layer, layers[index + 1])) return;
    const compiled = compileLayer(compiler, layers, index, flow);
    operations.push(...compiled.operations.map((operation) => ({ ...operation, layer: layer.name })));
    flow = compiled.flow;
  });
  return {
    packing,
    arena,
    batch,
    input,
    logits: flow.values,
    dLogits: flow.gradient,
    output: arena.floats(network.classes),
    stages: stagesOf(operations),
    weightGradients,
    derived,
  };
}

interface Compiler {
  readonly arena: Arena;
  readonly batch: Arena;
  readonly packing: Packing;
  readonly sizes: ProgramSizes;
  readonly maxExamples: number;
  readonly edge: number;
  readonly weightGradients: WeightGradient[];
  readonly derived: Derived;
}

/** What passes from layer to layer. */
interface Flow {
  readonly values: Tensor;
  readonly gradient: Tensor;
  /** Whether a layer before has parameters, so that the gradient is needed. */
  readonly isTrained: boolean;
}

interface CompiledLayer {
  readonly operations: readonly Operation[];
  readonly flow: Flow;
}

function compileLayer(
  compiler: Compiler,
  layers: readonly Layer[],
  index: number,
  flow: Flow,
): CompiledLayer {
  const layer = layers[index];
  const output = () => tensor(compiler, sizeOf(layer.output), passesByExample(layer, layers[index + 1]));
  if (layer.kind === 'activation') return compileActivation(layer, layers[index - 1], flow, output);
  if (layer.kind === 'dropout') return compileDropout(compiler, layer, flow, output());
  const buffers: Buffers = {
    input: flow.values,
    output: output(),
    dOutput: tensor(compiler, sizeOf(layer.output), gradientPassesByExample(layers.slice(index))),
    dInput: flow.isTrained ? flow.gradient : undefined,
  };
  return {
    operations: compileOperations(compiler, layer, buffers, layers[index - 1], layers.slice(index + 1)),
    flow: {
      values: buffers.output,
      gradient: buffers.dOutput,
      isTrained: layer.kind === 'conv2d' || layer.kind === 'dense' || flow.isTrained,
    },
  };
}

function compileOperations(
  compiler: Compiler,
  layer: Conv2dLayer | DenseLayer | Pooling2dLayer,
  buffers: Buffers,
  before: Layer | undefined,
  following: readonly Layer[],
): Operation[] {
  switch (layer.kind) {
    case 'conv2d':
      return compileConvolution(compiler, layer, buffers, convolutionWay(layer, following));
    case 'dense':
      return [compileDense(compiler, layer, buffers)];
    default:
      return [compilePooling(compiler, layer, isFusedRelu(before, layer), buffers)];
  }
}

function compileConvolution(
  { arena, derived, packing, maxExamples, edge }: Compiler,
  layer: Conv2dLayer,
  buffers: Buffers,
  way: ConvolutionWay,
): Operation[] {
  const kernel = packed(packing.parameters, layer.kernel.name);
  const bias = layer.bias && packed(packing.parameters, layer.bias.name);
  return convolution(way, layer, maxExamples, { arena, derived }, { ...buffers, kernel, bias, edge });
}

function compileDense(compiler: Compiler, layer: DenseLayer, buffers: Buffers): Operation {
  const { arena, packing, sizes, edge } = compiler;
  const kernel = packed(packing.denseKernels, layer.kernel.name);
  const bias = layer.bias && packed(packing.parameters, layer.bias.name);
  const batch = denseBatch(layer, sizes, compiler.batch);
  compiler.weightGradients.push(weightGradient(layer, kernel, batch, sizes, arena));
  return dense(layer, sizes, arena, { ...buffers, kernel, bias, batch, edge });
}

const compilePooling = (
  { arena, maxExamples }: Compiler,
  layer: Pooling2dLayer,
  relu: boolean,
  buffers: Buffers,
): Operation =>
  layer.kind === 'maxPooling2d'
    ? maxPooling(layer, relu, maxExamples, arena, buffers)
    : averagePooling(layer, arena, buffers);

/** In place, unless the layer before is an activation too: that one needs its own output on the way back. */
function compileActivation(
  layer: ActivationLayer,
  before: Layer | undefined,
  flow: Flow,
  output: () => Tensor,
): CompiledLayer {
  const perExample = runsPerExample(layer);
  if (before?.kind !== 'activation')
    return { operations: [activation(layer, perExample, flow.values, flow.gradient)], flow };
  const values = output();
  return {
    operations: [copy(perExample, flow.values, values), activation(layer, perExample, values, flow.gradient)],
    flow: { ...flow, values },
  };
}

function compileDropout(
  { arena, maxExamples }: Compiler,
  layer: DropoutLayer,
  flow: Flow,
  output: Tensor,
): CompiledLayer {
  const tensors = { input: flow.values, output, gradient: flow.gradient };
  return {
    operations: [dropout(layer, runsPerExample(layer), maxExamples, arena, tensors)],
    flow: { ...flow, values: output },
  };
}

/** Floats for all examples of a call, or for one at a time. */
const tensor = ({ arena, maxExamples }: Compiler, size: number, transient: boolean): Tensor => ({
  address: arena.floats(size * (transient ? 1 : maxExamples)),
  size,
  transient,
});

function stagesOf(operations: readonly LayerOperation[]): Stage[] {
  const stages: { perExample: boolean; operations: LayerOperation[] }[] = [];
  for (const operation of operations) {
    const last = stages.at(-1);
    if (last?.perExample === operation.perExample) last.operations.push(operation);
    else stages.push({ perExample: operation.perExample, operations: [operation] });
  }
  return stages;
}

/** Images go one by one; vectors all at once, as a dense layer needs them. */
const runsPerExample = (layer: Layer): boolean => layer.kind !== 'dense' && layer.output.length === 3;

/** A relu right in front of max pooling is part of it. */
const isFusedRelu = (layer: Layer | undefined, next: Layer | undefined): boolean =>
  layer?.kind === 'activation' && layer.activation === 'relu' && next?.kind === 'maxPooling2d';

/** Whether what lies between two layers is needed for one example at a time, and not again on the way back. */
function passesByExample(layer: Layer | undefined, next: Layer | undefined): boolean {
  if (layer?.kind === 'activation' || next === undefined) return false;
  if (layer !== undefined && !runsPerExample(layer)) return false;
  return runsPerExample(next) && next.kind !== 'activation';
}

/** The same for the gradient of the first layer's output, which activations and dropout behind it change in place. */
function gradientPassesByExample([layer, ...following]: readonly Layer[]): boolean {
  const reader = following.findIndex(({ kind }) => kind !== 'activation' && kind !== 'dropout');
  return reader >= 0 && [layer, ...following.slice(0, reader + 1)].every(runsPerExample);
}

function packed<T extends Pick<PackedParameter, 'parameter'>>(all: readonly T[], name: string): T {
  const found = all.find(({ parameter }) => parameter.name === name);
  if (found === undefined) throw new Error(`No parameter is named ${name}`);
  return found;
}
