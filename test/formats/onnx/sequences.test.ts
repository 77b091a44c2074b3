/** Sequences in ONNX: both directions, and what PyTorch writes around recurrent layers. */
import '../../../src/model/tfjs/cpu-backend.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { formatsPython } from '../../../scripts/setup-formats.ts';
import type { Attribute, OnnxGraph } from '../../../src/formats/onnx/graph.ts';
import { encodeModel } from '../../../src/formats/onnx/messages.ts';
import { loadModel } from '../../../src/index.ts';
import { uniform } from '../../../testing/engine/values.ts';
import { modelOf, statesOf, weight } from '../../../testing/formats/onnx-models.ts';
import { missingPeers, plain, runPeers } from '../../../testing/formats/peers.ts';

const python = formatsPython();
const missing = missingPeers(python);
const directory = mkdtempSync(join(tmpdir(), 'gradpool-onnx-'));
afterAll(() => rmSync(directory, { recursive: true }));
const path = (name: string) => join(directory, name);

interface Recurrent {
  readonly op?: string;
  readonly ways?: number;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Behind the weights. */
  readonly more?: readonly string[];
}

/** On sequences [5, 4], of 3 units. @returns states of all times, the last ones */
function recurrent(graph: OnnxGraph, { op = 'LSTM', ways = 1, attributes = {}, more = [] }: Recurrent = {}) {
  const rows = { RNN: 3, GRU: 9, LSTM: 12 }[op] as number;
  const weights = [
    weight(graph, 'w', ways, rows, 4),
    weight(graph, 'r', ways, rows, 3),
    weight(graph, 'b', ways, 2 * rows),
  ];
  const steps = graph.node('Transpose', ['input'], { perm: [1, 0, 2] });
  const direction = ways === 2 ? 'bidirectional' : 'forward';
  return graph.nodeOf(op, [steps, ...weights, ...more], 2, { hidden_size: 3, direction, ...attributes });
}

/** Zeros [ways, batch, 3], whose number of examples comes from the input's shape. */
function zeros(graph: OnnxGraph, ways: number): string {
  const batch = graph.node('Gather', [graph.node('Shape', ['input']), graph.int(0)]);
  const sizes = [graph.ints([ways]), graph.node('Unsqueeze', [batch, graph.ints([0])]), graph.ints([3])];
  const shape = graph.node('Concat', sizes, { axis: 0 });
  // With the batch's size left open, and without.
  if (ways === 2) return graph.node('Expand', [graph.floats('zeros', [2, 1, 3], new Float32Array(6)), shape]);
  const all = graph.node('ConstantOfShape', [shape]);
  return graph.node('Slice', [all, graph.ints([0]), graph.ints([ways]), graph.ints([0])]);
}

/** [times, ways, batch, 3] as [batch, times, ways * 3], by shapes that are computed. */
function joined(graph: OnnxGraph, states: string): string {
  const turned = graph.node('Transpose', [states], { perm: [0, 2, 1, 3] });
  const shape = graph.node('Shape', [turned]);
  const [times, batch, ways, units] = [0, 1, 2, 3].map((at) =>
    graph.node('Slice', [shape, graph.ints([at]), graph.ints([at + 1])]),
  );
  const size = graph.node('Reshape', [graph.node('Mul', [ways, units]), graph.ints([-1])]);
  const wanted = graph.node('Concat', [times, batch, size], { axis: 0 });
  return graph.node('Transpose', [graph.node('Reshape', [turned, wanted])], { perm: [1, 0, 2] });
}

const dense = (graph: OnnxGraph, x: string, inputs = 3): void => {
  graph.node('Gemm', [x, weight(graph, 'out', 2, inputs), weight(graph, 'bias', 2)], { transB: 1 }, 'output');
};

