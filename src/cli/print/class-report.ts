/** How well each class is told from the others, as text. */
import { aligned } from './table.ts';

/** Of one class. */
export interface ClassScore {
  readonly class: number;
  /** What it is called; absent where classes are numbers alone. */
  readonly className?: string;
  /** Of the examples that were taken for it, the share that is of it; 0 where there are none. */
  readonly precision: number;
  /** Of its examples, the share that was taken for it; 0 where there are none. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
  readonly examples: number;
}

/**
 * @param confusion [classes][classes] by true class, then by predicted class
 * @param names [classes] what each is called
 */
export const classScores = (
  confusion: readonly (readonly number[])[],
  names?: readonly string[],
): ClassScore[] =>
  confusion.map((row, own) => {
    const examples = sumOf(row);
    const taken = sumOf(confusion.map((other) => other[own]));
    const right = row[own];
    return {
      class: own,
      ...(names === undefined ? {} : { className: names[own] }),
      precision: share(right, taken),
      recall: share(right, examples),
      f1: share(2 * right, examples + taken),
      examples,
    };
  });

/** A wider matrix is read by nobody. */
const mostClasses = 20;

/**
 * The scores of each class, then the matrix; of many classes those that are told worst, then the most frequent mistakes.
 * @param confusion [classes][classes] by true class, then by predicted class
 * @param names [classes] what each is called
 */
export function classReport(confusion: readonly (readonly number[])[], names?: readonly string[]): string[] {
  const scores = classScores(confusion, names);
  const named = (own: number) => names?.[own] ?? `${own}`;
  if (scores.length <= mostClasses) return [...scoreTable(scores), '', ...matrixTable(confusion, named)];
  const worst = scores.toSorted((a, b) => a.f1 - b.f1).slice(0, mostClasses);
  return [
    `of ${scores.length} classes, the ${mostClasses} that are told worst`,
    ...scoreTable(worst),
    '',
    ...mistakeLines(confusion, named),
  ];
}

function scoreTable(scores: readonly ClassScore[]): string[] {
  const fixed = (value: number) => value.toFixed(4);
  const header = ['class', 'precision', 'recall', 'f1', 'examples'];
  const rows = scores.map(({ class: own, className, precision, recall, f1, examples }) => [
    className ?? `${own}`,
    ...[precision, recall, f1].map(fixed),
    `${examples}`,
  ]);
  return aligned([header, ...rows]);
}

type Named = (own: number) => string;

function matrixTable(confusion: readonly (readonly number[])[], named: Named): string[] {
  const header = ['true', ...confusion.map((_, predicted) => named(predicted))];
  const rows = confusion.map((row, own) => [
    named(own),
    ...row.map((count) => (count === 0 ? '.' : `${count}`)),
  ]);
  return [
    'confusion matrix: a row for each true class, a column for each predicted one',
    ...aligned([header, ...rows]),
  ];
}

function mistakeLines(confusion: readonly (readonly number[])[], named: Named): string[] {
  const mistakes = confusion
    .flatMap((row, own) => row.map((count, taken) => ({ own, taken, count })))
    .filter(({ own, taken, count }) => own !== taken && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, 10);
  return [
    'the most frequent mistakes',
    ...aligned([
      ['true', 'predicted', 'examples'],
      ...mistakes.map(({ own, taken, count }) => [named(own), named(taken), `${count}`]),
    ]),
  ];
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const share = (part: number, all: number): number => (all > 0 ? part / all : 0);
