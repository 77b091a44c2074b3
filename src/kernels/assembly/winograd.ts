/**
 * From images and weights to the bins of Winograd's F(4x4, 3x3) and back (../generators/winograd.ts): an image is cut
 * into tiles of 6 x 6 pixels, which overlap by 2, or of 4 x 4 outputs, and each tile becomes a row of 36 bins.
 * src/engine/wasm/convolution/winograd/ says what the bins are for.
 */
import {
  inputColumn,
  inputGradientColumn,
  inputGradientRow,
  inputRow,
  outputColumn,
  outputGradientColumn,
  outputGradientRow,
  outputRow,
  weightGradientColumn,
  weightGradientRow,
  weightsColumn,
  weightsRow,
} from './winograd-lines';

const cellBytes: usize = 32;

/** An image, and where its tiles lie in the bins. */
@unmanaged
class WinogradImage {
  height: i32;
  width: i32;
  /** Those that are transformed, a multiple of 16. */
  channels: i32;
  /** From pixel to pixel. */
  pixelBytes: usize;
  /** How far above and left of the image the first tile begins. */
  top: i32;
  left: i32;
  tilesY: i32;
  tilesX: i32;
  /** From bin to bin, from tile to tile, and from 16 channels to the next ones. */
  binBytes: usize;
  tileBytes: usize;
  panelBytes: usize;
  /** [38] cells of scratch: those of a tile, one of zeros, one that takes what is outside of the image. */
  cells: usize;
}

/** The weights of 16 filters, or their gradient. */
@unmanaged
class WinogradWeights {
  /** Rows of 16: channels of a tap (weights), filters (gradient). */
  rows: i32;
  /** From tap to tap, and from bin to bin. */
  tapBytes: usize;
  binBytes: usize;
  /** [36] cells of scratch. */
  cells: usize;
}

/** Where the pixel is, or where what is outside of the image is. */
@inline
function pixelAt(shape: WinogradImage, image: usize, y: i32, x: i32, outside: usize): usize {
  const isInside = i32(<u32>y < <u32>shape.height) & i32(<u32>x < <u32>shape.width);
  const pixel = image + <usize>(y * shape.width + x) * shape.pixelBytes;
  return select<usize>(pixel, outside, isInside);
}

/** Of the cells of 8 channels. */
@inline
function cellOffset(channel: i32, panelBytes: usize): usize {
  return <usize>(channel >> 4) * panelBytes + ((<usize>(channel & 8)) << 2);
}

/** bins = B' tile B for each tile */
export function winogradInput(shape: WinogradImage, image: usize, bins: usize): void {
  const cells = shape.cells;
  const zeros = cells + 36 * cellBytes;
  const binBytes = shape.binBytes;
  for (let ty = 0; ty < shape.tilesY; ty++) {
    for (let tx = 0; tx < shape.tilesX; tx++) {
      const y = 4 * ty - shape.top;
      const x = 4 * tx - shape.left;
      for (let channel = 0; channel < shape.channels; channel += 8) {
        const from = image + ((<usize>channel) << 2);
        for (let row = 0; row < 6; row++) {
          inputRow(
            pixelAt(shape, from, y + row, x, zeros),
            pixelAt(shape, from, y + row, x + 1, zeros),
            pixelAt(shape, from, y + row, x + 2, zeros),
            pixelAt(shape, from, y + row, x + 3, zeros),
            pixelAt(shape, from, y + row, x + 4, zeros),
            pixelAt(shape, from, y + row, x + 5, zeros),
            cells + <usize>row * 6 * cellBytes,
          );
        }
        let to = bins + cellOffset(channel, shape.panelBytes);
        for (let column: usize = 0; column < 6; column++) {
          inputColumn(
            cells + column * cellBytes,
            to,
            to + 6 * binBytes,
            to + 12 * binBytes,
            to + 18 * binBytes,
            to + 24 * binBytes,
            to + 30 * binBytes,
          );
          to += binBytes;
        }
      }
      bins += shape.tileBytes;
    }
  }
}

/** tile = bias + A' bins A for each tile */
export function winogradOutput(shape: WinogradImage, bins: usize, bias: usize, image: usize): void {
  const cells = shape.cells;
  const outside = cells + 37 * cellBytes;
  const binBytes = shape.binBytes;
  for (let ty = 0; ty < shape.tilesY; ty++) {
    for (let tx = 0; tx < shape.tilesX; tx++) {
      const y = 4 * ty;
      for (let channel = 0; channel < shape.channels; channel += 8) {
        let from = bins + cellOffset(channel, shape.panelBytes);
        for (let row: usize = 0; row < 6; row++) {
          outputRow(
            from,
            from + binBytes,
            from + 2 * binBytes,
            from + 3 * binBytes,
            from + 4 * binBytes,
            from + 5 * binBytes,
            cells + row * 4 * cellBytes,
          );
          from += 6 * binBytes;
        }
        const to = image + ((<usize>channel) << 2);
        for (let column = 0; column < 4; column++) {
          const x = 4 * tx + column;
          outputColumn(
            cells + <usize>column * cellBytes,
            bias + ((<usize>channel) << 2),
            pixelAt(shape, to, y, x, outside),
            pixelAt(shape, to, y + 1, x, outside),
            pixelAt(shape, to, y + 2, x, outside),
            pixelAt(shape, to, y + 3, x, outside),
          );
        }
      }
      bins += shape.tileBytes;
    }
  }
}

