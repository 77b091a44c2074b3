import type { ActivationLayer, ActivationName, SoftmaxLayer } from '../../model/activation-layers.ts';
import type { Layer } from '../../model/network.ts';
import type { OnnxGraph, Value } from './graph.ts';
import { first, last, type OnnxRow, type OnnxRows } from './row.ts';

/** Value by value: what stands there is written with one name, whatever the order of the dimensions. */
type ByValue = (x: string, layer: Pick<ActivationLayer, 'setting'>, graph: OnnxGraph) => string;

const plain =
  (op: string): ByValue =>
  (x, _, graph) =>
    graph.node(op, [x]);

const withSetting =
  (op: string): ByValue =>
  (x, { setting = 0 }, graph) =>
    graph.node(op, [x], { alpha: { float: setting } });

export const activations: { readonly [Name in ActivationName]: ByValue } = {
  relu: plain('Relu'),
  sigmoid: plain('Sigmoid'),
  tanh: plain('Tanh'),
  elu: plain('Elu'),
  selu: plain('Selu'),
  softplus: plain('Softplus'),
  softsign: plain('Softsign'),
  hardSigmoid: (x, _, graph) =>
    graph.node('HardSigmoid', [x], { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  swish: (x, _, graph) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]),
  mish: plain('Mish'),
  gelu: plain('Gelu'),
  geluNew: (x, _, graph) => graph.node('Gelu', [x], { approximate: 'tanh' }),
  cappedReLU: (x, { setting = 0 }, graph) => graph.node('Clip', [x, graph.scalar(0), graph.scalar(setting)]),
  leakyReLU: withSetting('LeakyRelu'),
  thresholdedReLU: withSetting('ThresholdedRelu'),
};

/** Where the value stands channels first and no other way, it stays so. */
function byValue(layer: Layer, value: Value, graph: OnnxGraph, make: (x: string) => string): Value {
  const isSame = value.shape.join() === layer.input.join();
  if (isSame && value.last === undefined && value.first !== undefined) return first(layer, make(value.first));
  return last(layer, make(graph.as(value, layer.input)));
}

const softmax =
  (op: string): OnnxRow<SoftmaxLayer> =>
  (layer, [value], graph) =>
    last(layer, graph.node(op, [graph.as(value, layer.input)], { axis: -1 }));

/** For inference they pass values on. */
const passing: OnnxRow<Layer> = (layer, [value], graph) => last(layer, graph.as(value, layer.input));

export const activationRows: OnnxRows<
  'activation' | 'softmax' | 'logSoftmax' | 'prelu' | 'dropout' | 'noise'
> = {
  activation: (layer, [value], graph) =>
    byValue(layer, value, graph, (x) => activations[layer.activation](x, layer, graph)),
  softmax: softmax('Softmax'),
  logSoftmax: softmax('LogSoftmax'),
  prelu: (layer, [value], graph) =>
    last(layer, graph.node('PRelu', [graph.as(value, layer.input), graph.parameter(layer.alpha)])),
  dropout: passing,
  noise: passing,
};
