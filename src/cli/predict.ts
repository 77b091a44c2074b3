import { integer } from '../check.ts';
import { predictInThread } from '../coordinator/client.ts';
import { usageError } from '../errors.ts';
import { loadDataOf } from './data.ts';
import { readExamples } from './examples.ts';
import { loadTrainedModel, resolveTrained, type TrainedOptions } from './inputs.ts';
import { print } from './output.ts';
import { type Predicted, predictionTable } from './prediction-table.ts';

export interface PredictCommandOptions extends TrainedOptions {
  readonly index?: readonly number[];
  readonly top?: number;
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly invert?: boolean;
}

/** Prints classes and softmax probabilities of images. @returns the exit code */
export async function predictCommand(
  files: readonly string[],
  options: PredictCommandOptions,
): Promise<number> {
  const { workers, engine, simd } = resolveTrained(options);
  const { index: indices = [], top = 3, json = false, strict = false, invert = false, data } = options;
  integer('top', top, 1);
  for (const index of indices) integer('index', index, 0);
  if (files.length === 0 && indices.length === 0)
    throw usageError('Expected PNG or IDX files, or --index with indices of test images, got none');
  const { model, run } = await loadTrainedModel(options);
  const groups = await readExamples({
    files,
    indices,
    loadData: () => loadDataOf(run, data),
    input: model.network.input,
    strict,
    invert,
  });
  const all: Predicted[] = [];
  for (const { examples, sources } of groups) {
    const { classes, probabilities } = await predictInThread({
      model,
      data: examples,
      workers,
      engine,
      simd,
    });
    sources.forEach((source, row) => {
      const from = row * model.network.classes;
      all.push({
        ...source,
        class: classes[row],
        probabilities: probabilities.subarray(from, from + model.network.classes),
      });
    });
  }
  for (const line of json ? all.map(asJson) : predictionTable(all, top)) print(line);
  return 0;
}

const asJson = (predicted: Predicted): string =>
  JSON.stringify({ ...predicted, probabilities: [...predicted.probabilities] });
