import { timeOf } from '../../../model/sequence-layers.ts';
import { addressOf, type Pass, type Tensor } from '../operation/operation.ts';
import type { Steps } from './steps.ts';

/** At times that do not count, examples keep state and carry, and the gradients of these. */
export interface KeepStates {
  /** After a step. */
  forward(pass: Pass, step: number, examples: number): void;
  /** Before a step goes back: takes aside the gradients that pass it by. */
  before(pass: Pass, step: number, examples: number): void;
  /** After it. */
  behind(pass: Pass, step: number, examples: number): void;
}

/** @param counts [times] an example: 0 at times that do not count */
export function keepStates({ layer, memory }: Steps, counts: Tensor): KeepStates {
  const { kind, units } = layer;
  const { dState, dCarry, dKept, dKeptCarry } = memory;
  const rowBytes = units * 4;
  const hasCarry = kind === 'lstm';

  function eachKept({ floats }: Pass, step: number, examples: number, visit: (at: number) => void): void {
    const time = timeOf(layer, step);
    for (let example = 0; example < examples; example++)
      if (floats[addressOf(counts, example) / 4 + time] === 0) visit(example * rowBytes);
  }
  const copyRow = ({ bytes }: Pass, from: number, to: number) => bytes.copyWithin(to, from, from + rowBytes);
  const clearRow = ({ bytes }: Pass, at: number) => bytes.fill(0, at, at + rowBytes);

  return {
    forward(pass, step, examples) {
      eachKept(pass, step, examples, (at) => {
        copyRow(pass, memory.state(step) + at, memory.state(step + 1) + at);
        if (hasCarry) copyRow(pass, memory.carry(step) + at, memory.carry(step + 1) + at);
      });
    },
    before(pass, step, examples) {
      pass.bytes.fill(0, dKept, dKept + memory.slab);
      eachKept(pass, step, examples, (at) => {
        copyRow(pass, dState + at, dKept + at);
        clearRow(pass, dState + at);
        copyRow(pass, dCarry + at, dKeptCarry + at);
        clearRow(pass, dCarry + at);
      });
    },
    behind(pass, step, examples) {
      eachKept(pass, step, examples, (at) => copyRow(pass, dKeptCarry + at, dCarry + at));
    },
  };
}
