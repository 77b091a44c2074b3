/** A complex matrix product in each of some bins. */
@unmanaged
export class ComplexShape {
  bins: i32;
  /** A: from row to row, from k to k, from the real part to the imaginary one, from bin to bin. */
  aRow: usize;
  aStep: usize;
  aImaginary: usize;
  aBin: usize;
  /** B: 16 columns are neighbours. */
  bStep: usize;
  bImaginary: usize;
  bPanel: usize;
  bBin: usize;
  /** C: 16 columns are neighbours. */
  cRow: usize;
  cImaginary: usize;
  cPanel: usize;
  cBin: usize;
  /** Panels of 16 columns. */
  panels: i32;
  /** k runs from 0 to `length`. */
  length: i32;
  /** A line of zeros. */
  zeros: usize;
}
