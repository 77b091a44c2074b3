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
  const step = (<usize>columns) << 2;
  for (let column = 0; column < columns; column += 16) {
    const from = source + ((<usize>column) << 2);
    if (columns - column >= 16) packPanel(false, from, step, target, rows, 16);
    else packPanel(true, from, step, target, rows, columns - column);
    target += panelBytes;
  }
}

/** @param masked whether of what is read behind a row's `columns` values nothing is taken */
@inline
function packPanel(masked: bool, from: usize, step: usize, to: usize, rows: i32, columns: i32): void {
  const mask0 = maskOf(columns);
  const mask1 = maskOf(columns - 4);
  const mask2 = maskOf(columns - 8);
  const mask3 = maskOf(columns - 12);
  for (; rows > 0; rows--) {
    const values0 = v128.load(from, 0);
    const values1 = v128.load(from, 16);
    const values2 = v128.load(from, 32);
    const values3 = v128.load(from, 48);
    v128.store(to, masked ? v128.and(values3, mask3) : values3, 48);
    v128.store(to, masked ? v128.and(values2, mask2) : values2, 32);
    v128.store(to, masked ? v128.and(values1, mask1) : values1, 16);
    v128.store(to, masked ? v128.and(values0, mask0) : values0, 0);
    from += step;
    to += 64;
  }
}

/** All bits of the first `count` of 4 values. */
@inline
function maskOf(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}
