/** Tables in Parquet. */
import { join } from 'node:path';
import { type BasicType, type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { imageOf, imageSize, type PlainData, type PlainPart, put } from './forms.ts';

export type Column = readonly [name: string, type: BasicType, values: readonly unknown[]];

/** A file of row groups of two rows. */
export const parquetOf = (
  columns: readonly Column[],
  codec: 'SNAPPY' | 'UNCOMPRESSED' = 'SNAPPY',
): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: columns.map(([name, type, data]): ColumnSource => ({ name, type, data: [...data] })),
      codec,
      rowGroupSize: 2,
    }),
  );

/** A table of pixels, a row an example, with the class in its first column. */
function pixelsOf(part: PlainPart): Uint8Array {
  const images = part.labels.map((_, example) => imageOf(part, example));
  return parquetOf([
    ['label', 'INT32', part.labels],
    ...Array.from(
      { length: imageSize },
      (_, pixel): Column => [`pixel${pixel}`, 'INT32', images.map((image) => image[pixel])],
    ),
  ]);
}

export function writeParquet(directory: string, { train, test }: PlainData): string {
  put(join(directory, 'train.parquet'), pixelsOf(train));
  put(join(directory, 'test.parquet'), pixelsOf(test));
  return directory;
}
