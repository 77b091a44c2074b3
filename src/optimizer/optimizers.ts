import { adadelta, tfjsAdadelta } from './adadelta.ts';
import { adagrad } from './adagrad.ts';
import { adam, adamw, lamb } from './adam.ts';
import { adamax } from './adamax.ts';
import { lion } from './lion.ts';
import { momentum } from './momentum.ts';
import type { Optimizer } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import type { OptimizerName, OptimizerSettings } from './settings.ts';
import { sgd } from './sgd.ts';

type Optimizers = { readonly [Name in OptimizerName]: (settings: OptimizerSettings<Name>) => Optimizer };

const optimizers: Optimizers = {
  sgd,
  momentum,
  adam,
  adamw,
  adamax,
  lamb,
  lion,
  rmsprop,
  adagrad,
  adadelta,
  tfjsAdadelta,
};

/** The optimizer of these settings. */
export const createOptimizer = (settings: OptimizerSettings): Optimizer => create(settings.name, settings);

const create = <Name extends OptimizerName>(name: Name, settings: OptimizerSettings<Name>): Optimizer =>
  optimizers[name](settings);
