import '@tensorflow/tfjs-backend-cpu';
import {
  input,
  type LayersModel,
  layers,
  model,
  type Sequential,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import {
  type ConcatenateLayer,
  type Conv2dLayer,
  isSequential,
  type Layer,
  type Network,
  type Pair,
  type Pooling2dLayer,
  type Shape,
  sizeOf,
} from '../../src/model/network.ts';

/** A TensorFlow.js model of a network that was built by hand; what only changes shapes becomes a reshape. */
export const layersModelOf = (network: Network): LayersModel =>
  isSequential(network) ? sequentialModel(network) : functionalModel(network);

function sequentialModel(network: Network): Sequential {
  const made = sequential();
  made.add(layers.inputLayer({ inputShape: [...network.input] }));
  let shape = network.input;
  for (const layer of network.layers) {
    if (String(layer.input) !== String(shape)) made.add(layers.reshape({ targetShape: [...layer.input] }));
    made.add(kerasLayer(layer));
    shape = layer.output;
  }
  if (shape.length > 1) made.add(layers.flatten());
  if (network.endsInSoftmax) made.add(layers.activation({ activation: 'softmax' }));
  return made;
}

function functionalModel(network: Network): LayersModel {
  const inputs = input({ shape: [...network.input] });
  const tensors = [inputs];
  for (const layer of network.layers) {
    const read = layer.reads.map((tensor, place) => reshaped(tensors[tensor], inputShape(layer, place)));
    tensors.push(kerasLayer(layer).apply(read.length === 1 ? read[0] : read) as SymbolicTensor);
  }
  let outputs = tensors[tensors.length - 1];
  if (outputs.shape.length > 2) outputs = layers.flatten().apply(outputs) as SymbolicTensor;
  if (network.endsInSoftmax)
    outputs = layers.activation({ activation: 'softmax' }).apply(outputs) as SymbolicTensor;
  return model({ inputs, outputs });
}

function reshaped(tensor: SymbolicTensor, targetShape: Shape): SymbolicTensor {
  if (String(tensor.shape.slice(1)) === String(targetShape)) return tensor;
  return layers.reshape({ targetShape: [...targetShape] }).apply(tensor) as SymbolicTensor;
}

/** The shape that the layer wants one of its inputs to have: they differ where they stand side by side. */
function inputShape(layer: Layer, place: number): Shape {
  if (layer.kind !== 'concatenate') return layer.input;
  const axis = axisOf(layer) - 1;
  return layer.input.with(axis, layer.parts[place] / sizeOf(layer.input.slice(axis + 1)));
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
        trainable: layer.kernel.untrained === undefined,
      });
    case 'maxPooling2d':
    case 'averagePooling2d': {
      const pooling = layer.kind === 'maxPooling2d' ? layers.maxPooling2d : layers.averagePooling2d;
      const [poolSize, strides] = [pair(layer.poolSize), pair(layer.strides)];
      return pooling({ name, poolSize, strides, padding: paddingOf(layer, layer.poolSize) });
    }
    case 'dense':
      return layers.dense({
        name,
        units: layer.units,
        useBias: layer.bias !== undefined,
        trainable: layer.kernel.untrained === undefined,
      });
    case 'dropout':
      return layers.dropout({ name, rate: layer.rate });
    case 'activation':
      return layers.activation({ name, activation: layer.activation });
    case 'leakyReLU':
      return layers.leakyReLU({ name, alpha: layer.alpha });
    case 'add':
      return layers.add({ name });
    case 'concatenate':
      return layers.concatenate({ name, axis: axisOf(layer) });
    case 'batchNormalization': {
      const { momentum, epsilon, gamma, beta } = layer;
      const weights = { scale: gamma !== undefined, center: beta !== undefined };
      const trainable = gamma?.untrained === undefined;
      return layers.batchNormalization({ name, momentum, epsilon, trainable, ...weights });
    }
  }
}

/** Where both give the same size, both mean the same. */
function paddingOf(layer: Conv2dLayer | Pooling2dLayer, window: Pair): 'valid' | 'same' {
  const isValid = (axis: 0 | 1) =>
    Math.floor((layer.input[axis] - window[axis]) / layer.strides[axis]) + 1 === layer.output[axis];
  return isValid(0) && isValid(1) ? 'valid' : 'same';
}

const pair = ([vertical, horizontal]: Pair): [number, number] => [vertical, horizontal];

/** The dimension that is the sum of the inputs'; the examples are dimension 0. */
const axisOf = ({ input: shape, output }: ConcatenateLayer): number =>
  1 + output.findIndex((size, axis) => size !== shape[axis]);