/** What PyTorch's two exporters write of classifiers. */
const classifiers: Readonly<Record<string, (graph: OnnxGraph) => void>> = {
  'the last time, by Gather'(graph) {
    const [states] = recurrent(graph, { more: ['', zeros(graph, 1), zeros(graph, 1)] });
    dense(graph, graph.node('Gather', [statesOf(graph, states), graph.int(-1)], { axis: 1 }));
  },
  'the last time, by Slice and Squeeze'(graph) {
    const [states] = recurrent(graph, { op: 'RNN', more: ['', zeros(graph, 1)] });
    const last = [[-1], [2 ** 40], [1], [1]].map((one) => graph.ints(one));
    dense(
      graph,
      graph.node('Squeeze', [graph.node('Slice', [joined(graph, states), ...last]), graph.ints([1])]),
    );
  },
  'the first time of those in front'(graph) {
    const [states] = recurrent(graph);
    dense(
      graph,
      graph.node('Gather', [graph.node('Squeeze', [states, graph.ints([1])]), graph.int(0)], { axis: 0 }),
    );
  },
  'a GRU that resets its state before the product'(graph) {
    const [, state] = recurrent(graph, { op: 'GRU', attributes: { linear_before_reset: 0 } });
    dense(graph, graph.node('Gather', [state, graph.int(-1)], { axis: 0 }));
  },
  'the mean of all times'(graph) {
    const [states] = recurrent(graph);
    dense(graph, graph.node('ReduceMean', [statesOf(graph, states), graph.ints([1])], { keepdims: 0 }));
  },
  'the largest of times in front'(graph) {
    const [states] = recurrent(graph);
    dense(
      graph,
      graph.node('ReduceMax', [graph.node('Squeeze', [states, graph.ints([1])]), graph.ints([0])], {
        keepdims: 0,
      }),
    );
  },
  'all times and the last state, repeated'(graph) {
    const [states, state] = recurrent(graph);
    const row = graph.node('Unsqueeze', [graph.node('Squeeze', [state, graph.ints([0])]), graph.ints([1])]);
    const sum = graph.node('Add', [
      statesOf(graph, states),
      graph.node('Expand', [row, graph.ints([1, 5, 1])]),
    ]);
    const product = graph.node('Mul', [sum, row]);
    dense(graph, graph.node('ReduceMean', [product, graph.ints([1])], { keepdims: 0 }));
  },
  'both directions of the last time'(graph) {
    const [states] = recurrent(graph, { ways: 2, more: ['', zeros(graph, 2), zeros(graph, 2)] });
    dense(graph, graph.node('Gather', [joined(graph, states), graph.int(-1)], { axis: 1 }), 6);
  },
  'the last states of both directions'(graph) {
    const [, state] = recurrent(graph, { op: 'GRU', ways: 2 });
    const parts = [-2, -1].map((at) => graph.node('Gather', [state, graph.int(at)], { axis: 0 }));
    dense(graph, graph.node('Concat', parts, { axis: 1 }), 6);
  },
  'two layers, whose last states are stacked'(graph) {
    const [states, state] = recurrent(graph, { op: 'RNN' });
    const weights = [weight(graph, 'w2', 1, 3, 3), weight(graph, 'r2', 1, 3, 3)];
    const second = graph.nodeOf('RNN', [graph.node('Squeeze', [states, graph.ints([1])]), ...weights], 2, {
      hidden_size: 3,
    });
    const both = graph.node('Concat', [state, second[1]], { axis: 0 });
    dense(graph, graph.node('Gather', [both, graph.int(-1)], { axis: 0 }));
  },
  'attention by the last state'(graph) {
    const [states, state] = recurrent(graph);
    const [rows, axis] = [statesOf(graph, states), graph.ints([2])];
    const query = graph.node('Unsqueeze', [graph.node('Squeeze', [state, graph.ints([0])]), axis]);
    const shares = graph.node('Softmax', [
      graph.node('Squeeze', [graph.node('MatMul', [rows, query]), axis]),
    ]);
    const sum = graph.node('MatMul', [graph.node('Unsqueeze', [shares, graph.ints([1])]), rows]);
    dense(graph, graph.node('Squeeze', [sum, graph.ints([1])]));
  },
};

test('onnxruntime computes what gradpool reads of what PyTorch writes.', async ({ skip }) => {
  skip(missing !== undefined, missing);
  const x = tensor(uniform(3, 60, -1, 1), [3, 5, 4]);
  const cases: { name: string }[] = [];
  for (const [index, [name, build]] of Object.entries(classifiers).entries()) {
    writeFileSync(path(`${index}.onnx`), encodeModel(modelOf([5, 4], [2], build)));
    const model = await loadModel(path(`${index}.onnx`));
    const y = [model.predict(x)].flat().map(plain);
    cases.push({ name, ...{ path: path(`${index}`), endings: ['.onnx'], x: [plain(x)], y } });
  }
  writeFileSync(path('list.json'), JSON.stringify(cases));
  const results = await runPeers<Record<string, number>[]>(python, 'open_models.py', path('list.json'));
  for (const [index, { name }] of cases.entries()) expect(results[index]['.onnx'], name).toBeLessThan(1e-6);
});

