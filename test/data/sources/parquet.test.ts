import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import type { DataOptions } from '../../../src/data/data-options.ts';
import { originOf } from '../../../src/data/data-origin.ts';
import { dataHash } from '../../../src/data/dataset-hash.ts';
import { readData } from '../../../src/data/sources/read-data.ts';
import { compressors } from '../../../src/formats/parquet/pages.ts';
import { temporaryDirectory } from '../../../testing/data/files.ts';
import { put } from '../../../testing/data/forms.ts';
import { type Column, parquetOf as parquet } from '../../../testing/data/parquet.ts';

const files = temporaryDirectory();
let made = 0;

/** A table in a file, or files of a directory. */
const table = (bytes: Uint8Array | Readonly<Record<string, Uint8Array>>): string => {
  const path = files.path(`table-${made++}`);
  if (bytes instanceof Uint8Array) return put(`${path}.parquet`, bytes);
  for (const [name, each] of Object.entries(bytes)) put(`${path}/${name}`, each);
  return path;
};

const flowers: readonly Column[] = [
  ['size', 'DOUBLE', [1.5, 2.25, 3.1, 0.1, 7]],
  ['colour', 'STRING', ['red', 'blue', 'red', 'blue', 'red']],
  ['wild', 'BOOLEAN', [true, false, false, true, true]],
  ['leaves', 'INT64', [3n, 40n, 5n, 6n, 7n]],
  ['species', 'STRING', ['rose', 'iris', 'rose', 'iris', 'rose']],
];

/** The same table in CSV. */
const csvOf = (columns: readonly Column[]): string =>
  [
    columns.map(([name]) => name),
    ...columns[0][2].map((_, row) => columns.map(([, , values]) => values[row])),
  ].join('\n');

const numbers: readonly Column[] = [
  ['a', 'DOUBLE', [1, 2, 3]],
  ['label', 'INT32', [0, 1, 0]],
];

describe('A table in Parquet', () => {
  it.each(['SNAPPY', 'UNCOMPRESSED'] as const)('is what it is in CSV (%s)', async (codec) => {
    const csv = await readData(put(files.path(`${codec}.csv`), csvOf(flowers)));
    const read = await readData(table(parquet(flowers, codec)));
    expect([dataHash(read.train), dataHash(read.test)]).toEqual([dataHash(csv.train), dataHash(csv.test)]);
    expect(originOf(read.train, read.test).columns).toEqual(originOf(csv.train, csv.test).columns);
    expect([read.form, read.train.classNames, read.train.shape]).toEqual([
      'a Parquet table',
      ['iris', 'rose'],
      [6],
    ]);
  });

  it.each([
    ['train.parquet', 'test.parquet'],
    ['train-00000-of-00001.parquet', 'test-00000-of-00001.parquet'],
  ])('has parts in %s and %s', async (train, test) => {
    const rows: readonly Column[] = [
      ['label', 'INT32', [1]],
      ['a', 'FLOAT', [9]],
    ];
    const read = await readData(table({ [train]: parquet(numbers), [test]: parquet(rows) }));
    expect([[...read.train.inputs], [...read.test.inputs], [...read.test.labels]]).toEqual([
      [1, 2, 3],
      [9],
      [1],
    ]);
  });

  it('of pixels is images of bytes, where it is given the shape of images', async () => {
    const pixels: readonly Column[] = [
      ['first', 'INT32', [0, 255, 3]],
      ['second', 'INT32', [7, 8, 9]],
      ['label', 'INT32', [0, 1, 0]],
    ];
    expect((await readData(table(parquet(pixels)), { shape: [1, 2, 1] })).train).toMatchObject({
      inputType: 'uint8',
      shape: [1, 2, 1],
    });
  });
});

describe('A table in Parquet is refused', () => {
  const [a, label] = numbers;
  it.each<[string, () => string, RegExp, DataOptions?, 'usage'?]>([
    [
      'for null',
      () => table(parquet([['a', 'DOUBLE', [1, 2, null]], label])),
      /in column `a`, got none in row 3/,
    ],
    ['for NaN', () => table(parquet([['a', 'DOUBLE', [1, Number.NaN, 3]], label])), /got `NaN` in row 2/],
    [
      'for what no float32 holds',
      () => table(parquet([['a', 'DOUBLE', [1, 2, 1e99]], label])),
      /that float32 can hold in column `a`, got 1e\+99 in row 3/,
    ],
    [
      'for JSON',
      () => table(parquet([a, label, ['tags', 'JSON', [{}, {}, {}]]])),
      /expected numbers, text or booleans in column `tags`, got JSON/,
    ],
    [
      'for dates',
      () => table(parquet([['when', 'TIMESTAMP', [new Date(0), new Date(1), new Date(2)]], label])),
      /in column `when`, got TIMESTAMP/,
    ],
    [
      "for pandas' index",
      () => table(parquet([a, label, ['__index_level_0__', 'INT64', [0n, 1n, 2n]]])),
      /got `__index_level_0__`, which is pandas' index; leave it out/,
    ],
    [
      'without its end',
      () => table(parquet(flowers).subarray(0, -30)),
      /^\S+: expected a Parquet file, got damaged data \(.+\)$/,
    ],
    [
      'with rows that are damaged',
      () => table(parquet(flowers).fill(0xff, 4, 60)),
      /^\S+: expected a Parquet file, got damaged data \(.+\)$/,
    ],
    [
      'that is empty',
      () => table(new Uint8Array(0)),
      /^\S+: expected a Parquet file, got damaged data \(.+\)$/,
    ],
    [
      'for a label that no column has',
      () => table(parquet(numbers)),
      /`label` to be a column of .*\(a, label\), got `kind`/,
      { label: 'kind' },
      'usage',
    ],
    [
      'where files are neither train nor test',
      () => table({ 'a.parquet': parquet(numbers), 'b.parquet': parquet(numbers) }),
      /expected train\.parquet and test\.parquet, or one Parquet file, got a\.parquet, b\.parquet/,
    ],
  ])('%s', async (_, path, message, options = {}, kind) => {
    await expect(readData(path(), options)).rejects.toMatchObject({
      kind: kind ?? 'input',
      message: expect.stringMatching(message),
    });
  });

  it('when a column is a list or a struct, by its name', async () => {
    const bytes = new Uint8Array(
      parquetWriteBuffer({
        schema: [
          { name: 'root', num_children: 2 },
          { name: 'label', type: 'INT32', repetition_type: 'REQUIRED' },
          { name: 'image', repetition_type: 'REQUIRED', num_children: 1 },
          { name: 'size', type: 'INT32', repetition_type: 'REQUIRED' },
        ],
        columnData: [
          { name: 'label', data: [0, 1] },
          { name: 'image', data: [{ size: 1 }, { size: 2 }] },
        ],
      }),
    );
    await expect(readData(table(bytes))).rejects.toThrow(/in column `image`, got nested values; write it/);
  });
});

it('A page that unpacks to more than its header says is refused', async () => {
  const { brotliCompressSync, gzipSync, zstdCompressSync } = await import('node:zlib');
  const bytes = new Uint8Array(1000);
  for (const [codec, pack] of Object.entries({
    GZIP: gzipSync,
    BROTLI: brotliCompressSync,
    ZSTD: zstdCompressSync,
  })) {
    const unpack = compressors[codec as keyof typeof compressors];
    expect(unpack?.(pack(bytes), 1000)).toHaveLength(1000);
    for (const length of [10, 1001]) expect(() => unpack?.(pack(bytes), length)).toThrow();
  }
});
