import { describe, expect, test } from 'vitest';
import { borders } from '../../src/augmentation/border.ts';
import { type Drawn, drawChanges } from '../../src/augmentation/draw.ts';
import { createChange } from '../../src/augmentation/images.ts';
import { createNormalize, normalizationOf } from '../../src/augmentation/normalize.ts';
import { type Augmentation, type FillMode, noAugmentation } from '../../src/augmentation/settings.ts';
import { turnBy } from '../../src/augmentation/turn.ts';
import { uniform } from '../../testing/engine/values.ts';

const nothing: Drawn = {
  ...{ angle: 0, down: 0, right: 0, isFlippedVertically: false, isFlippedHorizontally: false },
  ...{ cutoutRow: 0, cutoutColumn: 0 },
};

/** An image of one channel, as rows. */
function changed(rows: number[][], drawn: Partial<Drawn>, settings: Partial<Augmentation> = {}): number[][] {
  const [height, width] = [rows.length, rows[0].length];
  const target = new Float32Array(height * width).fill(Number.NaN);
  const change = createChange(
    { height, width, channels: 1 },
    { ...noAugmentation, ...settings },
    Float32Array.of(-1),
  );
  change(Float32Array.from(rows.flat()), target, { ...nothing, ...drawn });
  return rows.map((_, row) => [...target.slice(row * width, (row + 1) * width)]);
}

const image = [
  [1, 2, 3],
  [4, 5, 6],
];

test('an image to which nothing happens stays as it is.', () => {
  expect(changed(image, {})).toEqual(image);
});

test('an image is turned over one way, the other, or both.', () => {
  expect(changed(image, { isFlippedHorizontally: true })).toEqual([
    [3, 2, 1],
    [6, 5, 4],
  ]);
  expect(changed(image, { isFlippedVertically: true })).toEqual([
    [4, 5, 6],
    [1, 2, 3],
  ]);
  expect(changed(image, { isFlippedVertically: true, isFlippedHorizontally: true })).toEqual([
    [6, 5, 4],
    [3, 2, 1],
  ]);
});

test.each<[FillMode, number[][]]>([
  [
    'constant',
    [
      [6, -1, -1],
      [-1, -1, -1],
    ],
  ],
  [
    'nearest',
    [
      [6, 6, 6],
      [6, 6, 6],
    ],
  ],
  [
    'reflect',
    [
      [6, 6, 5],
      [6, 6, 5],
    ],
  ],
  [
    'wrap',
    [
      [6, 4, 5],
      [3, 1, 2],
    ],
  ],
])('beyond the border with %s stands what its name says.', (fillMode, expected) => {
  expect(changed(image, { down: 1, right: 2 }, { fillMode })).toEqual(expected);
});

test('Keras shows the borders as a line of four.', () => {
  const line = (mode: FillMode) =>
    Array.from({ length: 12 }, (_, at) => 'abcd'[borders[mode](at - 4, 4)] ?? '.').join('');
  expect([line('constant'), line('nearest'), line('reflect'), line('wrap')]).toEqual([
    ...['....abcd....', 'aaaaabcddddd', 'dcbaabcddcba', 'abcdabcdabcd'],
  ]);
});

describe('turned', () => {
  const square = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];
  const rounded = (rows: number[][]) => rows.map((row) => row.map((value) => Math.round(value * 1e5) / 1e5));

  test('by a right angle, each pixel is another one of the image; by two, it stands on its head.', () => {
    expect(rounded(changed(square, { angle: Math.PI / 2 }))).toEqual(
      [
        [7, 4, 1],
        [8, 5, 2],
        [9, 6, 3],
      ]
        .map((row) => row.toReversed())
        .toReversed(),
    );
    expect(rounded(changed(square, { angle: Math.PI }))).toEqual(
      square.map((row) => row.toReversed()).toReversed(),
    );
  });

  test('a pixel is interpolated between its four neighbours, those beyond the border too.', () => {
    const angle = Math.PI / 4;
    const [, [left]] = changed(square, { angle });
    // From (1 - sin, 1 - cos) = (0.2929, 0.2929), seen from the upper left corner.
    const share = 1 - Math.SQRT1_2;
    const [upper, lower] = [1 + share * 1, 4 + share * 1];
    expect(left).toBeCloseTo(upper * (1 - share) + lower * share, 5);
    const [[corner]] = changed(square, { angle });
    // From (1 - 2 sin, 1) = (-0.4142, 1), 0.4142 of which lie beyond the border, where -1 stands.
    expect(corner).toBeCloseTo(2 * (2 - Math.SQRT2) - (Math.SQRT2 - 1), 5);
  });

  test('cosine and sine are those of Math.', () => {
    for (let angle = -Math.PI; angle <= Math.PI; angle += 0.01) {
      const [cos, sin] = turnBy(angle);
      expect(Math.abs(cos - Math.cos(angle))).toBeLessThan(1e-14);
      expect(Math.abs(sin - Math.sin(angle))).toBeLessThan(1e-14);
    }
  });
});

