import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeLayersModel } from '../../../src/formats/layers-model/layers-format.ts';
import { readModelFile } from '../../../src/formats/model-file/read-model-file.ts';
import { initialValues } from '../../../src/model/initial/initial-values.ts';
import { readNetwork } from '../../../src/model/keras/read-network.ts';
import { dense, model } from '../../../testing/model/topologies.ts';

const options = { seed: 3, inputShape: [4, 4, 1], classes: 5 };
const topology = model(dense({ batch_input_shape: [null, 3] }));
const network = readNetwork(topology);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gradpool-load-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function load(name: string, content: string | Uint8Array) {
  await writeFile(join(directory, name), content);
  return readModelFile(join(directory, name), options);
}

describe('readModelFile of a model.json', () => {
  test('takes the weights that it lists', async () => {
    const parameters = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const files = encodeLayersModel(topology, network, parameters);
    await writeFile(join(directory, 'weights.bin'), files['weights.bin']);
    expect(await load('model.json', files['model.json'])).toEqual({
      topology,
      network,
      parameters,
      initialValues: 'file',
    });
  });

  test('draws the values from the seed where it lists none', async () => {
    expect(await load('model.json', JSON.stringify({ modelTopology: topology }))).toEqual({
      topology,
      network,
      parameters: initialValues(network, options.seed),
      initialValues: 'drawn',
    });
  });

  test('names the file when an initializer is unknown', async () => {
    const json = {
      modelTopology: model(dense({ batch_input_shape: [null, 3], kernel_initializer: 'magic' })),
    };
    await expect(load('odd.json', JSON.stringify(json))).rejects.toThrow(
      `${join(directory, 'odd.json')}: The initializer "magic" of "dense/kernel" is not supported`,
    );
  });

  test('refuses more than 64 MiB before reading it', async () => {
    const file = join(directory, 'large.json');
    await writeFile(file, '');
    await truncate(file, 64 * 2 ** 20 + 1);
    await expect(readModelFile(file, options)).rejects.toThrow(
      `${file}: expected a file of at most 67108864 bytes, got 67108865 bytes`,
    );
  });

  test('does not load TensorFlow.js', async () => {
    await load('plain.json', JSON.stringify({ modelTopology: topology }));
    const script = `
      const { readModelFile } = await import(${JSON.stringify(new URL('../../../src/formats/model-file/read-model-file.ts', import.meta.url).href)});
      await readModelFile(${JSON.stringify(join(directory, 'plain.json'))}, ${JSON.stringify(options)});
      const { createRequire } = await import('node:module');
      const loaded = Object.keys(createRequire(${JSON.stringify(import.meta.url)}).cache);
      console.log(loaded.filter((file) => file.includes('@tensorflow')).length);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout.trim()).toBe('0');
  });
});

/** A module of a model whose output depends on what it is called with. */
const moduleCode = (declaration: string) => `
  import { layers, sequential } from ${JSON.stringify(import.meta.resolve('@tensorflow/tfjs-layers'))};
  ${declaration} ({ seed, inputShape, classes }) {
    return sequential({ layers: [
      layers.flatten({ name: 'seed_' + seed, inputShape }),
      layers.dense({ name: 'out', units: classes, kernelInitializer: 'glorotUniform' }),
    ] });
  }`;

describe('readModelFile checks the size before it draws values', () => {
  const tooLarge = async () => {
    throw new Error('too large');
  };
  // Drawing would fail at the initializer.
  const undrawable = model(
    dense({ batch_input_shape: [null, 3], kernel_initializer: { class_name: 'Odd', config: {} } }),
  );

  test('of a model.json', async () => {
    const file = join(directory, 'large.json');
    await writeFile(file, JSON.stringify({ modelTopology: undrawable }));
    await expect(readModelFile(file, options, undefined, tooLarge)).rejects.toThrow('too large');
    await expect(readModelFile(file, options)).rejects.toThrow('Odd');
  });

  test('of a module', async () => {
    const file = join(directory, 'large.mjs');
    await writeFile(
      file,
      `export default () => ({ toJSON: () => (${JSON.stringify(undrawable)}), getWeights: () => [] });`,
    );
    await expect(readModelFile(file, options, undefined, tooLarge)).rejects.toThrow('too large');
    await expect(readModelFile(file, options)).rejects.toThrow('Odd');
  });
});

/** Two inputs that are added, and a dense layer. */
const twoInputs = [
  ...['a', 'b'].map((name) => ({
    ...{ class_name: 'InputLayer', name, inbound_nodes: [] },
    config: { name, batch_input_shape: [null, 3] },
  })),
  {
    ...{ class_name: 'Add', name: 'sum', config: { name: 'sum' } },
    inbound_nodes: [
      [
        ['a', 0, 0, {}],
        ['b', 0, 0, {}],
      ],
    ],
  },
  {
    ...{ class_name: 'Dense', name: 'out', config: { name: 'out', units: 3 } },
    inbound_nodes: [[['sum', 0, 0, {}]]],
  },
]
  .map((layer) => JSON.stringify(layer))
  .join();

describe('readModelFile of a module', () => {
  test.each([
    ['default.mjs', 'export default function'],
    ['named.mjs', 'export function createModel'],
    ['promise.mjs', 'export default async function'],
    ['typed.ts', 'type Shape = number[];\n export default function'],
  ])('takes the architecture and draws the values from the seed: %s', async (name, declaration) => {
    const loaded = await load(name, moduleCode(declaration));
    expect(loaded.network).toMatchObject({ input: [4, 4, 1], classes: 5, parameterCount: 85 });
    expect(JSON.stringify(loaded.topology)).toContain('seed_3');
    expect(loaded.initialValues).toBe('drawn');
    expect(loaded.parameters).toEqual(initialValues(loaded.network, 3));
  });

  test('takes a CommonJS module', async () => {
    const code = `
      const { toJSON } = { toJSON: () => (${JSON.stringify(topology)}) };
      exports.createModel = () => ({ toJSON, getWeights: () => [] });`;
    expect((await load('common.cjs', code)).network).toEqual(network);
  });

  test.each([
    ['nothing', 'let a = 1;', 'returns a layers model; got no exports'],
    ['a number', 'export default 3;', 'got default: the number 3'],
    ['an object', 'export const model = {};', 'got model: a plain object'],
  ])('refuses one that exports %s', async (name, code, message) => {
    await expect(load(`exports-${name.replace(' ', '-')}.mjs`, code)).rejects.toThrow(message);
  });

  test.each([
    ['nothing', '() => {}', 'to return a TensorFlow.js layers model (tf.LayersModel), got undefined'],
    ['a plain object', '() => ({})', 'got a plain object'],
    ['something of a class', '() => new Map()', 'got an object of class Map'],
    ['text', "async () => 'model'", 'got the string "model"'],
    [
      'a model of two inputs',
      `() => ({ toJSON: () => ({ class_name: 'Model', config: { layers: [${twoInputs}], input_layers: [['a', 0, 0], ['b', 0, 0]], output_layers: [['out', 0, 0]] } }), getWeights() {}, inputs: [0, 1] })`,
      'Expected a model with one input, got one with 2',
    ],
  ])('refuses a function that returns %s', async (name, code, message) => {
    const file = `returns-${name.replaceAll(' ', '-')}.mjs`;
    await expect(load(file, `export default ${code}`)).rejects.toThrow(message);
    await expect(load(file, `export default ${code}`)).rejects.toThrow(join(directory, file));
  });

  test('keeps the cause when the function throws, and the first line of its message', async () => {
    const failing = load('throws.mjs', "export default () => { throw new RangeError('first\\nsecond'); }");
    await expect(failing).rejects.toMatchObject({
      message: `The function that ${join(directory, 'throws.mjs')} exports failed: first`,
      kind: 'input',
      cause: { name: 'RangeError', message: 'first\nsecond' },
    });
  });

  test('keeps the cause when the module cannot be imported', async () => {
    const failing = load('imports.mjs', "import 'no-such-package-at-all';");
    await expect(failing).rejects.toThrow(`The model ${join(directory, 'imports.mjs')} cannot be loaded: `);
    await expect(failing).rejects.toHaveProperty('cause');
  });
});

describe('readModelFile refuses', () => {
  test.each(['none.json', 'none.mjs'])('a file that does not exist: %s', async (name) => {
    const file = join(directory, name);
    await expect(readModelFile(file, options)).rejects.toThrow(`${file}: expected a file, found nothing`);
  });

  test('a directory', async () => {
    await expect(readModelFile(directory, options)).rejects.toThrow('expected a file, got a directory');
  });

  test.skipIf(process.platform === 'win32')('a pipe, without waiting for it', async () => {
    const pipe = join(directory, 'pipe.json');
    execFileSync('mkfifo', [pipe]);
    await expect(readModelFile(pipe, options)).rejects.toThrow('expected a file, got a pipe');
  });

  test('a file of another kind', async () => {
    await expect(load('model.pb', 'x')).rejects.toThrow(
      'Expected a model file to be a TensorFlow.js model.json, or a .keras, .h5, .hdf5, .onnx, .safetensors file, or a module (.js, .mjs, .cjs, .ts, .mts), got ',
    );
  });
});
