import type { Layer } from '../../model/network.ts';

/** What TensorFlow.js or TensorFlow's kernels lack for a layer; undefined where it can be trained. */
export function lackOf(layer: Layer): string | undefined {
  switch (layer.kind) {
    case 'batchNormalization':
    case 'layerNormalization':
      if (layer.gamma && layer.beta) return undefined;
      return 'TensorFlow.js normalizes with `scale` and `center` only';
    case 'activation':
      if (layer.activation !== 'thresholdedReLU') return undefined;
      return 'TensorFlow.js has no gradient of ThresholdedReLU';
    case 'conv2d':
      return layer.dilation && noDilation;
    case 'depthwiseConv2d':
      if (layer.strides[0] !== layer.strides[1])
        return "TensorFlow's depthwise convolutions have equal `strides` only";
      return layer.dilation && noDilation;
    case 'maximum':
    case 'minimum':
      if (layer.broadcasts !== true) return undefined;
      return 'TensorFlow.js has no gradient of Maximum and Minimum where they broadcast';
    case 'subtract':
      return 'TensorFlow.js has no Subtract';
    default:
      return undefined;
  }
}

const noDilation = 'TensorFlow.js has no gradient of convolutions with dilation';
