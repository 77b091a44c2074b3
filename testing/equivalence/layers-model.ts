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
import { isSequential, type Layer, type Network } from '../../src/model/network.ts';
import { type Shape, sizeOf } from '../../src/shape.ts';
import { axisOf, kerasLayer } from './keras-layers.ts';
import { ReverseTimes } from './reverse-times.ts';

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
  if (shape.length > 1 && network.output.length === 1) made.add(layers.flatten());
  if (network.endsInSoftmax) made.add(layers.activation({ activation: 'softmax' }));
  return made;
}

function functionalModel(network: Network): LayersModel {
  const inputs = input({ shape: [...network.input] });
  const tensors = [inputs];
  for (const layer of network.layers) {
    if (['mask', 'broadcast', 'l2Normalize'].includes(layer.kind)) {
      tensors.push(tensors[layer.reads[0]]);
      continue;
    }
    const before = network.layers[layer.reads[0] - 1];
    const reads = 'recurrentKernel' in layer ? layer.reads.slice(0, 1) : layer.reads;
    const read = reads.map((tensor, place) =>
      reshaped(tensors[tensor], inputShape(layer, place, network.layers[tensor - 1])),
    );
    const output = kerasLayer(layer, before?.kind === 'l2Normalize').apply(
      read.length === 1 ? read[0] : read,
    ) as SymbolicTensor;
    tensors.push(isReversed(layer) ? (new ReverseTimes({}).apply(output) as SymbolicTensor) : output);
  }
  let outputs = tensors[tensors.length - 1];
  if (outputs.shape.length > 2 && network.output.length === 1)
    outputs = layers.flatten().apply(outputs) as SymbolicTensor;
  if (network.endsInSoftmax)
    outputs = layers.activation({ activation: 'softmax' }).apply(outputs) as SymbolicTensor;
  return model({ inputs, outputs });
}

const isReversed = (layer: Layer): boolean =>
  'inTimeOrder' in layer && layer.goBackwards && layer.returnSequences;

function reshaped(tensor: SymbolicTensor, targetShape: Shape): SymbolicTensor {
  if (String(tensor.shape.slice(1)) === String(targetShape)) return tensor;
  return layers.reshape({ targetShape: [...targetShape] }).apply(tensor) as SymbolicTensor;
}

/** The shape that the layer wants one of its inputs to have: they differ where they stand side by side. */
function inputShape(layer: Layer, place: number, before: Layer | undefined): Shape {
  if (before?.kind === 'broadcast') return before.input;
  if (layer.kind === 'dot' && place === 1) return layer.right;
  if (layer.kind !== 'concatenate') return layer.input;
  const axis = axisOf(layer) - 1;
  return layer.input.with(axis, layer.parts[place] / sizeOf(layer.input.slice(axis + 1)));
}
