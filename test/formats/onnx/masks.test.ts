/** Masks in ONNX: layers leave out the same times there, in onnxruntime, and back. */
import '../../../src/model/tfjs/cpu-backend.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@tensorflow/tfjs-core';
import { type LayersModel, layers } from '@tensorflow/tfjs-layers';
import { afterAll, expect, test } from 'vitest';
import { formatsPython } from '../../../scripts/setup-formats.ts';
import type { OnnxGraph } from '../../../src/formats/onnx/graph.ts';
import { decodeModel, encodeModel } from '../../../src/formats/onnx/messages.ts';
import { encodeOnnx } from '../../../src/formats/onnx/write-onnx.ts';
import { loadModel, saveModel } from '../../../src/index.ts';
import { modelSpec } from '../../../src/model/tfjs/layers-model.ts';
import { setWeights } from '../../../testing/fit/models.ts';
import { modelOf, statesOf, weight } from '../../../testing/formats/onnx-models.ts';
import { largestDifference, missingPeers, plain, runPeers } from '../../../testing/formats/peers.ts';
import { stacked } from '../../../testing/zoo/builders.ts';

const python = formatsPython();
const missing = missingPeers(python);
const directory = mkdtempSync(join(tmpdir(), 'gradpool-onnx-'));
afterAll(() => rmSync(directory, { recursive: true }));
const path = (name: string) => join(directory, name);

const masking = layers.masking({ maskValue: 0.5, inputShape: [5, 3] } as never);
const words = () => layers.embedding({ inputDim: 9, outputDim: 3, inputLength: 5, maskZero: true });
type Both = Parameters<typeof layers.bidirectional>[0];
const both = (layer: unknown) => layers.bidirectional({ layer, mergeMode: 'concat' } as unknown as Both);

const masked: Readonly<Record<string, () => LayersModel>> = {
  'an LSTM of what counts': () => stacked(masking, layers.lstm({ units: 4 })),
  'a GRU of words, and one behind it': () =>
    stacked(words(), layers.gru({ units: 4, returnSequences: true }), layers.gru({ units: 3 })),
  'a recurrent layer that goes backwards': () =>
    stacked(words(), layers.simpleRNN({ units: 4, goBackwards: true, returnSequences: true })),
  'the last state of one that goes backwards': () =>
    stacked(words(), layers.lstm({ units: 4, goBackwards: true })),
  'both directions, of all times': () =>
    stacked(words(), both(layers.lstm({ units: 4, returnSequences: true }))),
  'both directions, of the last time': () => stacked(words(), both(layers.gru({ units: 4 }))),
};

/** Some times of each example count, of one all, of one none. */
const counted = tensor([1, 0, 2, 3, 0, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1], [4, 5]);

/** Such a model, its file, and what it makes of such sequences. */
async function written(name: string, make: () => LayersModel) {
  const model = make();
  setWeights(model, 7);
  const isOfWords = model.inputs[0].shape.length === 2;
  const rows = counted.arraySync() as number[][];
  const values = (word: number) => [word / 8, 0.5, 0.5].map((one) => (word === 0 ? 0.5 : one));
  const x = isOfWords ? counted : tensor(rows.map((row) => row.map(values)));
  await saveModel(model, path(`${name}.onnx`));
  const y = [model.predict(x)].flat().map(plain);
  return { model, x, y };
}

test.for(Object.entries(masked))('%s leaves out the same times in ONNX and back.', async ([name, make]) => {
  const { model, x, y } = await written(name, make);
  const again = await loadModel(path(`${name}.onnx`));
  expect(largestDifference([again.predict(x)].flat().map(plain), y)).toBeLessThan(1e-6);
  expect(again.countParams()).toBe(model.countParams());
  const { graph } = decodeModel(encodeOnnx(modelSpec(model, { purpose: 'infer' })));
  // Whatever the number of times: it is not written step by step.
  expect(graph.node.length).toBeLessThan(60);
});

test('onnxruntime leaves out the same times.', async ({ skip }) => {
  skip(missing !== undefined, missing);
  const cases: { name: string }[] = [];
  for (const [name, make] of Object.entries(masked)) {
    const { x, y } = await written(name, make);
    cases.push({ name, ...{ path: path(name), endings: ['.onnx'], x: [plain(x)], y } });
  }
  writeFileSync(path('list.json'), JSON.stringify(cases));
  const results = await runPeers<Record<string, number>[]>(python, 'open_models.py', path('list.json'));
  for (const [index, { name }] of cases.entries()) expect(results[index]['.onnx'], name).toBeLessThan(1e-6);
});

/** An LSTM on the times that count, and one on all times, of the same sequence. */
function ofSomeAndAll(graph: OnnxGraph): string {
  const sequence = (x: string) => {
    const steps = graph.node('Transpose', [x], { perm: [1, 0, 2] });
    const weights = [weight(graph, 'w', 1, 12, 4), weight(graph, 'r', 1, 12, 3)];
    return graph.nodeOf('LSTM', [steps, ...weights], 2, { hidden_size: 3 });
  };
  const mask = graph.node('ReduceMax', [counts(graph), graph.ints([2])], { keepdims: 0 });
  const masked = graph.node('Mul', ['input', graph.node('Unsqueeze', [mask, graph.ints([2])])]);
  const [, whole] = sequence(masked);
  const keys = graph.node('Mul', [mask, graph.floats('keys', [5], Float32Array.of(5, 4, 3, 2, 1))]);
  const [, order] = graph.nodeOf('TopK', [keys, graph.ints([5])], 2, { axis: 1 });
  const at = graph.node('Unsqueeze', [order, graph.ints([2])]);
  const [states] = sequence(graph.node('GatherND', [masked, at], { batch_dims: 1 }));
  const padded = graph.node('Pad', [statesOf(graph, states), graph.ints([0, 1, 0, 0, 0, 0])]);
  const steps = graph.node('Cast', [graph.node('ReduceSum', [mask, graph.ints([1])])], { to: 7 });
  const last = graph.node('GatherND', [padded, steps], { batch_dims: 1 });
  return graph.node('Add', [last, graph.node('Squeeze', [whole, graph.ints([0])])]);
}

const counts = (graph: OnnxGraph) =>
  graph.node('Cast', [graph.node('Not', [graph.node('Equal', ['input', graph.scalar(0)])])], { to: 1 });

test.for([
  ['a mask that one of two layers has', ofSomeAndAll, /\(LSTM\).*of which others leave some out/],
  [
    'a mask that goes elsewhere',
    (graph) => graph.node('Relu', [counts(graph)]),
    /\(Relu\).*a mask of times, otherwise than gradpool/,
  ],
] as const satisfies readonly (readonly [string, (graph: OnnxGraph) => string, RegExp])[])(
  '%s is refused in one line that names the node.',
  async ([name, build, message]) => {
    const file = path(`${name}.onnx`);
    const whole = (graph: OnnxGraph) => void graph.node('Identity', [build(graph)], {}, 'output');
    writeFileSync(file, encodeModel(modelOf([5, 4], [3], whole)));
    await expect(loadModel(file)).rejects.toThrow(message);
    await expect(loadModel(file)).rejects.toThrow(/^[^\n]+\.onnx: Its node [^\n]+$/);
  },
);
