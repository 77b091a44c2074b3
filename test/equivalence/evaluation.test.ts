/** Evaluation and prediction on workers against plain TensorFlow.js. */
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluateInThread, predictInThread, trainInThread } from '../../src/api/client.ts';
import { resolveConfig } from '../../src/config/config.ts';
import type { TrainEvent } from '../../src/protocol/requests.ts';
import { digitNetwork, firstDigits, takeRows } from '../../testing/digits.ts';
import { parametersFor, relativeError } from '../../testing/engine/values.ts';
import { plainBatches } from '../../testing/equivalence/batches.ts';
import { layersModelOf } from '../../testing/equivalence/layers-model.ts';
import { plainEvaluation } from '../../testing/equivalence/plain-evaluation.ts';

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

  test('the confusion matrix counts every example once, by its label and its predicted class', async () => {
    const request = { model: model(), data: digits, workers: 2, engine: 'wasm', simd: 'auto' } as const;
    const { confusion = [] } = await evaluateInThread({ ...request, confusion: true });
    const { classes } = await predictInThread(request);
    const expected = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
    classes.forEach((predicted, example) => {
      expected[digits.labels[example]][predicted]++;
    });
    expect(confusion).toEqual(expected);
    expect(confusion.flat().filter((count) => count > 0).length).toBeGreaterThan(10);
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

  test("a training's reported probabilities are in the batch's order: with its labels they give its loss and accuracy", () => {
    const batches = plainBatches(settings.seed, examples, settings.batchSize, settings.steps);
    expect(reports.map(({ step }) => step)).toEqual([1, 10, 19, 28, 37, 46, 55, 60]);
    for (const { step, loss, accuracy, probabilities = new Float32Array(), classes = 0 } of reports) {
      const rows = batches[step - 1];
      expect(probabilities.length).toBe(rows.length * classes);
      const sum = rows.reduce(
        (total, row, i) => total - Math.log(probabilities[i * classes + digits.labels[row]]),
        0,
      );
      expect(relativeError([sum / rows.length], [loss]), `step ${step}`).toBeLessThanOrEqual(tolerance);
      const right = rows.filter((row, i) => {
        const own = probabilities.subarray(i * classes, (i + 1) * classes);
        return own.indexOf(Math.max(...own)) === digits.labels[row];
      });
      expect(accuracy, `step ${step}`).toBe(right.length / rows.length);
    }
  });
});
