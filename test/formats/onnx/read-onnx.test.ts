/** ONNX files that are read: of gradpool itself, of images channels first as others write them, and what is refused. */
import '../../../src/model/tfjs/cpu-backend.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { matMul, relu, slice, tensor, transpose } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { formatsPython } from '../../../scripts/setup-formats.ts';
import type { OnnxGraph } from '../../../src/formats/onnx/graph.ts';
import { encodeModel, type ModelMessage } from '../../../src/formats/onnx/messages.ts';
import { loadModel, saveModel } from '../../../src/index.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { modelOf, weight } from '../../../testing/formats/onnx-models.ts';
import { largestDifference, missingPeers, plain, runPeers } from '../../../testing/formats/peers.ts';
import { zoo } from '../../../testing/zoo/models.ts';
import { compiled, dataFor } from '../../../testing/zoo/training.ts';

const python = formatsPython();
const missing = missingPeers(python);
const directory = mkdtempSync(join(tmpdir(), 'gradpool-onnx-'));
afterAll(() => rmSync(directory, { recursive: true }));
const path = (name: string) => join(directory, name);

const read = Object.entries(zoo);

test.for(read.map(([name], index) => [name, index] as const))(
  '%s is the same in ONNX and back.',
  async ([, index]) => {
    const [, one] = read[index];
    const model = compiled(one, 'drawn');
    const x = dataFor(model, one)[0].map((values) => slice(values, 0, 2));
    await saveModel(model, path(`${index}.onnx`));
    const again = await loadModel(path(`${index}.onnx`));
    const [y, other] = [model, again].map((each) => [each.predict(x)].flat().map(plain));
    expect(largestDifference(other, y)).toBeLessThan(1e-6);
    // Layers that are shared are so in the file.
    expect(again.countParams()).toBe(model.countParams());
  },
);

/** As PyTorch writes it: channels first, paddings that are its own, matrices turned. */
function channelsFirst(graph: OnnxGraph): void {
  const conv = graph.node('Conv', ['input', weight(graph, 'w1', 4, 3, 3, 3), weight(graph, 'b1', 4)], {
    ...{ pads: [1, 1, 1, 1], strides: [2, 2], kernel_shape: [3, 3] },
  });
  const positive = graph.floats('variance', [4], Float32Array.of(0.5, 1, 1.5, 2));
  const norm = [weight(graph, 'gamma', 4), weight(graph, 'beta', 4), weight(graph, 'mean', 4), positive];
  const main = graph.node('Relu', [
    graph.node('BatchNormalization', [conv, ...norm], { epsilon: { float: 1e-3 } }),
  ]);
  const depthwise = graph.node('Conv', [main, weight(graph, 'w2', 8, 1, 3, 3)], {
    group: 4,
    pads: [1, 1, 1, 1],
  });
  const silu = graph.node('Mul', [depthwise, graph.node('Sigmoid', [depthwise])]);
  const aside = graph.node('Conv', [main, weight(graph, 'w3', 8, 4, 1, 1)]);
  const sum = graph.node('LeakyRelu', [graph.node('Add', [silu, aside])], { alpha: { float: 0.1 } });
  const joined = graph.node('Concat', [sum, graph.node('Clip', [aside, graph.scalar(0), graph.scalar(6)])], {
    axis: 1,
  });
  const pooled = graph.node('MaxPool', [joined], { kernel_shape: [2, 2], strides: [2, 2] });
  const mean = graph.node('AveragePool', [pooled], {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
    count_include_pad: 1,
  });
  const flat = graph.node('Flatten', [mean]);
  const hidden = graph.node('Gemm', [flat, weight(graph, 'w4', 5, 64), weight(graph, 'b4', 5)], {
    transB: 1,
  });
  const product = graph.node('MatMul', [graph.node('Tanh', [hidden]), weight(graph, 'w5', 5, 3)]);
  graph.node('Softmax', [graph.node('Add', [product, weight(graph, 'b5', 3)])], { axis: 1 }, 'output');
}

test('a model of images channels first is read, and computes of images channels last what onnxruntime does.', async ({
  skip,
}) => {
  skip(missing !== undefined, missing);
  writeFileSync(path('first.onnx'), encodeModel(modelOf([3, 8, 8], [3], channelsFirst)));
  const model = await loadModel(path('first.onnx'));
  const x = tensor(uniform(9, 2 * 3 * 64, -1, 1), [2, 3, 8, 8]);
  const y = [model.predict(transpose(x, [0, 2, 3, 1]))].flat().map(plain);
  const list = path('list.json');
  writeFileSync(list, JSON.stringify([{ path: path('first'), endings: ['.onnx'], x: [plain(x)], y }]));
  const [result] = await runPeers<Record<string, number>[]>(python, 'open_models.py', list);
  expect(result['.onnx']).toBeLessThan(1e-6);
});

