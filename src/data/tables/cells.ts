/** A cell of a table: text of a CSV file, or what a Parquet file holds. */
export type Cell = string | number;

/** How tables write that a value is missing. */
const missing = ['', 'na', 'n/a', 'nan', 'null', '?'];

export const isMissing = (cell: Cell): boolean =>
  typeof cell === 'number' ? Number.isNaN(cell) : cell.length <= 4 && missing.includes(cell.toLowerCase());

/** @returns undefined for text that is no decimal number, or one that float32 cannot hold */
export function numberIn(cell: Cell): number | undefined {
  if (typeof cell === 'string' && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell)) return undefined;
  const value = Number(cell);
  return Number.isFinite(Math.fround(value)) ? value : undefined;
}
