import { limits, resolveConfig, type TrainOptions } from '../config.ts';
import { trainInThread } from '../coordinator/client.ts';
import { defaultRuns, latestRunDirectory } from '../coordinator/run-directory.ts';
import { layersPath, loadData, loadNewModel } from './inputs.ts';
import { notice } from './output.ts';
import { createReporter } from './report.ts';
import { loadRunModel, readRunSettings } from './resume.ts';
import { type Stop, stopOnSignals } from './stop.ts';

export interface TrainCommandOptions extends TrainOptions {
  readonly model?: string;
  readonly data?: string;
  readonly layers?: string;
  readonly run?: string;
  readonly resume?: boolean;
  readonly allowArithmeticChange?: boolean;
  readonly logProbabilities?: boolean;
  readonly profile?: string;
  readonly verbose?: boolean;
}

/** @returns the exit code */
export async function trainCommand(options: TrainCommandOptions): Promise<number> {
  const stop = stopOnSignals();
  try {
    return await trainUntil(stop, options);
  } finally {
    stop.release();
  }
}

async function trainUntil(
  stop: Stop,
  {
    model: modelFile,
    data: dataDirectory,
    layers,
    run: namedRun,
    resume = false,
    allowArithmeticChange = false,
    logProbabilities: reportProbabilities = false,
    profile,
    verbose = false,
    ...options
  }: TrainCommandOptions,
): Promise<number> {
  // Before any file is read: what the command line alone shows to be wrong. The batch of a resumed run is not known yet.
  resolveConfig(resume ? { batchSize: limits.batchSize, ...options } : options);
  const resumed = resume ? (namedRun ?? (await latestRunDirectory())) : undefined;
  const config = resolveConfig(resumed === undefined ? options : await readRunSettings(resumed, options));
  const data = await loadData(dataDirectory);
  const model =
    (resumed !== undefined && modelFile === undefined
      ? await loadRunModel(resumed, layersPath(layers))
      : undefined) ?? (await loadNewModel(modelFile, data, config, layersPath(layers)));
  const run = resumed ?? namedRun ?? { under: defaultRuns };
  if (stop.signal.aborted) {
    notice('stopped before the training began; the same command begins it');
    return stop.exitCode();
  }
  const { train, test } = data;
  const report = createReporter({ config, data, model, verbose });
  const result = await trainInThread(
    {
      model: { topology: model.topology, network: model.network, parameters: model.parameters },
      train,
      test,
      config,
      run,
      resume,
      allowArithmeticChange,
      reportProbabilities,
      ...(profile === undefined ? {} : { profile }),
    },
    { onEvent: report.onEvent, signal: stop.signal },
  );
  report.end(result);
  return result.stopped ? stop.exitCode() : 0;
}
