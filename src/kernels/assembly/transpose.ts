/** Weights in another order. */

/**
 * A block of panels [panels, rows, 16] as panels of the transposed matrix [rows / 16, 16 * panels, 16].
 * @param sourcePanel bytes from one panel to the next
 */
export function transposePanels(
  source: usize,
  sourcePanel: usize,
  target: usize,
  targetPanel: usize,
  panels: i32,
  rows: i32,
): void {
  for (let panel = 0; panel < panels; panel++) {
    for (let row = 0; row < rows; row += 16) {
      transpose16x16(source + ((<usize>row) << 6), target + <usize>(row >> 4) * targetPanel);
    }
    source += sourcePanel;
    target += 1024;
  }
}

function transpose16x16(source: usize, target: usize): void {
  for (let column: usize = 0; column < 16; column += 4) {
    for (let row: usize = 0; row < 16; row += 4) {
      transpose4x4(source + (row << 6) + (column << 2), target + (column << 6) + (row << 2));
    }
  }
}

/** Rows are 64 bytes apart on both sides. */
@inline
function transpose4x4(source: usize, target: usize): void {
  const r0 = v128.load(source, 0);
  const r1 = v128.load(source, 64);
  const r2 = v128.load(source, 128);
  const r3 = v128.load(source, 192);
  const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<i64>(low01, low23, 0, 2), 0);
  v128.store(target, v128.shuffle<i64>(low01, low23, 1, 3), 64);
  v128.store(target, v128.shuffle<i64>(high01, high23, 0, 2), 128);
  v128.store(target, v128.shuffle<i64>(high01, high23, 1, 3), 192);
}

/**
 * Packed convolution weights [filters / 16, kernelHeight * kernelWidth * channels, 16] turned by half a turn, with
 * channels and filters exchanged: [channels / 16, kernelHeight * kernelWidth * filters, 16].
 */
export function turnKernel(source: usize, target: usize, taps: i32, channels: i32, filters: i32): void {
  const sourcePanel = (<usize>(taps * channels)) << 6;
  for (let channel = 0; channel < channels; channel++) {
    const panel = target + ((<usize>(channel >> 4) * taps * filters) << 6) + ((<usize>(channel & 15)) << 2);
    for (let tap = 0; tap < taps; tap++) {
      const from = source + ((<usize>((taps - 1 - tap) * channels + channel)) << 6);
      const to = panel + ((<usize>(tap * filters)) << 6);
      for (let filter = 0; filter < filters; filter++) {
        const value = load<f32>(from + <usize>(filter >> 4) * sourcePanel + ((<usize>(filter & 15)) << 2));
        store<f32>(to + ((<usize>filter) << 6), value);
      }
    }
  }
}
