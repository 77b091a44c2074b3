import type { ActivationLayer, ActivationName, SoftmaxLayer } from '../../../model/network.ts';
import { addressOf, type Operation, singleInput } from '../operation/operation.ts';
import type { CompiledNode, LayerRow } from '../operation/row.ts';
import { asImages, isImage } from '../operation/taking.ts';

/** What the derivative is told from. */
export const told: { readonly [K in ActivationName]: 'input' | 'output' } = {
  relu: 'output',
  sigmoid: 'output',
  tanh: 'output',
  elu: 'output',
  selu: 'output',
  softplus: 'output',
  softsign: 'output',
  hardSigmoid: 'output',
  swish: 'input',
  mish: 'input',
  gelu: 'input',
  geluNew: 'input',
  cappedReLU: 'output',
  // Where alpha is negative, the output does not tell.
  leakyReLU: 'input',
  thresholdedReLU: 'output',
};

export const activationRow: LayerRow<ActivationLayer> = {
  takes: asImages,
  inPlace: ({ activation }) => told[activation] === 'output',
  gradientInPlace: true,
  keeps: ({ activation }) => told[activation],
  compile: (node) => [activation(node)],
};

function activation({ layer, buffers }: CompiledNode<ActivationLayer>): Operation {
  const { input, output, dOutput: gradient } = singleInput(buffers);
  const { activation: name, setting = 0 } = layer;
  const [forward, backward] = [`${name}Forward`, `${name}Backward`] as const;
  const from = told[name] === 'input' ? input : output;
  return {
    perExample: isImage(layer),
    forward({ kernels }, first, count) {
      // Where it works in place, the input stands where the output goes.
      const start = addressOf(told[name] === 'input' ? input : output, first);
      kernels[forward](start, addressOf(output, first), count * output.size, setting);
    },
    backward({ kernels }, first, count) {
      kernels[backward](addressOf(from, first), addressOf(gradient, first), count * output.size, setting);
    },
  };
}

export const softmaxRow: LayerRow<SoftmaxLayer> = {
  takes: asImages,
  inPlace: () => true,
  keeps: () => 'output',
  compile: (node) => [softmax(node)],
};

function softmax({ layer, buffers }: CompiledNode<SoftmaxLayer>): Operation {
  const { output, dOutput, dInput } = singleInput(buffers);
  const { columns, kind } = layer;
  const [forward, backward] = [`${kind}Rows`, `${kind}RowsBackward`] as const;
  const rows = output.size / columns;
  return {
    perExample: isImage(layer),
    forward({ kernels }, first, count) {
      const values = addressOf(output, first);
      kernels[forward](values, values, count * rows, columns);
    },
    backward({ kernels }, first, count) {
      if (dInput === undefined) return;
      const [values, from] = [addressOf(output, first), addressOf(dOutput, first)];
      kernels[backward](values, from, addressOf(dInput, first), count * rows, columns);
    },
  };
}
