/** What several layers do with values. */
import { rowsOfBlock } from './channels';

/** sums[column] += values[row, column], row by row. `sums` has room for whole panels of 16. */
export function addRows(values: usize, sums: usize, rows: i32, columns: i32): void {
  const step = (<usize>columns) << 2;
  for (let left = rows, some = 0; left > 0; left -= some) {
    some = rowsOfBlock(left, columns);
    let at: usize = 0;
    for (; at + 64 <= step; at += 64) addSixteen(values + at, some, step, sums + at);
    for (; at + 16 <= step; at += 16) {
      let sum = v128.load(sums + at);
      for (let row = 0, from = values + at; row < some; row++, from += step) {
        sum = f32x4.add(sum, v128.load(from));
      }
      v128.store(sums + at, sum);
    }
    for (; at < step; at += 4) {
      let sum = load<f32>(sums + at);
      for (let row = 0, from = values + at; row < some; row++, from += step) sum += load<f32>(from);
      store<f32>(sums + at, sum);
    }
    values += <usize>some * step;
  }
}

@inline
function addSixteen(from: usize, rows: i32, step: usize, sums: usize): void {
  let sum0 = v128.load(sums, 0);
  let sum1 = v128.load(sums, 16);
  let sum2 = v128.load(sums, 32);
  let sum3 = v128.load(sums, 48);
  for (; rows > 0; rows--) {
    sum0 = f32x4.add(sum0, v128.load(from, 0));
    sum1 = f32x4.add(sum1, v128.load(from, 16));
    sum2 = f32x4.add(sum2, v128.load(from, 32));
    sum3 = f32x4.add(sum3, v128.load(from, 48));
    from += step;
  }
  v128.store(sums, sum3, 48);
  v128.store(sums, sum2, 32);
  v128.store(sums, sum1, 16);
  v128.store(sums, sum0, 0);
}
