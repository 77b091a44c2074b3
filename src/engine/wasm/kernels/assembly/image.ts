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
    if (columnBytes == pixelBytes) {
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

/** Rows of `columns` floats into rows of `padded` floats, the rest zero. */
export function padColumns(source: usize, target: usize, rows: i32, columns: i32, padded: i32): void {
  const bytes = (<usize>columns) << 2;
  for (let row = 0; row < rows; row++) {
    memory.copy(target, source, bytes);
    memory.fill(target + bytes, 0, ((<usize>padded) << 2) - bytes);
    source += bytes;
    target += (<usize>padded) << 2;
  }
}
