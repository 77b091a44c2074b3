import { type DataSurvey, type PartSurvey, surveyData } from '../../data/survey/survey.ts';
import { replaceFile, tryOutput } from '../../files/atomic-file.ts';
import { counted } from '../../shown.ts';
import { type DataChoice, dataChoice, loadData, type NamedData } from '../load/data.ts';
import { count, print, short } from '../print/output.ts';
import { during } from '../print/progress.ts';
import { aligned } from '../print/table.ts';

export interface DataCommandOptions extends Omit<DataChoice, 'data'> {
  /** Where a picture of examples is written. */
  readonly grid?: string;
  readonly json?: boolean;
}

/** Prints what was understood of data: their form, counts, classes, values, and warnings. @returns the exit code */
export async function dataCommand(
  path: string | undefined,
  { grid, json = false, ...options }: DataCommandOptions,
): Promise<number> {
  if (grid !== undefined) await tryOutput(grid);
  const { choice } = dataChoice(path === undefined ? options : { ...options, data: path });
  const data = await during('reading the data', () => loadData(choice));
  const survey = surveyData(data.train, data.test);
  if (grid !== undefined) await replaceFile(grid, await pictureOf(data));
  if (json) print(JSON.stringify(asJson(data, survey, grid)));
  else for (const line of asLines(data, survey, grid)) print(line);
  return 0;
}

/** What draws is loaded where something is drawn. */
async function pictureOf({ train }: NamedData): Promise<Uint8Array> {
  const [{ examplesGrid }, { encodePng }] = await Promise.all([
    import('../../data/survey/examples-grid.ts'),
    import('../../formats/png/write-png.ts'),
  ]);
  return encodePng(examplesGrid(train));
}

function asJson({ name, form, train }: NamedData, { warnings, ...parts }: DataSurvey, grid?: string) {
  const { shape, inputType, classes, classNames } = train;
  return {
    ...{ data: name, form, shape, inputType, classes },
    ...(classNames === undefined ? {} : { classNames }),
    ...parts,
    warnings,
    ...(grid === undefined ? {} : { grid }),
  };
}

/** More are for a program to read. */
const mostClasses = 30;

function asLines(
  { name, form, train }: NamedData,
  { warnings, ...parts }: DataSurvey,
  grid?: string,
): string[] {
  const { shape, inputType, classes } = train;
  const left = classes - mostClasses;
  return [
    `data      ${name}: ${form}`,
    `examples  ${count(parts.train.examples)} for training and ${count(parts.test.examples)} for the test, of ${shape.join(' x ')}`,
    `values    ${inputType}, ${rangeOf(parts.train)}${inputType === 'uint8' ? ', which stand for value / 255' : ''}`,
    '',
    ...classTable(train.classNames, parts),
    ...(left > 0 ? [`and ${counted(left, 'class')} more (--json has all)`] : []),
    ...(grid === undefined ? [] : ['', `${grid}: examples of the training set`]),
    ...(warnings.length > 0 ? ['', ...warnings.map((warning) => `warning: ${warning}`)] : []),
  ];
}

const rangeOf = ({ range: [least, largest] }: PartSurvey): string =>
  `from ${short(least)} to ${short(largest)}`;

function classTable(
  names: readonly string[] | undefined,
  { train, test }: Readonly<Record<'train' | 'test', PartSurvey>>,
): string[] {
  const header = ['class', ...(names === undefined ? [] : ['name']), 'training', 'test'];
  const rows = train.examplesOfClass
    .slice(0, mostClasses)
    .map((examples, label) => [
      `${label}`,
      ...(names === undefined ? [] : [names[label]]),
      count(examples),
      count(test.examplesOfClass[label]),
    ]);
  return aligned([header, ...rows]);
}