/** bins = A tile A' for each tile of an output's gradient */
export function winogradOutputGradient(shape: WinogradImage, image: usize, bins: usize): void {
  const cells = shape.cells;
  const zeros = cells + 36 * cellBytes;
  const binBytes = shape.binBytes;
  for (let ty = 0; ty < shape.tilesY; ty++) {
    for (let tx = 0; tx < shape.tilesX; tx++) {
      const x = 4 * tx;
      for (let channel = 0; channel < shape.channels; channel += 8) {
        const from = image + ((<usize>channel) << 2);
        for (let row = 0; row < 4; row++) {
          const y = 4 * ty + row;
          outputGradientRow(
            pixelAt(shape, from, y, x, zeros),
            pixelAt(shape, from, y, x + 1, zeros),
            pixelAt(shape, from, y, x + 2, zeros),
            pixelAt(shape, from, y, x + 3, zeros),
            cells + <usize>row * 6 * cellBytes,
          );
        }
        let to = bins + cellOffset(channel, shape.panelBytes);
        for (let column: usize = 0; column < 6; column++) {
          outputGradientColumn(
            cells + column * cellBytes,
            to,
            to + 6 * binBytes,
            to + 12 * binBytes,
            to + 18 * binBytes,
            to + 24 * binBytes,
            to + 30 * binBytes,
          );
          to += binBytes;
        }
      }
      bins += shape.tileBytes;
    }
  }
}

/** tile += B bins B' for each tile of an input's gradient */
export function winogradInputGradient(shape: WinogradImage, bins: usize, image: usize): void {
  const cells = shape.cells;
  const outside = cells + 37 * cellBytes;
  const binBytes = shape.binBytes;
  memory.fill(image, 0, <usize>(shape.height * shape.width) * shape.pixelBytes);
  for (let ty = 0; ty < shape.tilesY; ty++) {
    for (let tx = 0; tx < shape.tilesX; tx++) {
      const y = 4 * ty - shape.top;
      for (let channel = 0; channel < shape.channels; channel += 8) {
        let from = bins + cellOffset(channel, shape.panelBytes);
        for (let row: usize = 0; row < 6; row++) {
          inputGradientRow(
            from,
            from + binBytes,
            from + 2 * binBytes,
            from + 3 * binBytes,
            from + 4 * binBytes,
            from + 5 * binBytes,
            cells + row * 6 * cellBytes,
          );
          from += 6 * binBytes;
        }
        const to = image + ((<usize>channel) << 2);
        for (let column = 0; column < 6; column++) {
          const x = 4 * tx - shape.left + column;
          inputGradientColumn(
            cells + <usize>column * cellBytes,
            pixelAt(shape, to, y, x, outside),
            pixelAt(shape, to, y + 1, x, outside),
            pixelAt(shape, to, y + 2, x, outside),
            pixelAt(shape, to, y + 3, x, outside),
            pixelAt(shape, to, y + 4, x, outside),
            pixelAt(shape, to, y + 5, x, outside),
          );
        }
      }
      bins += shape.tileBytes;
    }
  }
}

/** bins = G weights G', [3 * 3, rows, 16] to [36, rows, 16] */
export function winogradWeights(shape: WinogradWeights, weights: usize, bins: usize): void {
  const cells = shape.cells;
  const binBytes = shape.binBytes;
  const tapBytes = shape.tapBytes;
  for (let cell: usize = 0; cell < (<usize>shape.rows) << 6; cell += cellBytes) {
    let from = weights + cell;
    for (let row: usize = 0; row < 3; row++) {
      weightsRow(from, from + tapBytes, from + 2 * tapBytes, cells + row * 6 * cellBytes);
      from += 3 * tapBytes;
    }
    let to = bins + cell;
    for (let column: usize = 0; column < 6; column++) {
      weightsColumn(
        cells + column * cellBytes,
        to,
        to + 6 * binBytes,
        to + 12 * binBytes,
        to + 18 * binBytes,
        to + 24 * binBytes,
        to + 30 * binBytes,
      );
      to += binBytes;
    }
  }
}

/** gradient = G' bins G, [36, rows, 16] to [3 * 3, rows, 16] */
export function winogradWeightGradient(shape: WinogradWeights, bins: usize, gradient: usize): void {
  const cells = shape.cells;
  const binBytes = shape.binBytes;
  const tapBytes = shape.tapBytes;
  for (let cell: usize = 0; cell < (<usize>shape.rows) << 6; cell += cellBytes) {
    let from = bins + cell;
    for (let row: usize = 0; row < 6; row++) {
      weightGradientRow(
        from,
        from + binBytes,
        from + 2 * binBytes,
        from + 3 * binBytes,
        from + 4 * binBytes,
        from + 5 * binBytes,
        cells + row * 3 * cellBytes,
      );
      from += 6 * binBytes;
    }
    let to = gradient + cell;
    for (let column: usize = 0; column < 3; column++) {
      weightGradientColumn(cells + column * cellBytes, to, to + 3 * tapBytes, to + 6 * tapBytes);
      to += tapBytes;
    }
  }
}
