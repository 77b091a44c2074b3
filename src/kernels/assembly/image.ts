/** Moving examples and images. */

/** target[i] = source[i] / 255, as float32. */
export function readUint8(source: usize, target: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    store<f32>(target + ((<usize>i) << 2), <f32>load<u8>(source + i) / 255);
  }
}

/**
 * Copies an image [height, width, channels] into a larger one, whose border is zero and stays so.
 * @param pixelBytes channels * 4
 * @param columnBytes from one pixel to the next in the target (more than pixelBytes: zeros lie between)
 * @param rowBytes from one row to the next in the target
 */
export function padImage(
  source: usize,
  target: usize,
  height: i32,
  width: i32,
  pixelBytes: usize,
  columnBytes: usize,
  rowBytes: usize,
): void {
  for (let y = 0; y < height; y++) {
    if (columnBytes === pixelBytes) {
      memory.copy(target, source, width * pixelBytes);
      source += width * pixelBytes;
    } else {
      for (let x = 0; x < width; x++) {
        memory.copy(target + x * columnBytes, source, pixelBytes);
        source += pixelBytes;
      }
    }
    target += rowBytes;
  }
}

/**
 * A matrix [rows, columns] as panels of 16 columns, [ceil(columns / 16), rows, 16]; the columns beyond are zero.
 * Panels lie whole in the first-level cache, where rows a power of two apart would evict each other.
 * @param panelBytes from one panel to the next: rows * 64, or more where the matrix is some rows of a larger one
 */
export function packPanels(source: usize, target: usize, rows: i32, columns: i32, panelBytes: usize): void {
  for (let column = 0; column < columns; column += 16) {
    const whole = columns - column >= 16;
    let from = source + ((<usize>column) << 2);
    let to = target;
    for (let row = 0; row < rows; row++) {
      if (whole) {
        v128.store(to, v128.load(from), 0);
        v128.store(to, v128.load(from, 16), 16);
        v128.store(to, v128.load(from, 32), 32);
        v128.store(to, v128.load(from, 48), 48);
      } else {
        const bytes = (<usize>(columns - column)) << 2;
        memory.copy(to, from, bytes);
        memory.fill(to + bytes, 0, 64 - bytes);
      }
      from += (<usize>columns) << 2;
      to += 64;
    }
    target += panelBytes;
  }
}
