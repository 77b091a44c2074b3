import { evaluateInThread } from '../api/client.ts';
import { dataChoice } from './load/data.ts';
import { loadTrainedModel, resolveTrained, type TrainedOptions } from './load/inputs.ts';
import { loadTestOf } from './load/streamed-data.ts';
import { classReport, classScores } from './print/class-report.ts';
import { asDictionary, measuresOf, notice, print, shortened } from './print/output.ts';
import { createEvaluationProgress, during } from './print/progress.ts';
import { silenceStatusLine } from './print/status-line.ts';

export interface EvaluateCommandOptions extends TrainedOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly classReport?: boolean;
}

/** Prints how well a trained model does on a data set's test part, each class too. @returns the exit code */
export async function evaluateCommand(options: EvaluateCommandOptions): Promise<number> {
  const { json = false, quiet = false } = options;
  // Who reads it with a program asks for it.
  const { classReport: confusion = !json && !quiet && process.stdout.isTTY === true } = options;
  if (quiet) silenceStatusLine();
  const { workers, engine, simd, metrics } = resolveTrained(options);
  const { model, globalStep, run, loss, facts } = await during('loading the model', () =>
    loadTrainedModel(options),
  );
  const { test, note } = await during('reading the data', () => loadTestOf(run, dataChoice(options).choice));
  const { normalization, classNames = test.classNames } = facts;
  const asked = { model, data: test, workers, engine, simd, metrics, normalization, confusion };
  const request = loss === undefined ? asked : { ...asked, loss };
  const { confusion: matrix, ...evaluation } = await evaluateInThread(request, createEvaluationProgress());
  const measures = measuresOf(evaluation);
  if (note !== undefined) notice(note);
  const step = globalStep === undefined ? {} : { global_step: globalStep };
  if (json) {
    const classes =
      matrix === undefined ? {} : { classes: classScores(matrix, classNames), confusion: matrix };
    print(JSON.stringify({ ...measures, ...step, ...classes }));
    return 0;
  }
  if (matrix !== undefined) for (const line of classReport(matrix, classNames)) print(line);
  print(asDictionary({ ...shortened(measures), ...step }));
  return 0;
}
