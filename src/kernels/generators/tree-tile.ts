/**
 * Writes the inner tiles of a dense layer's weight gradient as AssemblyScript text: a tile of the sum over shards by the
 * tree of src/reduction/tree.ts, whose parts never leave the first-level cache. Plain form, for one element:
 *
 *   for each shard: c = 0; for each of its rows k: c = multiplyAdd(a[k, row], b[k, column], c); then the tree over these
 *
 * Finished sums wait on a stack; each shard's is added to its left neighbours while it is still in registers. What is
 * left has no neighbour: the caller adds it.
 */
import { accumulators, bytesPerVector, heightsTo, multiplyAdds } from './tile.ts';

const parameters = 'aStep: usize, a: usize, b: usize, shardRows: usize, shards: i32, stack: usize';

/** The name of the function of a tile of so many rows. */
export const treeTileName = (rows: number): string => `treeTile${rows}`;

/** The module `tree-tiles.ts` of the kernels: a tile of each height up to `rows`, of `vectors` * 4 columns, and one that calls it. */
export const treeTilesModule = (rows: number, vectors: number): string =>
  [
    "import { multiplyAdd } from './multiply-add';",
    ...heightsTo(rows).map((height) => tile(height, vectors)),
    `export function treeTile(height: i32, ${parameters}): usize {`,
    'switch (height) {',
    ...heightsTo(rows).map(
      (height) => `case ${height}: return ${treeTileName(height)}(aStep, a, b, shardRows, shards, stack);`,
    ),
    '}',
    'return stack;',
    '}',
  ].join('\n');

/** Rows of A are neighbours in memory, k's are `aStep` bytes apart; rows of B are a panel's. */
function tile(rows: number, vectors: number): string {
  const bytes = rows * vectors * bytesPerVector;
  const place = (row: number, vector: number) => (row * vectors + vector) * bytesPerVector;
  const each = (line: (sum: string, place: number) => string) =>
    accumulators(rows, vectors, (row, vector) => line(`c${row}_${vector}`, place(row, vector)));
  return [
    `function ${treeTileName(rows)}(${parameters}): usize {`,
    'for (let shard = 0; shard < shards; shard++) {',
    'const first = <usize>load<i32>(shardRows);',
    'let ak = a + first * aStep;',
    `let bk = b + first * 64;`,
    ...each((sum) => `let ${sum} = f32x4.splat(0);`),
    'for (let k = load<i32>(shardRows, 4); k != 0; k--) {',
    ...multiplyAdds(rows, vectors, 'bk', (row) => `v128.load32_splat(ak, ${row * 4})`),
    'ak += aStep;',
    '}',
    'shardRows += 8;',
    'for (let pairs = shard; pairs & 1; pairs >>= 1) {',
    `stack -= ${bytes};`,
    ...each((sum, at) => `${sum} = f32x4.add(v128.load(stack, ${at}), ${sum});`),
    '}',
    ...each((sum, at) => `v128.store(stack, ${sum}, ${at});`).toReversed(),
    `stack += ${bytes};`,
    '}',
    'return stack;',
    '}',
  ].join('\n');
}
