import { inputError } from '../../errors.ts';
import { describe, type LayerConfig, show } from './config/layer-config.ts';

/** Which call of which layer a tensor comes from. */
export interface TensorSource {
  readonly layer: string;
  readonly call: number;
}

/** A layer of a functional model as its configuration lists it. */
export interface ListedLayer {
  /** { class_name, config, inbound_nodes } */
  readonly value: unknown;
  readonly layer: LayerConfig;
  /** What each of its calls reads. */
  readonly calls: readonly (readonly TensorSource[])[];
}

export interface OrderedCall {
  readonly key: string;
  readonly layer: ListedLayer;
  /** Keys of earlier calls; none for an input of the model. */
  readonly reads: readonly string[];
}

export interface OrderedModel {
  /** In the order of `model.layers`. */
  readonly layers: readonly ListedLayer[];
  /** What the outputs depend on, in an order in which it can be computed; a single output is the last. */
  readonly calls: readonly OrderedCall[];
  /** Keys of calls, in the model's order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * The order of a functional model's layers and calls, as tfjs-layers has it (engine/container.ts), because that of the
 * weights follows from it: by their distance from the outputs, the farthest first; at one distance by a walk from the
 * outputs, depth first, that meets a layer before what it reads.
 * @throws GradpoolError for a cycle, for a connection that leads nowhere, and where no output depends on an input
 */
export function orderCalls(
  layers: ReadonlyMap<string, ListedLayer>,
  inputs: readonly TensorSource[],
  outputs: readonly TensorSource[],
): OrderedModel {
  const calls = callsOf(layers, inputs);
  checkCycles(calls);
  const ends = outputs.map((output) => callOf(layers, calls, output, '`output_layers` of the model'));
  const { met, finished } = walk(
    calls,
    ends.map(({ key }) => key),
  );
  const apart = inputs.find(({ layer }) => !met.has(keyOf(layer, 0)));
  if (apart !== undefined)
    throw inputError(
      `Expected the model's output, ${ends.map(({ layer }) => describe(layer.layer)).join(' or ')}, to depend on its input, ${show(apart.layer)}, which nothing on the way reads`,
    );
  const depth = depths(calls, finished);
  const layerOrder = new Map<ListedLayer, number>();
  for (const key of met) {
    const { layer } = calls.get(key) as OrderedCall;
    if (!layerOrder.has(layer)) layerOrder.set(layer, layerOrder.size);
  }
  const order = (layer: ListedLayer) => layerOrder.get(layer) ?? 0;
  const byDepth = [...layerOrder.keys()].sort(
    (a, b) => depth.layers(b) - depth.layers(a) || order(a) - order(b),
  );
  const ordered = finished
    .map((key) => calls.get(key) as OrderedCall)
    .sort((a, b) => depth.calls(b.key) - depth.calls(a.key) || order(a.layer) - order(b.layer));
  return {
    layers: byDepth,
    calls: ordered,
    inputs: inputs.map(({ layer }) => keyOf(layer, 0)),
    outputs: ends.map(({ key }) => key),
  };
}

const keyOf = (layer: string, call: number): string => `${call} ${layer}`;

/** Every call of every layer; an input of the model has one that reads nothing. */
function callsOf(
  layers: ReadonlyMap<string, ListedLayer>,
  inputs: readonly TensorSource[],
): ReadonlyMap<string, OrderedCall> {
  const calls = new Map<string, OrderedCall>();
  const isInput = (name: string) => inputs.some(({ layer }) => layer === name);
  for (const [name, layer] of layers) {
    if (isInput(name)) calls.set(keyOf(name, 0), { key: keyOf(name, 0), layer, reads: [] });
    else
      for (const [index, sources] of layer.calls.entries())
        calls.set(keyOf(name, index), { key: keyOf(name, index), layer, reads: sources.map(sourceKey) });
  }
  for (const input of inputs)
    if (!calls.has(keyOf(input.layer, 0)))
      throw inputError(`The model's input is ${show(input.layer)}, which is none of its layers`);
  for (const { layer, reads } of calls.values()) {
    const sources = layer.calls.flat();
    if (reads.length === 0 && !isInput(layer.layer.name))
      throw inputError(`Expected layer ${describe(layer.layer)} to read another one, got no connection`);
    for (const source of sources)
      callOf(layers, calls, source, `\`inbound_nodes\` of layer ${describe(layer.layer)}`);
  }
  return calls;

  function sourceKey(source: TensorSource): string {
    return keyOf(source.layer, callNumber(layers.get(source.layer), source));
  }
}

/** A model that stands as a layer counts how it was made as its call 0. */
const callNumber = (layer: ListedLayer | undefined, { call }: TensorSource): number =>
  layer !== undefined && isModel(layer) && call > 0 ? call - 1 : call;

const isModel = ({ layer }: ListedLayer): boolean => Array.isArray(layer.fields.layers);

function callOf(
  layers: ReadonlyMap<string, ListedLayer>,
  calls: ReadonlyMap<string, OrderedCall>,
  source: TensorSource,
  place: string,
): OrderedCall {
  const listed = layers.get(source.layer);
  if (listed === undefined)
    throw inputError(`${place} name ${show(source.layer)}, which is none of the model's layers`);
  const call = calls.get(keyOf(source.layer, callNumber(listed, source)));
  if (call === undefined)
    throw inputError(
      listed.calls.length === 0
        ? `Expected layer ${describe(listed.layer)} to read another one or to be the model's input, got no connection`
        : `${place} name call ${source.call} of ${describe(listed.layer)}, which has ${listed.calls.length}`,
    );
  return call;
}

/** A walk without recursion: a model may be thousands of layers deep. It leaves out what is done, and adds to it. */
function walk(
  calls: ReadonlyMap<string, OrderedCall>,
  from: readonly string[],
  { done = new Set<string>(), onCycle }: { done?: Set<string>; onCycle?: (key: string) => void } = {},
) {
  const met = new Set<string>();
  const finished: string[] = [];
  const stack: { readonly key: string; next: number }[] = [];
  const enter = (key: string) => {
    met.add(key);
    stack.push({ key, next: 0 });
  };
  for (const start of from) {
    if (!done.has(start)) enter(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const read = calls.get(top.key)?.reads[top.next++];
      if (read === undefined) {
        stack.pop();
        done.add(top.key);
        finished.push(top.key);
      } else if (done.has(read)) continue;
      else if (met.has(read)) onCycle?.(read);
      else enter(read);
    }
  }
  return { met, finished };
}

function checkCycles(calls: ReadonlyMap<string, OrderedCall>): void {
  const onCycle = (key: string) => {
    const { layer } = calls.get(key) as OrderedCall;
    throw inputError(
      `Expected the model's layers to form no cycle, got one through layer ${describe(layer.layer)}`,
    );
  };
  const done = new Set<string>();
  for (const key of calls.keys()) if (!done.has(key)) walk(calls, [key], { done, onCycle });
}

/** How far calls and layers are from the outputs; a layer that is called twice is as far as its farthest call. */
function depths(calls: ReadonlyMap<string, OrderedCall>, finished: readonly string[]) {
  const callDepths = new Map<string, number>();
  const layerDepths = new Map<ListedLayer, number>();
  for (const key of finished.toReversed()) {
    const { layer, reads } = calls.get(key) as OrderedCall;
    const depth = Math.max(callDepths.get(key) ?? 0, layerDepths.get(layer) ?? 0);
    callDepths.set(key, depth);
    layerDepths.set(layer, depth);
    for (const read of reads) callDepths.set(read, Math.max(depth + 1, callDepths.get(read) ?? 0));
  }
  return {
    calls: (key: string) => callDepths.get(key) ?? 0,
    layers: (layer: ListedLayer) => layerDepths.get(layer) ?? 0,
  };
}
