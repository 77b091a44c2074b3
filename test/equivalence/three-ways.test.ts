/** The tutorial's network on wasm, on tensorflow, and in a plain single-thread loop of TensorFlow.js on tfjs-node. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/config.ts';
import type { Session } from '../../src/coordinator/session.ts';
import { runStep } from '../../src/coordinator/step.ts';
import { openTrainer } from '../../src/coordinator/trainer.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import type { EngineName } from '../../src/engine/engine.ts';
import { mnistCnn } from '../../src/model/mnist-cnn/mnist-cnn.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import { loadTensorflow } from '../../src/runtime/tensorflow-package.ts';
import { firstDigits, takeRows } from '../../testing/digits.ts';
import { relativeError } from '../../testing/engine/values.ts';
import { plainBatches } from '../../testing/equivalence/batches.ts';
import { masksOf } from '../../testing/equivalence/masks.ts';
import { plainStep } from '../../testing/equivalence/plain-training.ts';
import { missing } from '../../testing/tensorflow.ts';

/** Of the change of each tensor; right implementations differ by 1e-6 to 5e-6, a wrong mask or factor by 1e-2. */
const tolerance = 1e-4;
const lossTolerance = 1e-2;
/** Two epochs, so that each order is another one. */
const steps = 40;
const compared = [1, 10, steps];

const spec = mnistCnnSpec();
const { network } = spec;
const config = (engine: EngineName) =>
  resolveConfig({ engine, workers: 2, batchSize: 100, learningRate: 0.05, momentum: 0, seed: 5 });
const examples = 2000;

describe('one step of the whole tutorial network from the same parameters', () => {
  beforeEach(({ skip }) => skip(missing !== undefined, missing));
  let digits: Dataset;
  let wasm: Session;
  let tensorflow: Session;
  let model: LayersModel;
  /** Of the free runs. */
  const losses = { wasm: [] as number[], tensorflow: [] as number[] };

  beforeAll(async () => {
    if (missing !== undefined) return;
    loadTensorflow();
    digits = await firstDigits(examples);
    const open = async (engine: EngineName) =>
      (await openTrainer({ model: spec, train: digits, config: config(engine) })).session;
    [wasm, tensorflow] = [await open('wasm'), await open('tensorflow')];
    await wasm.load(wasm.layout.parameters, spec.parameters);
    model = mnistCnn();
  });
  afterAll(async () => {
    await wasm?.close();
    await tensorflow?.close();
    model?.dispose();
  });

  test.for(compared)('at step %i', async (step) => {
    while (losses.wasm.length < step - 1) losses.wasm.push(await stepOf(wasm, losses.wasm.length + 1));
    const before = await wasm.read(wasm.layout.parameters);
    losses.wasm.push(await stepOf(wasm, step));
    await tensorflow.load(tensorflow.layout.parameters, before);
    const loss = await stepOf(tensorflow, step);
    const plain = await plainly(step, before);
    expect(relativeError([loss], [plain.loss])).toBeLessThanOrEqual(1e-5);
    for (const session of [wasm, tensorflow])
      expectSameChange(
        session.engine,
        before,
        await session.read(session.layout.parameters),
        plain.parameters,
      );
  });

  test(`and the losses of the free runs stay together for ${steps} steps`, { timeout: 180_000 }, async () => {
    await tensorflow.load(tensorflow.layout.parameters, spec.parameters);
    for (let step = 1; step <= steps; step++) losses.tensorflow.push(await stepOf(tensorflow, step));
    expect(losses.wasm.length).toBe(steps);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value) / values.length;
    for (let start = 0; start < steps; start += 20)
      expect(
        relativeError(
          [mean(losses.tensorflow.slice(start, start + 20))],
          [mean(losses.wasm.slice(start, start + 20))],
        ),
        `steps ${start + 1} to ${start + 20}`,
      ).toBeLessThanOrEqual(lossTolerance);
  });

  /** The batch's rows stand at the order's beginning. */
  async function stepOf(session: Session, step: number): Promise<number> {
    const rows = plainBatches(5, examples, 100, step)[step - 1];
    session.uints(session.layout.train.order, examples).set(rows);
    const batch = { epoch: 0, index: 0, start: 0, count: rows.length };
    return (await runStep(session, config('wasm'), step, batch)).loss;
  }

  function plainly(step: number, parameters: Float32Array) {
    const rows = plainBatches(5, examples, 100, step)[step - 1];
    return plainStep({
      ...{ model, backend: 'tensorflow' as const, parameters, velocity: parameters },
      ...takeRows(digits, rows),
      ...{ masks: masksOf(network, 5, step, rows.length), learningRate: 0.05, momentum: 0 },
    });
  }
});

function expectSameChange(
  engine: EngineName,
  before: Float32Array,
  after: Float32Array,
  plain: Float32Array,
): void {
  for (const { name, offset, size } of network.parameters) {
    const change = (to: Float32Array) =>
      Float64Array.from({ length: size }, (_, i) => to[offset + i] - before[offset + i]);
    const expected = change(plain);
    expect(
      expected.some((value) => value !== 0),
      `${name} moves`,
    ).toBe(true);
    expect(relativeError(change(after), expected), `${engine}: change of ${name}`).toBeLessThanOrEqual(
      tolerance,
    );
  }
}
