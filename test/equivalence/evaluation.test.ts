/** Evaluation and prediction on workers against plain TensorFlow.js. */
import { beforeAll, describe, expect, test } from 'vitest';
import { resolveConfig } from '../../src/config.ts';
import { evaluateInThread, predictInThread, trainInThread } from '../../src/coordinator/client.ts';
import type { TrainEvent } from '../../src/protocol.ts';
import { digitNetwork, firstDigits, takeRows } from '../digits.ts';
import { parametersFor, relativeError } from '../engine/values.ts';
import { plainBatches } from './batches.ts';
import { layersModelOf } from './layers-model.ts';
import { plainEvaluation } from './plain-evaluation.ts';

/** Not a multiple of the examples of one evaluation task. */
const examples = 330;
const digits = await firstDigits(examples);
const settings = { seed: 3, workers: 3, batchSize: 40, steps: 60 };

/** A forward pass in float32; differences are a few roundings of 6e-8. */
const tolerance = 1e-5;

describe('after 60 steps of training', () => {
  let parameters: Float32Array;
  let plain: Awaited<ReturnType<typeof plainEvaluation>>;
  let evaluationAtEnd: { accuracy: number; loss: number } | undefined;
  let reports: (TrainEvent & { kind: 'step' })[];
  beforeAll(async () => {
    reports = [];
    const result = await trainInThread(
      {
        model: { topology: {}, network: digitNetwork, parameters: parametersFor(digitNetwork) },
        train: digits,
        test: digits,
        config: resolveConfig({ ...settings, logEvery: 9 }),
        resume: false,
        reportProbabilities: true,
      },
      { onEvent: (event) => void (event.kind === 'step' && reports.push(event)) },
    );
    ({ parameters, evaluation: evaluationAtEnd } = result);
    const model = layersModelOf(digitNetwork);
    const rows = Array.from({ length: examples }, (_, row) => row);
    plain = await plainEvaluation(model, digitNetwork, parameters, takeRows(digits, rows));
    model.dispose();
  });
  const model = () => ({ topology: {}, network: digitNetwork, parameters });

  test('accuracy and loss are those of plain TensorFlow.js', async () => {
    const { accuracy, loss } = await evaluateInThread({
      model: model(),
      data: digits,
      workers: 3,
      engine: 'wasm',
      simd: 'auto',
    });
    expect(accuracy).toBe(plain.accuracy);
    expect(relativeError([loss], [plain.loss])).toBeLessThanOrEqual(tolerance);
    expect(plain.accuracy).toBeGreaterThan(0.5);
  });

  test('the evaluation at the end of training is the one of its parameters', async () => {
    const again = await evaluateInThread({
      model: model(),
      data: digits,
      workers: 1,
      engine: 'wasm',
      simd: 'auto',
    });
    expect(evaluationAtEnd).toEqual(again);
  });

  test('the predicted probabilities of every example are those of plain TensorFlow.js', async () => {
    const { classes, probabilities } = await predictInThread({
      model: model(),
      data: digits,
      workers: 3,
      engine: 'wasm',
      simd: 'auto',
    });
    expect(relativeError(probabilities, plain.probabilities)).toBeLessThanOrEqual(tolerance);
    const right = classes.filter((predicted, example) => predicted === digits.labels[example]);
    expect(right.length / examples).toBe(plain.accuracy);
  });

  test("a training's reported probabilities are in the batch's order: with its labels they give its loss", () => {
    const batches = plainBatches(settings.seed, examples, settings.batchSize, settings.steps);
    expect(reports.map(({ step }) => step)).toEqual([1, 10, 19, 28, 37, 46, 55, 60]);
    for (const { step, loss, probabilities = new Float32Array(), classes = 0 } of reports) {
      const rows = batches[step - 1];
      expect(probabilities.length).toBe(rows.length * classes);
      const sum = rows.reduce(
        (total, row, i) => total - Math.log(probabilities[i * classes + digits.labels[row]]),
        0,
      );
      expect(relativeError([sum / rows.length], [loss]), `step ${step}`).toBeLessThanOrEqual(tolerance);
    }
  });
});
