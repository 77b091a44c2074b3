import { predictInThread } from '../api/client.ts';
import { integer } from '../check.ts';
import { usageError } from '../errors.ts';
import { dataChoice } from './load/data.ts';
import type { ExampleGroup } from './load/example-files.ts';
import { type ExamplesWanted, readExamples } from './load/examples.ts';
import { loadTrainedModel, resolveTrained, type TrainedModel, type TrainedOptions } from './load/inputs.ts';
import { loadTestOf } from './load/streamed-data.ts';
import { print } from './print/output.ts';
import type { Predicted } from './print/prediction-table.ts';
import { formatOf, predictionLines } from './print/predictions.ts';
import { during } from './print/progress.ts';

export interface PredictCommandOptions extends TrainedOptions {
  readonly index?: readonly number[];
  readonly top?: number;
  readonly json?: boolean;
  readonly format?: string;
  readonly watch?: string;
  readonly strict?: boolean;
  readonly invert?: boolean;
}

/** Prints classes and softmax probabilities of examples. @returns the exit code */
export async function predictCommand(
  files: readonly string[],
  options: PredictCommandOptions,
): Promise<number> {
  const computing = resolveTrained(options);
  const { index: indices = [], top = 3, json = false, strict = false, invert = false, watch } = options;
  integer('top', top, 1);
  for (const index of indices) integer('index', index, 0);
  const format = formatOf(options.format, json);
  if (files.length === 0 && indices.length === 0 && watch === undefined)
    throw usageError(
      'Expected files of examples, - for standard input, `watch` with a directory, or `index` with numbers of test images, got none',
    );
  const trained = await during('loading the model', () => loadTrainedModel(options));
  const { model, run, facts } = trained;
  const { columns, classNames } = facts;
  const style = { format, top, classNames };
  const wanted: ExamplesWanted = {
    ...{ files, indices, input: model.network.input, strict, invert },
    loadData: () => during('reading the data', () => loadTestOf(run, dataChoice(options).choice)),
    table: {
      ...(columns === undefined ? {} : { columns }),
      ...(classNames === undefined ? {} : { classNames }),
    },
  };
  let isFirst = true;
  const show = async (groups: readonly ExampleGroup[]) => {
    if (groups.length === 0) return;
    const all = await predicted(groups, trained, computing);
    for (const line of predictionLines(all, style, isFirst)) print(line);
    isFirst = false;
  };
  await show(await readExamples(wanted));
  if (watch === undefined) return 0;
  const { watchDirectory } = await import('./load/watch.ts');
  return watchDirectory(watch, async (file) =>
    show(await readExamples({ ...wanted, files: [file], indices: [] })),
  );
}

async function predicted(
  groups: readonly ExampleGroup[],
  { model, loss, facts: { normalization } }: TrainedModel,
  { workers, engine, simd }: ReturnType<typeof resolveTrained>,
): Promise<Predicted[]> {
  const all: Predicted[] = [];
  const { classes: width } = model.network;
  for (const { examples, sources } of groups) {
    const { classes, probabilities } = await predictInThread({
      ...{ model, data: examples, workers, engine, simd, normalization },
      ...(loss === undefined ? {} : { loss }),
    });
    sources.forEach((source, row) => {
      const own = probabilities.subarray(row * width, (row + 1) * width);
      all.push({ ...source, class: classes[row], probabilities: own });
    });
  }
  return all;
}
