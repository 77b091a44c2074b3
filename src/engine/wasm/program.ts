import { type Layer, type Network, sizeOf } from '../../model/network.ts';
import { type Arena, createArena } from './arena.ts';
import { convolution } from './convolution.ts';
import { dense } from './dense.ts';
import { activation, copy, dropout } from './elementwise.ts';
import type { Operation, Pass, Tensor } from './operation.ts';
import { type PackedParameter, type Packing, packingOf } from './packing.ts';
import { panelWidth } from './panels.ts';
import { averagePooling, maxPooling } from './pooling.ts';

/** A network compiled for one worker: a flat list of operations over planned memory. */
export interface Program {
  readonly packing: Packing;
  readonly arena: Arena;
  /** Where the examples are put, and whether one at a time. */
  readonly input: Tensor;
  readonly logits: Tensor;
  readonly dLogits: Tensor;
  readonly stages: readonly Stage[];
}

/** Neighbouring operations that run example by example, or one that takes all examples at once. */
export interface Stage {
  readonly perExample: boolean;
  readonly operations: readonly Operation[];
}

/** @param arenaStart address of the worker's scratch memory */
export function compile(network: Network, maxExamples: number, arenaStart: number): Program {
  const arena = createArena(arenaStart);
  const packing = packingOf(network);
  const { layers } = network;
  const tensor = (size: number, transient: boolean): Tensor => ({
    address: arena.floats(size * (transient ? 1 : maxExamples)),
    size,
    transient,
  });
  const edge = arena.floats(panelWidth);
  const operations: Operation[] = [];
  let values = tensor(sizeOf(network.input), layers.length > 0 && passesByExample(undefined, layers[0]));
  let gradient = tensor(values.size, values.transient);
  const input = values;
  let trained = false;
  layers.forEach((layer, index) => {
    const next = layers[index + 1];
    if (isFusedRelu(layer, next)) return;
    const output = (): Tensor => tensor(sizeOf(layer.output), passesByExample(layer, next));
    const dTensor = (): Tensor => tensor(sizeOf(layer.output), gradientPassesByExample(layers.slice(index)));
    const dInput = trained ? gradient : undefined;
    switch (layer.kind) {
      case 'conv2d':
      case 'dense': {
        const buffers = {
          input: values,
          output: output(),
          dOutput: dTensor(),
          dInput,
          kernel: packed(packing, layer.kernel.name),
          bias: layer.bias && packed(packing, layer.bias.name),
          edge,
        };
        operations.push(
          layer.kind === 'conv2d'
            ? convolution(layer, maxExamples, arena, buffers)
            : dense(layer, maxExamples, arena, buffers),
        );
        [values, gradient, trained] = [buffers.output, buffers.dOutput, true];
        break;
      }
      case 'maxPooling2d':
      case 'averagePooling2d': {
        const buffers = { input: values, output: output(), dOutput: dTensor(), dInput };
        const relu = index > 0 && isFusedRelu(layers[index - 1], layer);
        operations.push(
          layer.kind === 'maxPooling2d'
            ? maxPooling(layer, relu, maxExamples, arena, buffers)
            : averagePooling(layer, arena, buffers),
        );
        [values, gradient] = [buffers.output, buffers.dOutput];
        break;
      }
      case 'activation': {
        if (layers[index - 1]?.kind === 'activation') {
          const own = output();
          operations.push(copy(runsPerExample(layer), values, own));
          values = own;
        }
        operations.push(activation(layer, runsPerExample(layer), values, gradient));
        break;
      }
      case 'dropout': {
        const own = output();
        operations.push(
          dropout(layer, runsPerExample(layer), maxExamples, arena, { input: values, output: own, gradient }),
        );
        values = own;
      }
    }
  });
  return { packing, arena, input, logits: values, dLogits: gradient, stages: stagesOf(operations) };
}

export function runForward(
  program: Program,
  pass: Pass,
  count: number,
  load: (example: number) => void,
): void {
  program.stages.forEach((stage, index) => {
    if (index === 0 && !stage.perExample) for (let example = 0; example < count; example++) load(example);
    inStage(stage, count, (first, some) => {
      if (index === 0 && stage.perExample) load(first);
      for (const operation of stage.operations) operation.forward(pass, first, some);
    });
  });
}

export function runBackward(program: Program, pass: Pass, count: number): void {
  for (const stage of program.stages.toReversed())
    inStage(stage, count, (first, some) => {
      for (let index = stage.operations.length - 1; index >= 0; index--)
        stage.operations[index].backward(pass, first, some);
    });
}

function inStage(stage: Stage, count: number, run: (first: number, count: number) => void): void {
  if (!stage.perExample) run(0, count);
  else for (let example = 0; example < count; example++) run(example, 1);
}

function stagesOf(operations: readonly Operation[]): Stage[] {
  const stages: { perExample: boolean; operations: Operation[] }[] = [];
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
const isFusedRelu = (layer: Layer, next: Layer | undefined): boolean =>
  layer.kind === 'activation' && layer.activation === 'relu' && next?.kind === 'maxPooling2d';

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

function packed(packing: Packing, name: string): PackedParameter {
  const found = packing.parameters.find(({ parameter }) => parameter.name === name);
  if (found === undefined) throw new Error(`No parameter is named ${name}`);
  return found;
}
