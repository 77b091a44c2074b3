/** Predictions as they are printed: a table, lines of JSON, or CSV. */

import { usageError } from '../../errors.ts';
import { alternatives, asCode } from '../../shown.ts';
import { type Predicted, predictionTable } from './prediction-table.ts';

export const predictionFormats = ['table', 'json', 'csv'] as const;
export type PredictionFormat = (typeof predictionFormats)[number];

export interface PredictionStyle {
  readonly format: PredictionFormat;
  /** How many classes a table shows. */
  readonly top: number;
  /** What each class is called. */
  readonly classNames: readonly string[] | undefined;
}

/** @throws GradpoolError of kind 'usage' for another format, or two of them */
export function formatOf(format: string | undefined, json: boolean): PredictionFormat {
  const found = predictionFormats.find((known) => known === format);
  if (format !== undefined && found === undefined)
    throw usageError(`Expected \`format\` to be ${alternatives(predictionFormats)}, got ${asCode(format)}`);
  if (json && found !== undefined && found !== 'json')
    throw usageError(`Expected one of \`json\` and \`format\`, got both`);
  return json ? 'json' : (found ?? 'table');
}

/** @param isFirst whether nothing was printed yet: a header stands in front of the first ones alone */
export function predictionLines(all: readonly Predicted[], style: PredictionStyle, isFirst = true): string[] {
  const { format, top, classNames } = style;
  if (format === 'json') return all.map((predicted) => asJson(predicted, classNames));
  const lines = format === 'csv' ? asCsv(all, classNames) : predictionTable(all, top, classNames);
  return isFirst ? lines : lines.slice(1);
}

const asJson = ({ probabilities, ...predicted }: Predicted, names: PredictionStyle['classNames']): string =>
  JSON.stringify({
    ...predicted,
    ...(names === undefined ? {} : { className: names[predicted.class] }),
    probabilities: [...probabilities],
  });

function asCsv(all: readonly Predicted[], names: PredictionStyle['classNames']): string[] {
  const classes = Array.from(all[0]?.probabilities ?? [], (_, number) => names?.[number] ?? `${number}`);
  const header = ['source', 'label', 'class', 'className', ...classes.map((name) => `p(${name})`)];
  const rows = all.map(({ source, label, class: best, probabilities }) => [
    ...[source, `${label ?? ''}`, `${best}`, names?.[best] ?? ''],
    ...Array.from(probabilities, String),
  ]);
  return [header, ...rows].map((cells) => cells.map(inQuotes).join(','));
}

/** RFC 4180: where a cell has what parts cells. */
const inQuotes = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
