import '@tensorflow/tfjs-backend-cpu';
import { layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import type { Conv2dLayer, Layer, Network, Pair, Pooling2dLayer } from '../../src/model/network.ts';

/** A TensorFlow.js model of a network that was built by hand; what only changes shapes becomes a reshape. */
export function layersModelOf(network: Network): Sequential {
  const model = sequential();
  model.add(layers.inputLayer({ inputShape: [...network.input] }));
  let shape = network.input;
  for (const layer of network.layers) {
    if (String(layer.input) !== String(shape)) model.add(layers.reshape({ targetShape: [...layer.input] }));
    model.add(kerasLayer(layer));
    shape = layer.output;
  }
  if (shape.length > 1) model.add(layers.flatten());
  if (network.endsInSoftmax) model.add(layers.activation({ activation: 'softmax' }));
  return model;
}

function kerasLayer(layer: Layer) {
  const { name } = layer;
  switch (layer.kind) {
    case 'conv2d':
      return layers.conv2d({
        name,
        filters: layer.output[2],
        kernelSize: pair(layer.kernelSize),
        strides: pair(layer.strides),
        padding: paddingOf(layer, layer.kernelSize),
        useBias: layer.bias !== undefined,
      });
    case 'maxPooling2d':
    case 'averagePooling2d': {
      const pooling = layer.kind === 'maxPooling2d' ? layers.maxPooling2d : layers.averagePooling2d;
      const [poolSize, strides] = [pair(layer.poolSize), pair(layer.strides)];
      return pooling({ name, poolSize, strides, padding: paddingOf(layer, layer.poolSize) });
    }
    case 'dense':
      return layers.dense({ name, units: layer.units, useBias: layer.bias !== undefined });
    case 'dropout':
      return layers.dropout({ name, rate: layer.rate });
    case 'activation':
      return layers.activation({ name, activation: layer.activation });
  }
}

/** Where both give the same size, both mean the same. */
function paddingOf(layer: Conv2dLayer | Pooling2dLayer, window: Pair): 'valid' | 'same' {
  const isValid = (axis: 0 | 1) =>
    Math.floor((layer.input[axis] - window[axis]) / layer.strides[axis]) + 1 === layer.output[axis];
  return isValid(0) && isValid(1) ? 'valid' : 'same';
}

const pair = ([vertical, horizontal]: Pair): [number, number] => [vertical, horizontal];
