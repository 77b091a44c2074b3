import { printable } from './printable.ts';

/** One image and what the model makes of it. */
export interface Predicted {
  /** The file, or `test[5]`. */
  readonly source: string;
  /** The true class, where it is known. */
  readonly label?: number;
  readonly class: number;
  /** [classes] */
  readonly probabilities: Float32Array;
}

/**
 * The lines of a table: the image, its label where one is known, the most probable class, and its probability and the
 * next ones.
 * @param top how many classes are shown
 * @param names what each class is called; default: its number
 */
export function predictionTable(all: readonly Predicted[], top: number, names?: readonly string[]): string[] {
  const named = (number: number): string => printable(names?.[number] ?? `${number}`);
  const labelled = all.some(({ label }) => label !== undefined);
  const next = top > 1;
  const header = ['image', ...(labelled ? ['label'] : []), 'class', 'probability', ...(next ? ['next'] : [])];
  const rows = all.map(({ source, label, class: best, probabilities }) => [
    printable(source),
    ...(labelled ? [label === undefined ? '' : named(label)] : []),
    named(best),
    fixed(probabilities[best]),
    ...(next ? [runnersUp(probabilities, best, top - 1, named)] : []),
  ]);
  const widths = header.map((title, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column].length), title.length),
  );
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

function runnersUp(
  probabilities: Float32Array,
  best: number,
  most: number,
  named: (number: number) => string,
): string {
  return Array.from(probabilities, (probability, number) => ({ probability, number }))
    .filter(({ number }) => number !== best)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, most)
    .map(({ probability, number }) => `${named(number)}: ${fixed(probability)}`)
    .join(', ');
}

const fixed = (probability: number): string => probability.toFixed(4);
