/** What crosses between the page and its worker (Comlink). */
import type { Normalization } from '../../augmentation/settings.ts';
import type { Loss } from '../../loss/loss.ts';
import type { Network } from '../../model/network.ts';

/** The model of a checkpoint, as the server gives it: model.json, apart from the parameters. */
export interface ServedModel {
  readonly step: number;
  readonly network: Network;
  readonly loss: Loss;
  readonly normalization?: Normalization | undefined;
  /** [classes] what each is called; absent where they are numbers alone. */
  readonly classNames?: readonly string[] | undefined;
}

export interface Loaded {
  readonly step: number;
  /** See Choice. */
  readonly lacks?: string;
}

export interface PredictorApi {
  /** @param parameters [parameterCount] in natural order */
  load(model: ServedModel, parameters: Float32Array): Promise<Loaded>;
  /** @returns [classes]; undefined before a model is loaded */
  predict(input: Uint8Array): Float32Array | undefined;
}
