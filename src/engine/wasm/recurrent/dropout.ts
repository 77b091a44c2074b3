import { panelWidth } from '../../../kernels/panels.ts';
import { dropoutThreshold, Purpose } from '../../../random.ts';
import type { Arena } from '../operation/arena.ts';
import { addressOf, type Operation, type Pass, type Tensor } from '../operation/operation.ts';

/** A mask of factors, [examples, size], that an example has for all times. */
export interface Mask {
  /** Address of the factors of an example. */
  at(example: number): number;
  /** Draws those of examples [0, count). */
  draw(pass: Pass, count: number): void;
}

export function createMask(
  { index, rate }: { readonly index: number; readonly rate: number },
  size: number,
  maxExamples: number,
  arena: Arena,
): Mask {
  const factors = arena.floats(maxExamples * size + panelWidth);
  const at = (example: number) => factors + example * size * 4;
  const [threshold, scale] = [dropoutThreshold(rate), Math.fround(1 / (1 - rate))];
  return {
    at,
    draw({ kernels, position, step, key }, count) {
      // In order: what is drawn beyond an example's factors is drawn over by the next one's.
      for (let example = 0; example < count; example++) {
        const last = (Purpose.dropout << 24) | index;
        const place = [at(example), size, position + example, step, last] as const;
        kernels.dropoutFactors(...place, key[0], key[1], threshold, scale);
      }
    },
  };
}

/** Drops from a sequence [times, size] what its example's mask drops at all times. */
export function sequenceDropout(
  mask: Mask,
  size: number,
  {
    input,
    output,
    dOutput,
    dInput,
  }: Readonly<Record<'input' | 'output' | 'dOutput', Tensor>> & {
    readonly dInput: Tensor | undefined;
  },
): Operation {
  const multiply = ({ kernels }: Pass, from: Tensor, to: Tensor, count: number) => {
    for (let example = 0; example < count; example++)
      for (let at = 0; at < input.size; at += size) {
        const [source, target] = [addressOf(from, example) + at * 4, addressOf(to, example) + at * 4];
        kernels.multiply(source, mask.at(example), target, size);
      }
  };
  return {
    perExample: false,
    forward(pass, first, count) {
      if (pass.training) {
        mask.draw(pass, count);
        multiply(pass, input, output, count);
        return;
      }
      const start = addressOf(input, first);
      pass.bytes.copyWithin(addressOf(output, first), start, start + count * input.size * 4);
    },
    backward(pass, _, count) {
      if (dInput !== undefined) multiply(pass, dOutput, dInput, count);
    },
  };
}
