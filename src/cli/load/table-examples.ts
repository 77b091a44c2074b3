import { gatherCsv } from '../../data/sources/csv.ts';
import { gatherParquet } from '../../data/sources/parquet.ts';
import type { TableColumns } from '../../data/table-columns.ts';
import { classOf, inputsOf, pixelColumns } from '../../data/tables/table.ts';
import { unlabelled } from '../../data/unlabelled.ts';
import { inputError } from '../../errors.ts';
import { bytesInMemory } from '../../formats/parquet/parquet.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import { counted } from '../../shown.ts';
import type { ExampleFile, ExampleGroup } from './example-files.ts';

/** What is known of the tables that a model was trained on. */
export interface KnownTable {
  /** Absent where it was trained on others: every column but that of labels is then an input, as it stands. */
  readonly columns?: TableColumns;
  readonly classNames?: readonly string[];
}

/** The rows of a table as examples, each with its label where it has one. */
export async function readTableExamples(
  { name, kind, bytes: read }: ExampleFile,
  input: Shape,
  { columns: known, classNames }: KnownTable,
): Promise<ExampleGroup> {
  const bytes = await read();
  const gathered =
    kind === 'parquet'
      ? await gatherParquet(bytesInMemory(name, bytes))
      : await gatherCsv(name, chunksOf(bytes));
  const columns = known ?? pixelColumns(gathered, input);
  const inputs = inputsOf(name, gathered, columns);
  if (gathered.count === 0 || inputs.length !== gathered.count * sizeOf(input))
    throw inputError(
      `${name}: expected rows of ${counted(sizeOf(input), 'input')}, as the model takes, got ${gathered.count === 0 ? 'none' : inputs.length / gathered.count}`,
    );
  const label = gathered.columns.findIndex((column) => column.name === columns.label);
  // Numbers of a table of another kind than the run's are class numbers.
  const names = known === undefined && gathered.columns[label]?.texts === undefined ? undefined : classNames;
  return {
    examples: unlabelled({ inputs, shape: input }),
    sources: Array.from({ length: gathered.count }, (_, row) => {
      const own = label < 0 ? undefined : classOf(gathered, row, label, names);
      return { source: `${name}[${row}]`, ...(own === undefined ? {} : { label: own }) };
    }),
  };
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
