import { Matrix } from 'ml-matrix';
import { expect, test } from 'vitest';
import { distanceFrom, normalOf } from '../../scripts/gan/frechet.ts';
import { uniform } from '../../testing/engine/values.ts';

const normal = (mean: number[], covariance: number[][]) => ({
  mean: Float64Array.from(mean),
  covariance: new Matrix(covariance),
});

test.each([
  [
    'the same',
    normal(
      [1, 2],
      [
        [2, 1],
        [1, 3],
      ],
    ),
    normal(
      [1, 2],
      [
        [2, 1],
        [1, 3],
      ],
    ),
    0,
  ],
  [
    'moved',
    normal(
      [0, 0],
      [
        [2, 1],
        [1, 3],
      ],
    ),
    normal(
      [3, 4],
      [
        [2, 1],
        [1, 3],
      ],
    ),
    25,
  ],
  // Of each axis (3 - 1)^2, (2 - 5)^2.
  [
    'of other widths',
    normal(
      [0, 0],
      [
        [9, 0],
        [0, 4],
      ],
    ),
    normal(
      [0, 0],
      [
        [1, 0],
        [0, 25],
      ],
    ),
    13,
  ],
  // A value that never changes has no width.
  [
    'flat',
    normal(
      [0, 0],
      [
        [9, 0],
        [0, 0],
      ],
    ),
    normal(
      [0, 0],
      [
        [1, 0],
        [0, 0],
      ],
    ),
    4,
  ],
  // trace(c1 + c2) - 2 sqrt(trace(c1 c2) + 2 sqrt(det(c1 c2))), of two rows and columns.
  [
    'turned',
    normal(
      [0, 0],
      [
        [2, 1],
        [1, 2],
      ],
    ),
    normal(
      [0, 0],
      [
        [2, -1],
        [-1, 2],
      ],
    ),
    8 - 2 * Math.sqrt(6 + 2 * 3),
  ],
])('the Fréchet distance of distributions that are %s', (_, one, other, distance) => {
  expect(distanceFrom(one)(other)).toBeCloseTo(distance, 6);
  expect(distanceFrom(other)(one)).toBeCloseTo(distance, 6);
});

test('a distribution of rows has their mean and covariance', () => {
  const rows = uniform(1, 4000, 0, 1);
  const { mean, covariance } = normalOf(rows, 2);
  expect([...mean].every((value) => Math.abs(value - 0.5) < 0.03)).toBe(true);
  expect(covariance.get(0, 0)).toBeCloseTo(1 / 12, 2);
  expect(covariance.get(0, 1)).toBeCloseTo(0, 2);
  expect(normalOf(Float32Array.of(1, 10, 3, 20), 2).covariance.to2DArray()).toEqual([
    [2, 10],
    [10, 50],
  ]);
});
