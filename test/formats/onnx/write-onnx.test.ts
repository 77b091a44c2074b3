/** Networks of every kind of layer, on edge shapes, as onnxruntime and Keras compute them. */
import '../../../src/model/tfjs/cpu-backend.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { formatsPython } from '../../../scripts/setup-formats.ts';
import { encodeKeras } from '../../../src/formats/keras/write-keras.ts';
import { decodeModel } from '../../../src/formats/onnx/messages.ts';
import { encodeOnnx, opset } from '../../../src/formats/onnx/write-onnx.ts';
import type { Layer, Network } from '../../../src/model/network.ts';
import { modelSpec } from '../../../src/model/tfjs/layers-model.ts';
import { networks } from '../../../testing/engine/networks.ts';
import { inputsOf, parametersFor } from '../../../testing/engine/values.ts';
import { layersModelOf } from '../../../testing/equivalence/layers-model.ts';
import { setWeights } from '../../../testing/fit/models.ts';
import { missingPeers, plain, runPeers } from '../../../testing/formats/peers.ts';
import { plainOutputs } from '../../../testing/formats/plain-outputs.ts';

const python = formatsPython();
const missing = missingPeers(python);
const directory = mkdtempSync(join(tmpdir(), 'gradpool-onnx-'));
afterAll(() => rmSync(directory, { recursive: true }));

const examples = 3;
/** float32 beside float64, of outputs up to some tens. */
const tolerance = 1e-4;

/** @returns the largest difference of each case */
async function opened(name: string, ending: string, cases: readonly object[]): Promise<number[]> {
  const list = join(directory, `${name}.json`);
  writeFileSync(list, JSON.stringify(cases));
  const results = await runPeers<Record<string, number>[]>(python, 'open_models.py', list);
  return results.map((result) => result[ending]);
}

const inputFor = (network: Network) => {
  const values = inputsOf(network, 3, examples);
  return { values, x: [{ shape: [examples, ...network.input], values: [...values] }] };
};

test('onnxruntime computes the same of every network.', async ({ skip }) => {
  skip(missing !== undefined, missing);
  const cases = Object.entries(networks).map(([name, network], index) => {
    const path = join(directory, `${index}`);
    const parameters = parametersFor(network);
    const { values, x } = inputFor(network);
    writeFileSync(`${path}.onnx`, encodeOnnx({ topology: {}, network, parameters }));
    return { name, path, endings: ['.onnx'], x, y: plainOutputs(network, parameters, values, examples) };
  });
  const differences = await opened('onnx', '.onnx', cases);
  for (const [index, { name }] of cases.entries()) expect(differences[index], name).toBeLessThan(tolerance);
  expect(differences.length).toBeGreaterThan(150);
});

/** The first networks with a kind of layer, or an activation, that none before has. */
function firstOfEachKind(): [string, Network][] {
  const seen = new Set<string>();
  const kindOf = (layer: Layer) => (layer.kind === 'activation' ? layer.activation : layer.kind);
  return Object.entries(networks).filter(([, { layers }]) => {
    const kinds = layers.map(kindOf).filter((kind) => !seen.has(kind));
    for (const kind of kinds) seen.add(kind);
    return kinds.length > 0;
  });
}

/** Kinds that only other layers become, that TensorFlow.js lacks, or Keras 3 computes otherwise. */
const lacking = [
  ...['hardSigmoid', 'geluNew', 'bilinearUpSampling2d', 'subtract', 'slice', 'thresholdedReLU', 'leakyReLU'],
];

test('Keras computes the same of every kind of layer that it has.', async ({ skip }) => {
  skip(missing !== undefined, missing);
  const cases: { readonly name: string }[] = [];
  for (const [index, [name, network]] of firstOfEachKind().entries()) {
    if (
      network.layers.some((layer) =>
        lacking.includes(layer.kind === 'activation' ? layer.activation : layer.kind),
      )
    )
      continue;
    const model = layersModelOf(network);
    setWeights(model, 5);
    const path = join(directory, `keras-${index}`);
    const { values, x } = inputFor(network);
    writeFileSync(`${path}.keras`, await encodeKeras(modelSpec(model, { purpose: 'infer' })));
    const y = [model.predict(tensor(values, [examples, ...network.input]))].flat().map(plain);
    cases.push({ name, path, endings: ['.keras'], x, y } as { readonly name: string });
  }
  const differences = await opened('keras', '.keras', cases);
  for (const [index, { name }] of cases.entries()) expect(differences[index], name).toBeLessThan(tolerance);
  expect(differences.length).toBeGreaterThan(20);
});

test('a file says which version of the operations it is of, and names its weights.', () => {
  const [network] = Object.values(networks);
  const { opsetImport, graph, producerName } = decodeModel(
    encodeOnnx({ topology: {}, network, parameters: parametersFor(network) }),
  );
  expect({ opsetImport, producerName }).toEqual({
    opsetImport: [{ domain: '', version: opset }],
    producerName: 'gradpool',
  });
  const names = graph.initializer.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(network.parameters.map(({ name }) => name)));
});

test('a model whose layers only TensorFlow.js knows is refused by the layer.', () => {
  const [network] = Object.values(networks);
  const opaque = {
    reason: 'Layer "both" (ConvLSTM2D) is not supported by the embedded engines: no engine knows its class',
  };
  expect(() =>
    encodeOnnx({ topology: {}, network: { ...network, opaque }, parameters: parametersFor(network) }),
  ).toThrow(/cannot be written as ONNX: Layer "both" \(ConvLSTM2D\)/);
});
