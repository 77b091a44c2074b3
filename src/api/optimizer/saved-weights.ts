/** An optimizer's state, as TensorFlow.js saves it. */
import { type Optimizer, scalar, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { betaPower } from '../../optimizer/adam.ts';

/** The count of steps, then the accumulators. */
export type NamedTensor = Awaited<ReturnType<Optimizer['getWeights']>>[number];

export const weightsOf = async (optimizer: Optimizer): Promise<NamedTensor[]> => {
  if (!isAdamax(optimizer)) return optimizer.getWeights();
  const { accumulatedFirstMoment, accumulatedWeightedInfNorm } = optimizer;
  const accumulators = [...accumulatedFirstMoment, ...accumulatedWeightedInfNorm];
  return [
    await optimizer.saveIterations(),
    ...accumulators.map(({ originalName: name, variable }) => ({ name, tensor: variable })),
  ];
};

export async function setWeights(optimizer: Optimizer, weights: NamedTensor[]): Promise<void> {
  if (!isAdamax(optimizer)) return optimizer.setWeights(weights);
  const accumulators = (await optimizer.extractIterations(weights)).map(({ name, tensor }) => ({
    originalName: name,
    variable: tensor.variable(false),
  }));
  optimizer.accumulatedFirstMoment = accumulators.slice(0, accumulators.length / 2);
  optimizer.accumulatedWeightedInfNorm = accumulators.slice(accumulators.length / 2);
  const steps = optimizer.iterations;
  assign(optimizer.iteration, steps);
  assign(optimizer.accBeta1, betaPower(optimizer.beta1, steps + 1));
}

/** Of AdaMax TensorFlow.js says that saving is not implemented yet. */
type Adamax = Optimizer & {
  readonly beta1: number;
  readonly iteration: Variable;
  /** beta1 to the power of the next step's number. */
  readonly accBeta1: Variable;
  accumulatedFirstMoment: Accumulator[];
  accumulatedWeightedInfNorm: Accumulator[];
  extractIterations(weights: NamedTensor[]): Promise<NamedTensor[]>;
};

interface Accumulator {
  readonly originalName: string;
  readonly variable: Variable;
}

const isAdamax = (optimizer: Optimizer): optimizer is Adamax => optimizer.getClassName() === 'Adamax';

function assign(variable: Variable, value: number): void {
  const values: Tensor = scalar(value);
  variable.assign(values);
  values.dispose();
}
