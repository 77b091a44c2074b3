import type { Trace } from '../../trace.ts';
import type { Program } from './program/program.ts';

/** The program, each operation, weight gradient and derivation noted by the name of its layer. */
export const traceProgram = (program: Program, trace: Trace): Program => ({
  ...program,
  stages: program.stages.map((stage) => ({
    ...stage,
    operations: stage.operations.map((operation) => ({
      ...operation,
      forward: (...call) => trace.span(`${operation.layer} forward`, () => operation.forward(...call)),
      backward: (...call) => trace.span(`${operation.layer} backward`, () => operation.backward(...call)),
    })),
  })),
  weightGradients: program.weightGradients.map((gradient) => ({
    ...gradient,
    sum: (...call) => trace.span(`${gradient.layer} weight gradient and update`, () => gradient.sum(...call)),
  })),
  derived: {
    ...program.derived,
    derivations: program.derived.derivations.map((derivation) => ({
      ...derivation,
      derive: (...call) => trace.span(`${derivation.layer} spectrum`, () => derivation.derive(...call)),
    })),
  },
});
