import { evaluateInThread } from '../coordinator/client.ts';
import { loadDataOf } from './data.ts';
import { loadTrainedModel, resolveTrained, type TrainedOptions } from './inputs.ts';
import { asDictionary, notice, print, short } from './output.ts';

export interface EvaluateCommandOptions extends TrainedOptions {
  readonly json?: boolean;
}

/** Prints accuracy and mean loss of a trained model over a data set's test part. @returns the exit code */
export async function evaluateCommand(options: EvaluateCommandOptions): Promise<number> {
  const { workers, engine, simd } = resolveTrained(options);
  const { model, globalStep, run } = await loadTrainedModel(options);
  const { test, note } = await loadDataOf(run, options.data);
  const { accuracy, loss } = await evaluateInThread({ model, data: test, workers, engine, simd });
  if (note !== undefined) notice(note);
  const step = globalStep === undefined ? {} : { global_step: globalStep };
  print(
    options.json === true
      ? JSON.stringify({ accuracy, loss, ...step })
      : asDictionary({ accuracy: short(accuracy), loss: short(loss), ...step }),
  );
  return 0;
}