test('a matrix twice is one layer, and the same one turned another.', async () => {
  const build = (graph: OnnxGraph) => {
    const matrix = weight(graph, 'w', 4, 4);
    const once = graph.node('Gemm', ['input', matrix]);
    const twice = graph.node('Gemm', [graph.node('Relu', [once]), matrix]);
    graph.node('Gemm', [twice, matrix], { transB: 1 }, 'output');
  };
  writeFileSync(path('tied.onnx'), encodeModel(modelOf([4], [4], build)));
  const model = await loadModel(path('tied.onnx'));
  expect(model.countParams()).toBe(32);
  const x = tensor([[1, -2, 3, 0.5]]);
  const w = tensor(uniform(17, 16, -0.5, 0.5), [4, 4]);
  const y = matMul(matMul(relu(matMul(x, w)), w), w, false, true);
  expect(largestDifference([model.predict(x)].flat().map(plain), [plain(y)])).toBeLessThan(1e-6);
});

const dense = (graph: OnnxGraph) => {
  graph.node('MatMul', ['input', weight(graph, 'w', 4, 2)], {}, 'output');
};
const whole = () => encodeModel(modelOf([4], [2], dense));
const changed = (change: (model: ModelMessage) => object) =>
  encodeModel(change(modelOf([4], [2], dense)) as ModelMessage);
const node = (op: string, inputs = ['input'], attributes = {}) =>
  encodeModel(modelOf([4], [2], (graph) => void graph.node(op, inputs, attributes, 'output')));

/** On [times, batch, values], as its operation wants them. */
const gru = (attributes: object) =>
  encodeModel(
    modelOf([5, 4], [3], (graph) => {
      const steps = graph.node('Transpose', ['input'], { perm: [1, 0, 2] });
      const weights = [weight(graph, 'w', 1, 9, 4), weight(graph, 'r', 1, 9, 3)];
      const [, state] = graph.nodeOf('GRU', [steps, ...weights], 2, { hidden_size: 3, ...attributes });
      graph.node('Squeeze', [state, graph.ints([0])], {}, 'output');
    }),
  );

test('states go into the next layer, and the last one out, of a GRU.', async () => {
  writeFileSync(path('gru.onnx'), gru({}));
  const model = await loadModel(path('gru.onnx'));
  expect(model.outputs[0].shape).toEqual([null, 3]);
  expect(model.layers.some((layer) => layer.getClassName() === 'GRU')).toBe(true);
});

test.for([
  ['a GRU that resets its product', () => gru({ linear_before_reset: 1 }), /\(GRU\) is not taken: its gate/],
  ['a direction that is none', () => gru({ direction: 'up' }), /\(GRU\) is not taken: its `direction` is up/],
  [
    'an activation that no layer has',
    () => gru({ activations: { strings: ['Sigmoid', 'Elu'] } }),
    /\(GRU\).*its activation Elu/,
  ],
  ['text', () => Buffer.from('no model at all'), /damaged or cut off|a graph, got none/],
  ['an empty file', () => new Uint8Array(0), /a graph, got none/],
  ['one that is cut off', () => whole().subarray(0, -20), /damaged or cut off/],
  ['an operation that is not taken', () => node('LRN'), /Its node "made\/LRN" \(LRN\) is not taken/],
  [
    'an operation of another domain',
    () =>
      changed((model) => ({
        ...model,
        graph: { ...model.graph, node: [{ ...model.graph.node[0], domain: 'com.other' }] },
      })),
    /\(MatMul\) is not taken/,
  ],
  [
    'a product without a matrix',
    () => node('MatMul', ['input', 'input']),
    /\(MatMul\) is not taken: it multiplies by no matrix/,
  ],
  ['an input that nothing makes', () => node('Relu', ['other']), /it reads "other", which no node/],
  [
    'examples that are mixed',
    () => node('Transpose', ['input'], { perm: [1, 0] }),
    /\(Transpose\) is not taken: its `perm` is 1,0/,
  ],
  [
    'an output that nothing makes',
    () =>
      changed((model) => ({
        ...model,
        graph: { ...model.graph, output: [{ ...model.graph.output[0], name: 'lost' }] },
      })),
    /make its output "lost"/,
  ],
  [
    'weights of another size',
    () =>
      changed((model) => ({
        ...model,
        graph: { ...model.graph, initializer: [{ ...model.graph.initializer[0], dims: [4, 3] }] },
      })),
    /"w" to hold 12 values, \[4, 3\], got 8/,
  ],
  [
    'weights in another file',
    () =>
      changed((model) => ({
        ...model,
        graph: { ...model.graph, initializer: [{ ...model.graph.initializer[0], dataLocation: 1 }] },
      })),
    /"w" lies in another file/,
  ],
  [
    'weights of text',
    () =>
      changed((model) => ({
        ...model,
        graph: { ...model.graph, initializer: [{ ...model.graph.initializer[0], dataType: 8 }] },
      })),
    /got the type 8/,
  ],
  ['an input of unknown size', () => encodeModel(modelOf([0], [2], dense)), /"input" to be .* known sizes/],
] as const)('%s is refused in one line.', async ([name, bytes, message]) => {
  const file = path(`${name}.onnx`);
  writeFileSync(file, bytes());
  await expect(loadModel(file)).rejects.toThrow(message);
  await expect(loadModel(file)).rejects.toThrow(/^[^\n]+\.onnx: [^\n]+$/);
});
