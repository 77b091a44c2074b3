/** How far two sets of features are apart, as normal distributions. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Mean and covariance of rows. */
export interface Normal {
  readonly mean: Float64Array;
  readonly covariance: Matrix;
}

/** @param rows [count, size] */
export function normalOf(rows: Float32Array, size: number): Normal {
  const count = rows.length / size;
  const mean = new Float64Array(size);
  for (let at = 0; at < rows.length; at++) mean[at % size] += rows[at] / count;
  const centred = new Matrix(count, size);
  for (let row = 0; row < count; row++)
    for (let column = 0; column < size; column++)
      centred.set(row, column, rows[row * size + column] - mean[column]);
  return {
    mean,
    covariance: centred
      .transpose()
      .mmul(centred)
      .div(count - 1),
  };
}

/**
 * The Fréchet distance of normal distributions from one: |m1 - m2|^2 + trace(c1 + c2 - 2 (c1 c2)^(1/2)).
 * Source: Dowson and Landau, The Fréchet distance between multivariate normal distributions, 1982; Heusel et al., GANs
 * trained by a two time-scale update rule, 2017.
 */
export function distanceFrom(one: Normal): (other: Normal) => number {
  // (c1 c2)^(1/2) has the eigenvalues of (r c2 r)^(1/2), which is symmetric; r is the root of c1.
  const root = rootOf(one.covariance);
  return (other) => {
    const means = one.mean.reduce((sum, value, index) => sum + (value - other.mean[index]) ** 2, 0);
    const between = symmetric(root.mmul(other.covariance).mmul(root));
    const values = new EigenvalueDecomposition(between, { assumeSymmetric: true }).realEigenvalues;
    const trace = values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
    return means + one.covariance.trace() + other.covariance.trace() - 2 * trace;
  };
}

/** Of a symmetric matrix without negative eigenvalues, but for rounding. */
function rootOf(matrix: Matrix): Matrix {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const roots = values.map((value) => Math.sqrt(Math.max(0, value)));
  return vectors.clone().mulRowVector(roots).mmul(vectors.transpose());
}

const symmetric = (matrix: Matrix): Matrix => matrix.add(matrix.transpose()).div(2);
