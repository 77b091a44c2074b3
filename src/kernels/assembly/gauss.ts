/**
 * What a product of complex matrices takes as three real ones (Gauss): of A = a + ib and B = c + id,
 *
 *   re(A conj(B)) = (a + b) c + b (d - c)        im(A conj(B)) = (a + b) c - a (c + d)
 *
 * So A has the parts a, b and a + b, and B has c, d - c and -(c + d), in panels of 16 columns.
 */

/** A's third part, of rows of [2 (re, im), width]. @param sums its rows are as far apart as A's */
export function addGaussParts(a: usize, rowBytes: usize, partBytes: usize, rows: i32, sums: usize): void {
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < partBytes; at += 32) {
      const low = f32x4.add(v128.load(a + at, 0), v128.load(a + partBytes + at, 0));
      const high = f32x4.add(v128.load(a + at, 16), v128.load(a + partBytes + at, 16));
      v128.store(sums + at, high, 16);
      v128.store(sums + at, low, 0);
    }
    a += rowBytes;
    sums += rowBytes;
  }
}

/** B's parts, [panels, 3, rows, 16], of [panels, 2 (re, im), rows, 16]. */
export function splitGaussParts(b: usize, panels: i32, rows: i32, parts: usize): void {
  const partBytes = (<usize>rows) << 6;
  for (let panel = 0; panel < panels; panel++) {
    for (let at: usize = 0; at < partBytes; at += 16) {
      storeParts(v128.load(b + at), v128.load(b + partBytes + at), parts + at, partBytes);
    }
    b += 2 * partBytes;
    parts += 3 * partBytes;
  }
}

/** The parts of B's transposed conjugate, [rows / 16, 3, 16 * panels, 16]. */
export function turnGaussParts(b: usize, panels: i32, rows: i32, parts: usize): void {
  const partBytes = (<usize>rows) << 6;
  const turnedPart = (<usize>panels) << 10;
  for (let panel = 0; panel < panels; panel++) {
    let to = parts + ((<usize>panel) << 10);
    for (let row: usize = 0; row < partBytes; row += 1024) {
      for (let column: usize = 0; column < 16; column += 4) {
        for (let line: usize = 0; line < 16; line += 4) {
          const at = (line << 6) + (column << 2);
          turn4x4(b + row + at, partBytes, to + (column << 6) + (line << 2), turnedPart);
        }
      }
      to += 3 * turnedPart;
    }
    b += 2 * partBytes;
  }
}

/** Of 4 rows and columns, which are 64 bytes apart on both sides. @param imaginary bytes from the real part to it */
@inline
function turn4x4(b: usize, imaginary: usize, parts: usize, partBytes: usize): void {
  const c0 = v128.load(b, 0);
  const c1 = v128.load(b, 64);
  const c2 = v128.load(b, 128);
  const c3 = v128.load(b, 192);
  const d0 = v128.load(b + imaginary, 0);
  const d1 = v128.load(b + imaginary, 64);
  const d2 = v128.load(b + imaginary, 128);
  const d3 = v128.load(b + imaginary, 192);
  const cLow01 = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const cHigh01 = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const cLow23 = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const cHigh23 = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  const dLow01 = v128.shuffle<i32>(d0, d1, 0, 4, 1, 5);
  const dHigh01 = v128.shuffle<i32>(d0, d1, 2, 6, 3, 7);
  const dLow23 = v128.shuffle<i32>(d2, d3, 0, 4, 1, 5);
  const dHigh23 = v128.shuffle<i32>(d2, d3, 2, 6, 3, 7);
  storeTurned(cLow01, cLow23, dLow01, dLow23, parts, partBytes);
  storeTurned(cHigh01, cHigh23, dHigh01, dHigh23, parts + 128, partBytes);
}

/** Two columns, of which the arguments have two rows each. */
@inline
function storeTurned(c01: v128, c23: v128, d01: v128, d23: v128, parts: usize, partBytes: usize): void {
  const first = f32x4.neg(v128.shuffle<i64>(d01, d23, 0, 2));
  const second = f32x4.neg(v128.shuffle<i64>(d01, d23, 1, 3));
  storeParts(v128.shuffle<i64>(c01, c23, 0, 2), first, parts, partBytes);
  storeParts(v128.shuffle<i64>(c01, c23, 1, 3), second, parts + 64, partBytes);
}

/** The parts of a B whose columns are neighbours, [panels, 3, rows, 16]. @param partBytes from its real part to the imaginary one */
export function packGaussParts(
  b: usize,
  rowBytes: usize,
  partBytes: usize,
  panels: i32,
  rows: i32,
  parts: usize,
): void {
  const packedPart = (<usize>rows) << 6;
  for (let panel = 0; panel < panels; panel++) {
    let from = b + ((<usize>panel) << 6);
    for (let row = 0; row < rows; row++) {
      for (let at: usize = 0; at < 64; at += 16) {
        storeParts(v128.load(from + at), v128.load(from + partBytes + at), parts + at, packedPart);
      }
      from += rowBytes;
      parts += 64;
    }
    parts += 2 * packedPart;
  }
}

@inline
function storeParts(c: v128, d: v128, parts: usize, partBytes: usize): void {
  v128.store(parts, c);
  v128.store(parts + partBytes, f32x4.sub(d, c));
  v128.store(parts + 2 * partBytes, f32x4.neg(f32x4.add(c, d)));
}
