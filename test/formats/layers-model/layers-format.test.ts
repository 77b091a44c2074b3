import '@tensorflow/tfjs-backend-cpu';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { type LayersModel, layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeLayersModel } from '../../../src/formats/layers-model/layers-format.ts';
import { readModel } from '../../../src/formats/model-file/read-model.ts';
import { modelSpec } from '../../../src/model/tfjs/layers-model.ts';
import { dense, model } from '../../../testing/model/topologies.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gradpool-layers-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Every kind of layer, with TensorFlow.js's own random values. */
const everything = () =>
  sequential({
    name: 'everything',
    layers: [
      layers.conv2d({
        name: 'Conv_A',
        inputShape: [12, 9, 2],
        filters: 3,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
      }),
      layers.averagePooling2d({ name: 'average', poolSize: 2, padding: 'same' }),
      layers.conv2d({ name: 'bare', filters: 2, kernelSize: 2, useBias: false, activation: 'tanh' }),
      layers.maxPooling2d({ name: 'max', poolSize: [2, 1] }),
      layers.reshape({ name: 'reshape', targetShape: [4, 4] }),
      layers.dense({ name: 'rows', units: 3, biasInitializer: 'randomNormal', activation: 'sigmoid' }),
      layers.flatten({ name: 'flatten' }),
      layers.dropout({ name: 'dropout', rate: 0.3 }),
      layers.dense({ name: 'out', units: 5, activation: 'softmax' }),
    ],
  });

/** tfjs-core has no file:// handler in plain Node.js: this one gives the files as its handlers do. */
function handlerOf(files: { 'model.json': string; 'weights.bin': Uint8Array }) {
  const { modelTopology, weightsManifest, format } = JSON.parse(files['model.json']);
  const weightSpecs = weightsManifest.flatMap((group: io.WeightsManifestConfig[number]) => group.weights);
  const weightData = new Uint8Array(files['weights.bin']).buffer;
  return io.fromMemory({ modelTopology, weightSpecs, weightData, format });
}

const bytesOf = (values: ArrayLike<number>) => Buffer.from(Float32Array.from(values).buffer);

function predict(by: LayersModel): Buffer {
  const inputs = Float32Array.from({ length: 2 * 12 * 9 * 2 }, (_, index) => Math.sin(index));
  const output = by.predict(tensor(inputs, [2, 12, 9, 2])) as Tensor;
  return bytesOf(output.dataSync());
}

