/** Every model of the zoo in every format: there and back, and opened by the tools whose formats they are. */
import '../../../src/model/tfjs/cpu-backend.ts';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers } from '@tensorflow/tfjs-layers';
import { afterAll, describe, expect, test } from 'vitest';
import { formatsPython } from '../../../scripts/setup-formats.ts';
import { loadModel, saveModel } from '../../../src/index.ts';
import { modelSpec } from '../../../src/model/tfjs/layers-model.ts';
import {
  largestDifference,
  missingPeers,
  type PlainTensor,
  plain,
  runPeers,
} from '../../../testing/formats/peers.ts';
import { classifier, stacked, type ZooModel } from '../../../testing/zoo/builders.ts';
import { zoo } from '../../../testing/zoo/models.ts';
import { compiled, dataFor } from '../../../testing/zoo/training.ts';

const python = formatsPython();
const missing = missingPeers(python);
const directory = mkdtempSync(join(tmpdir(), "gradpool's formats "));
afterAll(() => rmSync(directory, { recursive: true }));

/** What another order of sums makes of probabilities in float32, and more. */
const tolerance = 1e-5;
const endings = ['', '.keras', '.safetensors'] as const;

const outputsOf = (model: LayersModel, x: tf.Tensor[]): PlainTensor[] =>
  [model.predict(x)].flat().map((tensor) => plain(tensor));

/** Cells of several numbers of weights, whose gates are scaled for Keras 3. */
const cells: ZooModel = {
  ...classifier,
  make: () =>
    stacked(
      layers.rnn({
        inputShape: [3, 2],
        cell: [layers.lstmCell({ units: 3 }), layers.gruCell({ units: 2, useBias: false })] as never,
      }),
      layers.dense({ units: 2 }),
    ),
};

const cases = Object.entries({ ...zoo, 'cells on each other': cells }).map(([name, one], index) => {
  const model = compiled(one, 'drawn');
  const x = dataFor(model, one)[0].map((tensor) => tf.slice(tensor, 0, 2));
  return { name, model, x, y: outputsOf(model, x), path: join(directory, `${index}`) };
});

describe.for(endings)('in a model with the ending "%s"', (ending) => {
  test.for(cases)('$name computes the same when it is read again.', async ({ model, x, y, path }) => {
    await saveModel(model, `${path}${ending}`);
    const read = await loadModel(`${path}${ending}`);
    // Gates are scaled for Keras 3 and back.
    expect(largestDifference(outputsOf(read, x), y)).toBeLessThan(1e-6);
    read.dispose();
  });
});

test('Keras and onnxruntime compute the same of all of them, and safetensors reads the same bytes.', async ({
  skip,
}) => {
  skip(missing !== undefined, missing);
  const opened = ['.keras', '.safetensors', '.onnx'];
  for (const { model, path } of cases) await saveModel(model, `${path}.onnx`);
  const list = cases.map(({ path, x, y }) => ({ path, endings: opened, x: x.map(plain), y }));
  writeFileSync(join(directory, 'list.json'), JSON.stringify(list));
  const results = await runPeers<Record<string, number | Record<string, string>>[]>(
    python,
    'open_models.py',
    join(directory, 'list.json'),
  );
  for (const [index, result] of results.entries()) {
    const { name, model } = cases[index];
    expect(result['.keras'], name).toBeLessThan(tolerance);
    expect(result['.onnx'], name).toBeLessThan(tolerance);
    expect(result['.safetensors'], name).toEqual(hashesOf(model));
  }
  expect(results).toHaveLength(cases.length);
});

function hashesOf(model: LayersModel): Record<string, string> {
  const { network, parameters } = modelSpec(model, { ends: 'several' });
  return Object.fromEntries(
    network.parameters.map(({ name, offset, size }) => {
      const { buffer } = parameters.slice(offset, offset + size);
      return [name, createHash('sha256').update(new Uint8Array(buffer)).digest('hex')];
    }),
  );
}
