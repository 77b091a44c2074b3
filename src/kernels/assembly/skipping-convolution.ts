/**
 * The gradients of a convolution of stride 1 whose output's gradient is mostly zero, as behind max pooling: for each
 * value that is not zero, a window of the image is added to the kernel's gradient, and the kernel to a window of the
 * image's gradient. Sums run over pixels in ascending order, then over filters (of kernels wider than 6, some columns
 * after the others). One row of the window and 16 channels at a time, so that what is walked again and again stays in
 * the first-level cache.
 */
import { nonzerosOf16 } from './nonzero-bits';
import { panelsOfGroup } from './panels';
import { skippingPanels, skippingRows } from './skipping-tiles';

const panelBytes: usize = 64;

/** */
@unmanaged
class SkippingShape {
  /** The output. */
  height: i32;
  width: i32;
  filters: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  /** Panels of 16 channels. */
  channelPanels: i32;
  /** The padded image: from row to row, and from pixel to pixel. */
  rowBytes: usize;
  pixelBytes: usize;
  /** The kernel as [kernelHeight, kernelWidth, channelPanels, filters, 16]: from panel to panel. */
  kernelPanel: usize;
}

/**
 * Lists of the values of [height, width, filters] that are not zero, and their sums. An entry is 8 bytes: an offset,
 * then the value.
 * @param byPixel one list after the other, the offset is that of the filter in a panel of the kernel
 * @param pixelBounds [height * width + 1] addresses: where each one begins, and where the last one ends
 * @param byFilter [filters, height * width] entries, of which the first are written; the offset is that of the window
 * @param filterBounds [filters, 2] addresses: where each one begins and ends
 * @param sums [filters]: the values of each filter are added, in order; 0: they are not
 */
export function listGradient(
  shape: SkippingShape,
  values: usize,
  byPixel: usize,
  pixelBounds: usize,
  byFilter: usize,
  filterBounds: usize,
  sums: usize,
): void {
  for (let filter = 0; filter < shape.filters; filter++) {
    const list = byFilter + ((<usize>(filter * shape.height * shape.width)) << 3);
    store<usize>(filterBounds, list, 0);
    store<usize>(filterBounds, list, 4);
    filterBounds += 8;
  }
  filterBounds -= (<usize>shape.filters) << 3;
  store<usize>(pixelBounds, byPixel);
  for (let y = 0; y < shape.height; y++) {
    let window = <usize>y * shape.rowBytes;
    for (let x = 0; x < shape.width; x++) {
      for (let filter = 0; filter < shape.filters; filter += 16) {
        for (let left = nonzerosOf16(values); left !== 0; left &= left - 1) {
          const lane = <usize>ctz(left);
          const bits = load<u32>(values + (lane << 2));
          const column = <usize>filter + lane;
          store<u64>(byPixel, entry(bits, column << 6));
          byPixel += 8;
          const end = filterBounds + (column << 3);
          const to = load<usize>(end, 4);
          store<u64>(to, entry(bits, window));
          store<usize>(end, to + 8, 4);
          if (sums === 0) continue;
          const sum = sums + (column << 2);
          store<f32>(sum, load<f32>(sum) + reinterpret<f32>(bits));
        }
        values += 64;
      }
      pixelBounds += 4;
      store<usize>(pixelBounds, byPixel);
      window += shape.pixelBytes;
    }
  }
}

/** sums[tap, filter, 16] += for each of the filter's values: value * the window's panel */
export function addKernelGradient(
  shape: SkippingShape,
  filterBounds: usize,
  image: usize,
  sums: usize,
): void {
  const cPanel = <usize>shape.channelPanels * shape.kernelPanel;
  for (let panel = 0; panel < shape.channelPanels; panel++) {
    for (let y = 0; y < shape.kernelHeight; y++) {
      let b = image + <usize>y * shape.rowBytes + <usize>panel * panelBytes;
      let c = kernelRow(shape, sums, y, panel);
      for (let x = 0, some = 0; x < shape.kernelWidth; x += some) {
        some = panelsOfGroup(shape.kernelWidth, x, skippingPanels);
        skippingRows(some, shape.filters, filterBounds, 8, b, shape.pixelBytes, c, panelBytes, cPanel);
        b += <usize>some * shape.pixelBytes;
        c += <usize>some * cPanel;
      }
    }
  }
}

/** Each window of the padded dImage += for each of the pixel's values: value * kernel[tap, filter, 16] */
export function addInputGradient(
  shape: SkippingShape,
  pixelBounds: usize,
  kernel: usize,
  dImage: usize,
): void {
  const bPanel = <usize>shape.channelPanels * shape.kernelPanel;
  for (let panel = 0; panel < shape.channelPanels; panel++) {
    // From the last row on, so that a sum runs over pixels in ascending order.
    for (let y = shape.kernelHeight - 1; y >= 0; y--) {
      let b = kernelRow(shape, kernel, y, panel);
      let c = dImage + <usize>y * shape.rowBytes + <usize>panel * panelBytes;
      for (let x = 0, some = 0; x < shape.kernelWidth; x += some) {
        some = panelsOfGroup(shape.kernelWidth, x, skippingPanels);
        addRowOfWindows(shape, some, pixelBounds, b, bPanel, c);
        b += <usize>some * bPanel;
        c += <usize>some * shape.pixelBytes;
      }
    }
  }
}

@inline
function addRowOfWindows(
  shape: SkippingShape,
  panels: i32,
  bounds: usize,
  b: usize,
  bPanel: usize,
  c: usize,
): void {
  for (let y = 0; y < shape.height; y++) {
    skippingRows(panels, shape.width, bounds, 4, b, bPanel, c, shape.pixelBytes, shape.pixelBytes);
    bounds += (<usize>shape.width) << 2;
    c += shape.rowBytes;
  }
}

/** Where row `y` of a kernel begins, in a panel of channels. */
@inline
function kernelRow(shape: SkippingShape, kernel: usize, y: i32, panel: i32): usize {
  return kernel + <usize>(y * shape.kernelWidth * shape.channelPanels + panel) * shape.kernelPanel;
}

@inline
function entry(bits: u32, offset: usize): u64 {
  return ((<u64>bits) << 32) | <u64>offset;
}