describe('encodeLayersModel', () => {
  test('writes what tf.loadLayersModel opens, with weights and predictions equal bit for bit', async () => {
    const original = everything();
    const { topology, network, parameters } = modelSpec(original);
    const opened = await loadLayersModel(handlerOf(encodeLayersModel(topology, network, parameters)));
    expect(bytesOf(modelSpec(opened).parameters)).toEqual(bytesOf(parameters));
    expect(predict(opened)).toEqual(predict(original));
    expect(opened.toJSON(null, false)).toEqual(original.toJSON(null, false));
  });

  test('gives the same bytes for the same model, from shared memory too', () => {
    const { topology, network, parameters } = modelSpec(everything());
    const shared = new Float32Array(new SharedArrayBuffer(parameters.byteLength));
    shared.set(parameters);
    const files = encodeLayersModel(topology, network, parameters);
    expect(encodeLayersModel(topology, network, shared)).toEqual(files);
    expect(files['weights.bin'].buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('refuses parameters that are not as many as the network has', () => {
    const { topology, network } = modelSpec(everything());
    expect(() => encodeLayersModel(topology, network, new Float32Array(3))).toThrow(
      `Expected ${network.parameterCount} parameters to save, got 3`,
    );
  });
});

/** Two weights, kernel [3, 2] and bias [2]: 32 bytes. */
const topology = model(dense({ batch_input_shape: [null, 3] }));
const kernel = { name: 'dense/kernel', shape: [3, 2], dtype: 'float32' };
const bias = { name: 'dense/bias', shape: [2], dtype: 'float32' };
const group = (paths: unknown, ...weights: object[]) => ({ paths, weights });
const write = (name: string, content: string | Uint8Array) => writeFile(join(directory, name), content);
const read = (name: string) => readModel(join(directory, name));

async function readJson(json: object | string) {
  await write('model.json', typeof json === 'string' ? json : JSON.stringify(json));
  return read('model.json');
}
const readManifest = (...weightsManifest: unknown[]) =>
  readJson({ modelTopology: topology, weightsManifest });

describe('readModel of a model.json', () => {
  test('reads back what encodeLayersModel wrote', async () => {
    const spec = modelSpec(everything());
    const files = encodeLayersModel(spec.topology, spec.network, spec.parameters);
    for (const [name, content] of Object.entries(files)) await write(name, content);
    expect(await read('model.json')).toEqual(spec);
  });

  test('reads what TensorFlow.js saves', async () => {
    const original = everything();
    await original.save(
      io.withSaveHandler(async ({ modelTopology, weightSpecs = [], weightData }) => {
        const weightsManifest = [{ paths: ['saved.bin'], weights: weightSpecs }];
        await write('saved.json', JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }));
        await write('saved.bin', new Uint8Array(weightData as ArrayBuffer));
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    expect(await read('saved.json')).toEqual(modelSpec(original));
  });

  test('puts weights together from groups in any order and files that cut them anywhere', async () => {
    await write('bias.bin', bytesOf([7, 8]));
    await write('kernel-1.bin', bytesOf([1, 2, 3, 4, 5, 6]).subarray(0, 5));
    await write('kernel-2.bin', bytesOf([1, 2, 3, 4, 5, 6]).subarray(5));
    const { parameters } = await readManifest(
      group(['bias.bin'], bias),
      group(['kernel-1.bin', 'kernel-2.bin'], kernel),
    );
    expect(parameters).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  });

  test('reads names with a cell, as TensorFlow 2 writes them', async () => {
    await write('weights.bin', bytesOf([1, 2, 3, 4, 5, 6, 7, 8]));
    const cell = { ...kernel, name: 'dense/cell/kernel' };
    expect((await readManifest(group(['weights.bin'], cell, bias))).parameters?.[5]).toBe(6);
  });

  test.each([
    ['without a manifest', { modelTopology: topology }],
    ['with an empty manifest', { modelTopology: topology, weightsManifest: [] }],
    ['that is the bare configuration', topology],
    ['that is the bare configuration of a Keras file', { model_config: topology, keras_version: '2' }],
  ])('gives no parameters for a file %s', async (_, json) => {
    const found = await readJson(json);
    expect(found).not.toHaveProperty('parameters');
    expect(found.network.parameterCount).toBe(8);
  });

  test.each<[string, unknown[], string]>([
    [
      'a missing file',
      [group(['none.bin'], kernel, bias)],
      'none.bin: expected a file, found nothing; put the file there, or take',
    ],
    ['a directory', [group(['.bin'], kernel, bias)], 'expected a file, got a directory'],
    [
      'a file outside',
      [group(['../weights.bin'], kernel, bias)],
      'lie beside the model.json, got the path "../weights.bin"',
    ],
    ['an absolute path', [group(['/etc/hostname'], kernel, bias)], 'got the path "/etc/hostname"'],
    ['the directory itself', [group(['.'], kernel, bias)], 'got the path "."'],
    [
      'a file that is too short',
      [group(['short.bin'], kernel, bias)],
      'Expected 32 bytes of weights in "short.bin", got 31',
    ],
    [
      'a file that is too long',
      [group(['long.bin'], kernel, bias)],
      'Expected 32 bytes of weights in "long.bin", got 33',
    ],
    [
      'another number type',
      [group(['weights.bin'], { ...kernel, dtype: 'int32' }, bias)],
      'Expected the weight "dense/kernel" to be float32, got "int32"',
    ],
    [
      'quantized weights without a scale',
      [group(['weights.bin'], { ...kernel, quantization: { dtype: 'uint8' } }, bias)],
      '{ dtype: \'float16\' } of float32, got {"dtype":"uint8"}',
    ],
    [
      'another shape',
      [group(['weights.bin'], { ...kernel, shape: [2, 3] }, bias)],
      'to have the shape [3, 2], got [2, 3]',
    ],
    [
      'a shape that is no shape',
      [group(['weights.bin'], { ...kernel, shape: [-3, -2] }, bias)],
      'to be { name, shape, dtype }',
    ],
    [
      'an unknown weight',
      [group(['weights.bin'], kernel, { ...bias, name: 'other/bias' })],
      'lists the weight "other/bias", which the model has not',
    ],
    [
      'a weight listed twice',
      [group(['weights.bin'], kernel, kernel)],
      'lists the weight "dense/kernel" twice',
    ],
    ['a missing weight', [group(['weights.bin'], kernel)], '`weightsManifest` lacks the weight "dense/bias"'],
    ['a group without paths', [{ weights: [kernel, bias] }], 'to be { paths, weights }'],
    ['paths that are numbers', [group([1], kernel, bias)], 'to be { paths, weights }'],
    [
      'a weight that is not finite',
      [group(['nan.bin'], kernel, bias)],
      'Expected the weights to be finite, got NaN in "dense/bias"',
    ],
  ])('refuses a manifest with %s', async (_, manifest, message) => {
    await write('weights.bin', bytesOf([1, 2, 3, 4, 5, 6, 7, 8]));
    await write('short.bin', new Uint8Array(31));
    await write('long.bin', new Uint8Array(33));
    await write('nan.bin', bytesOf([1, 2, 3, 4, 5, 6, 7, Number.NaN]));
    await mkdir(join(directory, '.bin'), { recursive: true });
    await expect(readManifest(...manifest)).rejects.toThrow(message);
    await expect(readManifest(...manifest)).rejects.toThrow(join(directory, 'model.json'));
  });

  test.each<[string, object | string, string]>([
    ['text', 'not JSON', 'got a file that is not JSON'],
    ['nothing', '', 'got a file that is not JSON'],
    ['a number', '3', 'with a modelTopology, got 3'],
    ['a list', '[]', 'with a modelTopology, got []'],
    ['another object', { a: 1 }, 'with a modelTopology, got {"a":1}'],
    ['a topology that is text', { modelTopology: 'x' }, 'with a modelTopology'],
    [
      'a graph model',
      { format: 'graph-model', modelTopology: {} },
      'got a graph model, which cannot be trained',
    ],
    ['a manifest that is no list', { modelTopology: topology, weightsManifest: 3 }, 'to be a list, got 3'],
    [
      'an unsupported layer',
      {
        modelTopology: model({
          class_name: 'Cropping3D',
          config: { name: 'crop', batch_input_shape: [null, 3] },
        }),
      },
      'model.json: TensorFlow.js cannot make the model',
    ],
  ])('refuses a file that holds %s', async (_, json, message) => {
    await expect(readJson(json)).rejects.toThrow(message);
    await expect(readJson(json)).rejects.toMatchObject({ name: 'GradpoolError', kind: 'input' });
  });

  test('writes nothing that changes when the files are read again', async () => {
    const spec = modelSpec(everything());
    const files = encodeLayersModel(spec.topology, spec.network, spec.parameters);
    for (const [name, content] of Object.entries(files)) await write(name, content);
    const again = await read('model.json');
    const rewritten = encodeLayersModel(
      again.topology,
      again.network,
      again.parameters ?? new Float32Array(),
    );
    expect(rewritten['model.json']).toBe(files['model.json']);
    expect(Buffer.from(rewritten['weights.bin'])).toEqual(await readFile(join(directory, 'weights.bin')));
  });
});
