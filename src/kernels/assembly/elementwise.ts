/** What several layers do with values. */

/** sums[column] += values[row, column], row by row. `sums` has room for whole panels of 16. */
export function addRows(values: usize, sums: usize, rows: i32, columns: i32): void {
  const wide = columns & ~3;
  for (let row = 0; row < rows; row++) {
    let column = 0;
    for (; column < wide; column += 4) {
      const at = sums + ((<usize>column) << 2);
      v128.store(at, f32x4.add(v128.load(at), v128.load(values + ((<usize>column) << 2))));
    }
    for (; column < columns; column++) {
      const at = sums + ((<usize>column) << 2);
      store<f32>(at, load<f32>(at) + load<f32>(values + ((<usize>column) << 2)));
    }
    values += (<usize>columns) << 2;
  }
}
