/**
 * Columns of one width each, two spaces apart.
 * @param left how many of them, from the first, stand on the left; the others on the right, as numbers do
 */
export function aligned(rows: readonly (readonly string[])[], left = 0): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < left ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
}
