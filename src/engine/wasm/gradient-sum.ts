import { addressOf, type Operation, type Tensor } from './operation.ts';

/** On the way back: what one reader of a tensor has written becomes, or is added to, the gradient of the tensor. */
export const accumulate = (
  perExample: boolean,
  written: Tensor,
  into: Tensor,
  isFirst: boolean,
): Operation => ({
  perExample,
  forward() {},
  backward({ kernels, bytes }, first, count) {
    const [from, to] = [addressOf(written, first), addressOf(into, first)];
    if (isFirst) bytes.copyWithin(to, from, from + count * into.size * 4);
    else kernels.addRows(from, to, 1, count * into.size);
  },
});
