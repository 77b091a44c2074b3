/** The Web Worker of the live page: the model of the newest checkpoint, on the kernels that trained it. */
import { expose } from 'comlink';
import type { PredictorApi } from './predictor/api.ts';
import { type Choice, chooseInBrowser } from './predictor/choose.ts';
import { createPredictor, type Predictor } from './predictor/predict.ts';

let choice: Promise<Choice> | undefined;
let predictor: Predictor | undefined;

const api: PredictorApi = {
  async load({ step, network, loss, normalization }, parameters) {
    choice ??= chooseInBrowser(readKernels);
    const { kernels, createMemory, lacks } = await choice;
    predictor = createPredictor({ network, loss, normalization, parameters, kernels, createMemory });
    return { step, ...(lacks === undefined ? {} : { lacks }) };
  },
  predict: (input) => predictor?.predict(input),
};

async function readKernels(variant: string): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(`kernels/${variant}.wasm`);
  if (!answer.ok) throw new Error(`The kernels could not be had: ${await answer.text()}`);
  return new Uint8Array(await answer.arrayBuffer());
}

expose(api);