test('a recurrent layer whose last time alone is read gives that alone, and what nobody reads is left out.', async () => {
  writeFileSync(
    path('last.onnx'),
    encodeModel(modelOf([5, 4], [2], classifiers['the last time, by Gather'])),
  );
  const model = await loadModel(path('last.onnx'));
  expect(model.layers.map((layer) => [layer.getClassName(), layer.outputShape])).toEqual([
    ['InputLayer', [null, 5, 4]],
    ['LSTM', [null, 3]],
    ['Dense', [null, 2]],
  ]);
});

test('all times and the last state of one layer are both read.', async () => {
  const build = classifiers['all times and the last state, repeated'];
  writeFileSync(path('both.onnx'), encodeModel(modelOf([5, 4], [2], build)));
  const model = await loadModel(path('both.onnx'));
  const recurrent = model.layers.filter((layer) => layer.getClassName() === 'LSTM');
  expect(recurrent.map((layer) => layer.outputShape)).toEqual([[null, 5, 3]]);
});

test.for([
  [
    'a GRU that resets its product',
    (graph) => recurrent(graph, { op: 'GRU', attributes: { linear_before_reset: 1 } })[1],
    /\(GRU\).*`linear_before_reset`.*TensorFlow\.js does not compute/,
  ],
  [
    'lengths of sequences',
    (graph) => recurrent(graph, { more: [graph.ints([5, 4, 3])] })[1],
    /\(LSTM\) is not taken: it has lengths/,
  ],
  [
    'a state to begin with',
    (graph) => recurrent(graph, { more: ['', weight(graph, 'h', 1, 1, 3)] })[1],
    /it has states to begin with/,
  ],
  [
    'peepholes',
    (graph) => recurrent(graph, { more: ['', '', '', weight(graph, 'p', 1, 9)] })[1],
    /it has peepholes/,
  ],
  [
    'times in front at the end',
    (graph) => graph.node('Squeeze', [recurrent(graph)[0], graph.ints([1])]),
    /times or directions are in front/,
  ],
  [
    'every second time',
    (graph) =>
      graph.node('Slice', [
        statesOf(graph, recurrent(graph)[0]),
        ...[[0], [5], [1], [2]].map((one) => graph.ints(one)),
      ]),
    /\(Slice\).*from 0 to 5 by 2/,
  ],
  [
    'a mean of values',
    (graph) => graph.node('ReduceMean', ['input', graph.ints([2])]),
    /\(ReduceMean\).*neither all times/,
  ],
  [
    'a mean of examples',
    (graph) => graph.node('ReduceMean', ['input', graph.ints([0])]),
    /some of the examples/,
  ],
  [
    'a time that there is none of',
    (graph) => graph.node('Gather', ['input', graph.int(7)], { axis: 1 }),
    /takes number 7 of 5/,
  ],
  [
    'times by an input',
    (graph) => graph.node('Gather', ['input', 'input'], { axis: 1 }),
    /no one place of an axis/,
  ],
  [
    'an Expand of lengths that are not one',
    (graph) => graph.node('Expand', ['input', graph.ints([1, 5, 8])]),
    /\(Expand\).*\[5, 8\] of \[5, 4\]/,
  ],
] as const satisfies readonly (readonly [string, (graph: OnnxGraph) => string, RegExp])[])(
  '%s: refused in one line that names the node.',
  async ([name, build, message]) => {
    const file = path(`${name}.onnx`);
    writeFileSync(
      file,
      encodeModel(modelOf([5, 4], [3], (graph) => void graph.node('Identity', [build(graph)], {}, 'output'))),
    );
    await expect(loadModel(file)).rejects.toThrow(message);
    await expect(loadModel(file)).rejects.toThrow(/^[^\n]+\.onnx: Its node [^\n]+$/);
  },
);