test('a square is cut out around its middle, as much of it as is inside.', () => {
  const ones = Array.from({ length: 4 }, () => [1, 1, 1, 1]);
  const cut = (cutoutRow: number, cutoutColumn: number, cutout: number) =>
    changed(ones, { cutoutRow, cutoutColumn }, { cutout }).map((row) => row.join(''));
  expect(cut(0, 0, 2)).toEqual(['0111', '1111', '1111', '1111']);
  expect(cut(2, 2, 2)).toEqual(['1111', '1001', '1001', '1111']);
  expect(cut(3, 1, 3)).toEqual(['1111', '1111', '0001', '0001']);
});

test('channels stay together.', () => {
  const change = createChange({ height: 1, width: 2, channels: 2 }, noAugmentation, new Float32Array(2));
  const target = new Float32Array(4);
  change(Float32Array.of(1, 2, 3, 4), target, { ...nothing, isFlippedHorizontally: true });
  expect([...target]).toEqual([3, 4, 1, 2]);
  change(Float32Array.of(1, 2, 3, 4), target, { ...nothing, right: 1 });
  expect([...target]).toEqual([3, 4, 0, 0]);
});

const everything: Augmentation = {
  ...{ randomShift: 2, randomFlip: 'both', randomRotation: 30, randomCrop: 3, cutout: 1 },
  fillMode: 'constant',
};
const draws = (settings: Augmentation, seed = 1, step = 1) =>
  Array.from({ length: 2000 }, (_, position) => drawChanges(settings, [8, 6], { seed, step, position }));

test('what is drawn is within what was asked for, reaches its ends, and is as often one way as the other.', () => {
  const all = draws(everything);
  const range = (of: (drawn: Drawn) => number) => [Math.min(...all.map(of)), Math.max(...all.map(of))];
  expect(range(({ down }) => down)).toEqual([-5, 5]);
  expect(range(({ right }) => right)).toEqual([-5, 5]);
  expect(range(({ cutoutRow }) => cutoutRow)).toEqual([0, 7]);
  expect(range(({ cutoutColumn }) => cutoutColumn)).toEqual([0, 5]);
  const [least, most] = range(({ angle }) => (angle * 180) / Math.PI);
  expect(least).toBeGreaterThanOrEqual(-30);
  expect(least).toBeLessThan(-29);
  expect(most).toBeLessThan(30);
  expect(most).toBeGreaterThan(29);
  for (const of of ['isFlippedHorizontally', 'isFlippedVertically'] as const) {
    const share = all.filter((drawn) => drawn[of]).length / all.length;
    // Five standard deviations.
    expect(Math.abs(share - 0.5)).toBeLessThan(0.056);
  }
});

test('another seed, step or position draws another thing; the same draws the same.', () => {
  expect(draws(everything)).toEqual(draws(everything));
  expect(new Set(draws(everything).map(({ angle }) => angle)).size).toBe(2000);
  expect(draws(everything, 2)[0]).not.toEqual(draws(everything)[0]);
  expect(draws(everything, 1, 2)[0]).not.toEqual(draws(everything)[0]);
});

test('what is switched off changes nothing of the others.', () => {
  const alone = draws({ ...noAugmentation, randomFlip: 'horizontal' });
  expect(alone.map(({ isFlippedHorizontally }) => isFlippedHorizontally)).toEqual(
    draws(everything).map(({ isFlippedHorizontally }) => isFlippedHorizontally),
  );
  expect(
    alone.every(({ isFlippedVertically, angle, down }) => !isFlippedVertically && angle === 0 && down === 0),
  ).toBe(true);
});

test.each([
  ['bytes', Uint8Array.from({ length: 600 }, (_, at) => (at * 37) % 256)],
  ['floats', Float32Array.from(uniform(4, 600, -3, 9))],
])(
  'normalized by their own mean and deviation, %s have the mean 0 and the deviation 1 in each channel.',
  (_, values) => {
    const normalization = normalizationOf(values, 3);
    const target = new Float32Array(600);
    createNormalize(3, normalization)(values, target);
    for (let channel = 0; channel < 3; channel++) {
      const own = target.filter((_, at) => at % 3 === channel);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      expect(mean).toBeCloseTo(0, 6);
      expect(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length).toBeCloseTo(1, 5);
    }
  },
);

test('a channel that is always the same becomes 0.', () => {
  const values = Float32Array.of(0.7, 1, 0.7, 3);
  const normalization = normalizationOf(values, 2);
  expect(normalization).toEqual({ mean: [Math.fround(0.7), 2], std: [1, 1] });
  const target = new Float32Array(4);
  createNormalize(2, normalization)(values, target);
  expect([...target]).toEqual([0, -1, 0, 1]);
});
