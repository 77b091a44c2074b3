/** What the update phase does with blocks of sums and parameters besides an optimizer's rule, over `floats` elements (a multiple of 4). */
import { allFinite, moving, show, squaresOf } from './update';
import { sumOfLanes } from './vector-math';

/** The sum of the squares of `floats` (a multiple of 4) mean gradients. */
export function squaresOfMean(sum: usize, floats: i32, examples: f32): f64 {
  const bytes = (<usize>floats) << 2;
  let squares = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    squares = f64x2.add(squares, squaresOf(f32x4.div(v128.load(sum + at), f32x4.splat(examples))));
  }
  return sumOfLanes(squares);
}

/** target = sum + added, [floats] each (a multiple of 4). The target may be either. */
export function addSums(sum: usize, added: usize, floats: i32, target: usize): void {
  const bytes = (<usize>floats) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, f32x4.add(v128.load(sum + at), v128.load(added + at)));
  }
}

/** target = sum. @returns whether all of it is finite */
export function keepSums(sum: usize, floats: i32, target: usize): bool {
  const bytes = (<usize>floats) << 2;
  let seen = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) seen = show(seen, v128.load(sum + at));
  memory.copy(target, sum, bytes);
  return allFinite(seen);
}

/** target = average * momentum + values * (1 - momentum), [floats] each (a multiple of 4). */
export function averageBlock(
  average: usize,
  values: usize,
  floats: i32,
  momentum: f32,
  rest: f32,
  target: usize,
): void {
  const bytes = (<usize>floats) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, moving(v128.load(average + at), momentum, v128.load(values + at), rest));
  }
}
