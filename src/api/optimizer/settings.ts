import type { Optimizer } from '@tensorflow/tfjs-core';
import { inputError, usageError } from '../../errors.ts';
import { show } from '../../model/keras/config/layer-config.ts';
import type { OptimizerSettings } from '../../optimizer/settings.ts';

/** Those that TensorFlow.js has, too. */
export type CompiledName = Exclude<OptimizerSettings['name'], 'adamw' | 'lamb' | 'lion' | 'adadelta'>;
export type CompiledSettings = OptimizerSettings<CompiledName>;

/**
 * A TensorFlow.js optimizer as plain data: its hyper-parameters of now.
 * @throws GradpoolError for an optimizer, or a setting of it, that gradpool does not have
 */
export function optimizerSettings(optimizer: Optimizer): CompiledSettings {
  const name = optimizer.getClassName();
  const config = optimizer.getConfig();
  const number = (field: string): number => configNumber(name, field, config[field]);
  const learningRate = learningRateOf(optimizer);
  switch (name) {
    case 'SGD':
      return { name: 'sgd', learningRate };
    case 'Momentum':
      return {
        ...{ name: 'momentum', learningRate, momentum: number('momentum') },
        nesterov: config.useNesterov === true,
      };
    case 'Adam': {
      const [beta1, beta2, epsilon] = [number('beta1'), number('beta2'), number('epsilon')];
      return { name: 'adam', learningRate, beta1, beta2, epsilon: positive(name, epsilon) };
    }
    case 'RMSProp': {
      // With a gradient of 0, the root that TensorFlow.js takes there is of -epsilon.
      if (config.centered === true)
        throw inputError('Expected an RMSProp optimizer that is not `centered`, got a centered one');
      const [decay, momentum, epsilon] = [number('decay'), number('momentum'), number('epsilon')];
      return { name: 'rmsprop', learningRate, decay, momentum, epsilon: positive(name, epsilon) };
    }
    case 'Adagrad': {
      const initialAccumulatorValue = number('initialAccumulatorValue');
      return { name: 'adagrad', learningRate, initialAccumulatorValue, epsilon: backendEpsilon };
    }
    case 'Adadelta': {
      const [rho, epsilon] = [number('rho'), number('epsilon')];
      return { name: 'tfjsAdadelta', learningRate, rho, epsilon: positive(name, epsilon) };
    }
    case 'Adamax': {
      if (number('decay') !== 0)
        throw inputError(
          `Expected an Adamax optimizer without \`decay\`, got ${show(config.decay)}; set its learning rate in a callback`,
        );
      const [beta1, beta2, epsilon] = [number('beta1'), number('beta2'), number('epsilon')];
      return { name: 'adamax', learningRate, beta1, beta2, epsilon: positive(name, epsilon) };
    }
    default:
      throw inputError(
        `Expected the model's optimizer to be SGD, Momentum, Adam, Adamax, RMSProp, Adagrad or Adadelta, got ${name}; compile the model with one of them`,
      );
  }
}

/** @throws GradpoolError where it is no number */
export const learningRateOf = (optimizer: Optimizer): number =>
  configNumber(optimizer.getClassName(), 'learningRate', optimizer.getConfig().learningRate);

/** As a callback would do it. SGD keeps a tensor of the rate, too. */
export function setLearningRate(optimizer: Optimizer, learningRate: number): void {
  const own = optimizer as unknown as { learningRate: number; setLearningRate?(rate: number): void };
  if (own.setLearningRate === undefined) own.learningRate = learningRate;
  else own.setLearningRate(learningRate);
}

/** Of TensorFlow.js's float32 backends; Adagrad has no setting for it. */
const backendEpsilon = 1e-7;

function configNumber(optimizer: string, field: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw usageError(
    `Expected \`${field}\` of the ${optimizer} optimizer to be a finite number, got ${show(value)}`,
  );
}

/** Without an epsilon, a gradient that has always been 0 is divided by 0. */
function positive(optimizer: string, epsilon: number): number {
  if (epsilon > 0) return epsilon;
  throw usageError(`Expected \`epsilon\` of the ${optimizer} optimizer to be greater than 0, got ${epsilon}`);
}
