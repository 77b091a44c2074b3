/**
 * An embedding: rows of a table [vocabulary, size], which is packed in panels of 16 columns, by words (float32). Plain
 * form: src/engine/reference/layers/embedding.ts.
 */

const panelBytes: usize = 64;

/** The row that a word stands for; -1 where the table has none. */
@inline
function rowOf(word: usize, vocabulary: i32): i32 {
  const value = load<f32>(word);
  // Written so that a NaN is no row.
  return value > -1 && value < <f32>vocabulary ? <i32>value : -1;
}

/** A panel's row, without the call that `memory.copy` is. */
@inline
function copyPanel(from: usize, to: usize): void {
  for (let at: usize = 0; at < panelBytes; at += 16) v128.store(to + at, v128.load(from + at));
}

/** output[word, size] = the word's row; NaN for a word that is none. */
export function embed(
  words: usize,
  count: i32,
  table: usize,
  vocabulary: i32,
  size: i32,
  output: usize,
): void {
  const bytes = (<usize>size) << 2;
  for (let end = words + ((<usize>count) << 2); words < end; words += 4) {
    const row = rowOf(words, vocabulary);
    let panel = table + <usize>row * panelBytes;
    for (let at: usize = 0; at < bytes; at += panelBytes) {
      const some = min(panelBytes, bytes - at);
      if (row < 0) for (let lane: usize = 0; lane < some; lane += 4) store<f32>(output + at + lane, NaN);
      else if (some === panelBytes) copyPanel(panel, output + at);
      else memory.copy(output + at, panel, some);
      panel += <usize>vocabulary * panelBytes;
    }
    output += bytes;
  }
}

/**
 * Sorts a batch's words by the block of rows, `blockRows` high, that they stand for; those of a block keep their order.
 * @param ranges [shards] of (first word, how many)
 * @param starts [blocks + 1], written: where the entries of each block begin
 * @param entries [words] of (word, shard), written
 */
export function sortWords(
  words: usize,
  ranges: usize,
  shards: i32,
  vocabulary: i32,
  blockRows: i32,
  starts: usize,
  entries: usize,
): void {
  const blocks = (vocabulary + blockRows - 1) / blockRows;
  memory.fill(starts, 0, (<usize>(blocks + 1)) << 2);
  for (let shard = 0; shard < shards; shard++) {
    let word = words + ((<usize>load<i32>(ranges + ((<usize>shard) << 3))) << 2);
    const end = word + ((<usize>load<i32>(ranges + ((<usize>shard) << 3), 4)) << 2);
    for (; word < end; word += 4) {
      const row = rowOf(word, vocabulary);
      if (row < 0) continue;
      // One place further, so that the sums below are the blocks' beginnings.
      const count = starts + ((<usize>(row / blockRows + 1)) << 2);
      store<i32>(count, load<i32>(count) + 1);
    }
  }
  for (let block = 0; block < blocks; block++) {
    const at = starts + ((<usize>block) << 2);
    store<i32>(at, load<i32>(at) + load<i32>(at, 4), 4);
  }
  // Each entry moves its block's beginning on by one: behind it, they are those of the next block.
  for (let shard = 0; shard < shards; shard++) {
    const first = load<i32>(ranges + ((<usize>shard) << 3));
    const count = load<i32>(ranges + ((<usize>shard) << 3), 4);
    for (let place = first; place < first + count; place++) {
      const row = rowOf(words + ((<usize>place) << 2), vocabulary);
      if (row < 0) continue;
      const at = starts + ((<usize>(row / blockRows)) << 2);
      const next = load<i32>(at);
      store<i32>(entries + ((<usize>next) << 3), place);
      store<i32>(entries + ((<usize>next) << 3), shard, 4);
      store<i32>(at, next + 1);
    }
  }
  memory.copy(starts + 4, starts, (<usize>blocks) << 2);
  store<i32>(starts, 0);
}

/**
 * Adds the gradients of some words to the rows that they stand for, in the slot of the shard that they are of.
 * @param entries [count] of (word, shard)
 * @param firstRow of the block
 * @param dOutput a panel of 16 columns, [words, 16]
 * @param slots [shards] of [rows of a block, 16], `slotBytes` apart
 */
export function addWordGradients(
  entries: usize,
  count: i32,
  words: usize,
  firstRow: i32,
  dOutput: usize,
  slots: usize,
  slotBytes: usize,
): void {
  for (let end = entries + ((<usize>count) << 3); entries < end; entries += 8) {
    const word = <usize>load<i32>(entries);
    const row = <i32>load<f32>(words + (word << 2)) - firstRow;
    const sum = slots + <usize>load<i32>(entries, 4) * slotBytes + <usize>row * panelBytes;
    const part = dOutput + word * panelBytes;
    for (let at: usize = 0; at < panelBytes; at += 16) {
      v128.store(sum + at, f32x4.add(v128.load(sum + at), v128.load(part + at)));
    }
  }
}
