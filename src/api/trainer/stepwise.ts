/** A compiled model that is trained step by step: what a step minimizes and measures, and what it goes on from. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { optimizerOptions } from '../../config/optimizer-options.ts';
import type { TrainOptions } from '../../config/train-options.ts';
import type { TargetType } from '../../data/input-type.ts';
import { usageError } from '../../errors.ts';
import type { HeldModel } from '../../model/tfjs/layers-model.ts';
import type { OptimizerSettings, OptimizerState } from '../../optimizer/settings.ts';
import type { FitPart } from '../../protocol/fit.ts';
import { asCode } from '../../shown.ts';
import type { FitArgs } from '../fit/args.ts';
import { compiledOptions, compiledSettings, takesOf } from '../fit/compiled.ts';
import { checkOwn } from '../fit/own-functions.ts';
import { checkModel } from '../fit/trainable.ts';
import { holdOptimizer, readState, settingsOf, writeState } from '../optimizer/state.ts';

export interface Stepwise {
  readonly fit: FitPart;
  readonly optimizer: OptimizerSettings;
  /** What the loss of each output does. */
  readonly takes: readonly TargetType[];
  /** Makes the model's optimizer go on from a state. */
  write(state: OptimizerState): Promise<void>;
}

/**
 * @throws GradpoolError where the model is not compiled, or with what gradpool does not know, and for options that say
 *   what `model.compile` does
 */
/** What the model says itself. */
const ofCompile = [...optimizerOptions, 'optimizer', 'loss', 'metrics'] as const;

export async function stepwise(
  model: LayersModel,
  held: Pick<HeldModel, 'weights' | 'network'>,
  options: TrainOptions & Pick<FitArgs, 'lossWeights' | 'layers'>,
): Promise<Stepwise> {
  checkModel(model, 'createTrainer');
  const twice = ofCompile.find((name) => (options[name] ?? undefined) !== undefined);
  if (twice !== undefined)
    throw usageError(
      `Expected no ${asCode(twice)} for a model with several inputs or outputs, got some; it is trained as it is compiled`,
    );
  const compiled = compiledSettings(model, held.network, compiledOptions(options));
  const { loss, metrics } = compiled;
  const own = holdOptimizer(model, held);
  const optimizer = settingsOf(own);
  const [state] = await Promise.all([readState(own), checkOwn(compiled, model)]);
  return {
    fit: {
      ...{ loss, metrics, state, initialEpoch: 0, shuffle: false, validationBatchSize: 1 },
      ...{ waitForBatches: false, epochParameters: false },
    },
    ...{ optimizer, takes: takesOf(compiled) },
    write: (now) => writeState(own, state, now),
  };
}
