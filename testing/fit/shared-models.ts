/** Models that call a layer with weights several times. */
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { setWeights } from './models.ts';

type Layer = Pick<ReturnType<typeof layers.dense>, 'apply'>;
const call = (layer: Layer, read: SymbolicTensor) => layer.apply(read) as SymbolicTensor;

function threeTimes(): LayersModel {
  const values = input({ shape: [7] });
  const again = layers.dense({ units: 7, activation: 'tanh', name: 'again' });
  const last = layers.dense({ units: 3, activation: 'softmax' });
  return model({ inputs: values, outputs: call(last, call(again, call(again, call(again, values)))) });
}

/** On images, one by one, and in a row. */
function convolutions(): LayersModel {
  const image = input({ shape: [6, 5, 3] });
  const again = layers.conv2d({
    filters: 3,
    kernelSize: 3,
    padding: 'same',
    activation: 'relu',
    name: 'again',
  });
  const twice = call(again, call(again, image));
  const pooled = layers.maxPooling2d({ poolSize: 2 }).apply(twice) as SymbolicTensor;
  const flat = layers.flatten().apply(pooled) as SymbolicTensor;
  return model({ inputs: image, outputs: call(layers.dense({ units: 3, activation: 'softmax' }), flat) });
}

/** Spectra of the weights, two times. */
function widerConvolutions(): LayersModel {
  const image = input({ shape: [8, 8, 16] });
  const again = layers.conv2d({
    filters: 16,
    kernelSize: 5,
    padding: 'same',
    activation: 'relu',
    name: 'again',
  });
  const twice = call(again, call(again, image));
  const pooled = layers.globalAveragePooling2d({}).apply(twice) as SymbolicTensor;
  return model({ inputs: image, outputs: call(layers.dense({ units: 3, activation: 'softmax' }), pooled) });
}

/** Two sequences, read by the same layers. */
function siamese(): LayersModel {
  const [left, right] = [input({ shape: [4] }), input({ shape: [4] })];
  const words = layers.embedding({ inputDim: 9, outputDim: 5, name: 'words' });
  const steps = layers.gru({ units: 6, name: 'steps' });
  const read = [left, right].map((one) => call(steps, call(words, one)));
  const both = layers.concatenate().apply(read) as SymbolicTensor;
  return model({
    inputs: [left, right],
    outputs: call(layers.dense({ units: 3, activation: 'softmax' }), both),
  });
}

const seeded = (make: () => LayersModel) => () => {
  const made = make();
  setWeights(made, 3);
  return made;
};

export const sharedModels: Readonly<Record<string, () => LayersModel>> = {
  'a dense layer that is called three times': seeded(threeTimes),
  'a convolution that is called twice': seeded(convolutions),
  'a convolution by spectra that is called twice': seeded(widerConvolutions),
  'an embedding and a gru that two inputs share': seeded(siamese),
};
