/** How the columns of a table become inputs and classes: kept in a run, so that `predict` reads other tables alike. */
import type { InputType } from './input-type.ts';

/** A column of the inputs. */
export interface TableColumn {
  readonly name: string;
  /** Of text: each of these is an input, 1 where the cell is it and else 0. Absent for numbers. */
  readonly categories?: readonly string[];
}

export interface TableColumns {
  /** Those of the inputs, in their order. */
  readonly inputs: readonly TableColumn[];
  /** The name of the column of labels. */
  readonly label: string;
  /** uint8 for images of whole numbers from 0 to 255, whose values stand for value / 255. */
  readonly inputType: Extract<InputType, 'uint8' | 'float32'>;
}

/** How many inputs the columns are. */
export const widthOf = ({ inputs }: Pick<TableColumns, 'inputs'>): number =>
  inputs.reduce((sum, { categories }) => sum + (categories?.length ?? 1), 0);

/** Whether a record holds them: changed by hand, it may hold anything. */
export function areTableColumns(value: unknown): value is TableColumns {
  if (typeof value !== 'object' || value === null) return false;
  const { inputs, label, inputType } = value as Record<string, unknown>;
  return (
    Array.isArray(inputs) &&
    inputs.every(isColumn) &&
    typeof label === 'string' &&
    (inputType === 'uint8' || inputType === 'float32')
  );
}

function isColumn(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, categories } = value as Record<string, unknown>;
  const areTexts = Array.isArray(categories) && categories.every((category) => typeof category === 'string');
  return typeof name === 'string' && (categories === undefined || areTexts);
}
