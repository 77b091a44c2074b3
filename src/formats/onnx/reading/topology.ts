/** From the calls of an ONNX graph to a Keras-style configuration and weights. */
import { inputError } from '../../../errors.ts';
import { show } from '../../../model/keras/config/layer-config.ts';
import { sizeOf } from '../../../shape.ts';
import { atTime, type Builder, type Call, type Made } from './builder.ts';
import type { Constant } from './constants.ts';
import { isRecurrent, maskRoot, masks } from './masked-layers.ts';

/** Those that nothing reads are left out. */
export function topologyOf(
  builder: Builder,
  inputs: readonly Made[],
  outputs: readonly Made[],
): { readonly topology: object; readonly weights: ReadonlyMap<string, Constant> } {
  const ends = outputs.map(({ layer }) => layer);
  const live = reachable(builder, [...inputs.map(({ layer }) => layer), ...ends]);
  checkMasks(builder, live);
  const { calls, resolve } = withTimes(live, ends);
  const { layers, places, weights } = layersOf(calls, resolve);
  const refer = (id: string) => [...(places.get(resolve(id)) as readonly [string, number]), 0];
  const config = {
    ...{
      name: 'model',
      layers: layers.map(({ calls: nodes, ...layer }) => ({
        ...layer,
        inbound_nodes: nodes
          .map(({ reads }) => reads.map((id) => [...refer(id), {}]))
          .filter(({ length }) => length > 0),
      })),
    },
    ...{ input_layers: inputs.map(({ layer }) => refer(layer)), output_layers: ends.map(refer) },
  };
  return { topology: { class_name: 'Model', config }, weights };
}

/** In their order. */
function reachable({ calls }: Builder, ends: readonly string[]): Call[] {
  const found = new Set<string>();
  const open = [...ends];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(calls.get(id) as Call).reads);
  }
  return [...calls.values()].filter(({ id }) => found.has(id));
}

/** A mask goes on from layer to layer by itself: to those that the file gives none it must not come. */
function checkMasks({ calls }: Builder, live: readonly Call[]): void {
  for (const { id, className, reads, isMasked = false } of live.filter(isRecurrent)) {
    const root = maskRoot(calls, reads[0]);
    if ((root !== undefined && masks(root)) !== isMasked)
      throw inputError(
        `Its node ${show(id)} (${className}) is not taken: it goes through all times of a sequence of which others leave some out`,
      );
  }
}

/** Last times become what their recurrent layer gives, where nobody reads the others; or are cut out. */
function withTimes(live: readonly Call[], ends: readonly string[]) {
  const aliases = new Map<string, string>();
  const isLast = ({ className, config, input }: Call) => className === atTime && config.at === input[0] - 1;
  const calls = live.flatMap((call): Call[] => {
    const { id, className, config, reads, input } = call;
    if (isRecurrent(call) && className !== 'Bidirectional' && !ends.includes(id)) {
      const readers = live.filter((one) => one.reads.includes(id));
      if (readers.every(isLast)) {
        for (const reader of readers) aliases.set(reader.id, id);
        return [{ ...call, config: { ...config, return_sequences: false } }];
      }
    }
    if (className !== atTime) return [call];
    if (aliases.has(id)) return [];
    const [times, ...rest] = input;
    const at = config.at as number;
    const size = sizeOf(rest);
    const plain = { own: {}, key: '', input };
    return [
      {
        ...plain,
        id: `${id}_times`,
        className: 'Reshape',
        config: { target_shape: [times, size, 1] },
        reads,
      },
      {
        ...{ ...plain, id: `${id}_time`, className: 'Cropping2D', reads: [`${id}_times`] },
        config: {
          cropping: [
            [at, times - 1 - at],
            [0, 0],
          ],
        },
      },
      { ...plain, id, className: 'Reshape', config: { target_shape: rest }, reads: [`${id}_time`] },
    ];
  });
  return { calls, resolve: (id: string) => aliases.get(id) ?? id };
}

/** Calls of one layer are those with the same weights of the file. */
function layersOf(calls: readonly Call[], resolve: (id: string) => string) {
  const layers: { class_name: string; name: string; config: object; calls: Call[] }[] = [];
  const byKey = new Map<string, (typeof layers)[number]>();
  const places = new Map<string, readonly [string, number]>();
  const weights = new Map<string, Constant>();
  for (const call of calls) {
    const { id, className, config, own, key } = call;
    const isWeighted = Object.keys(own).length > 0;
    const whole = isWeighted ? JSON.stringify([className, config, key]) : id;
    let layer = byKey.get(whole);
    if (layer === undefined) {
      layer = { class_name: className, name: id, config: { name: id, ...config }, calls: [] };
      layers.push(layer);
      byKey.set(whole, layer);
      for (const [name, constant] of Object.entries(own)) weights.set(`${id}/${name}`, constant);
    }
    places.set(id, [layer.name, layer.calls.length]);
    layer.calls.push({ ...call, reads: call.reads.map(resolve) });
  }
  return { layers, places, weights };
}
