/**
 * ResNet-20 for images of 32 x 32 (He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, 2015, section 4.2):
 * three stages of three blocks of two convolutions, with projections where the size changes.
 */
import { input, layers, model, regularizers } from '@tensorflow/tfjs-layers';

/** @param {import('gradpool').CreateModelOptions} options */
export default function resnet20({ inputShape, classes }) {
  const image = input({ shape: inputShape });
  let x = relu(convolution(image, 16));
  for (const [stage, filters] of [16, 32, 64].entries())
    for (let block = 0; block < 3; block++) x = residual(x, filters, stage > 0 && block === 0 ? 2 : 1);
  // Logits: the loss takes the softmax.
  const logits = layers.dense({ units: classes }).apply(layers.globalAveragePooling2d({}).apply(x));
  return model({ inputs: image, outputs: /** @type {Tensor} */ (logits) });
}

/** @typedef {import('@tensorflow/tfjs-layers').SymbolicTensor} Tensor */

function residual(/** @type {Tensor} */ x, /** @type {number} */ filters, /** @type {number} */ strides) {
  const way = convolution(relu(convolution(x, filters, strides)), filters);
  const shortcut = strides === 1 ? x : convolution(x, filters, strides, 1);
  return relu(/** @type {Tensor} */ (layers.add().apply([way, shortcut])));
}

function convolution(/** @type {Tensor} */ x, /** @type {number} */ filters, strides = 1, kernelSize = 3) {
  const convolved = layers
    .conv2d({
      ...{ filters, kernelSize, strides, padding: 'same', useBias: false },
      ...{ kernelInitializer: 'heNormal', kernelRegularizer: regularizers.l2({ l2: 1e-4 }) },
    })
    .apply(x);
  return /** @type {Tensor} */ (layers.batchNormalization({ momentum: 0.9 }).apply(convolved));
}

function relu(/** @type {Tensor} */ x) {
  return /** @type {Tensor} */ (layers.activation({ activation: 'relu' }).apply(x));
}
