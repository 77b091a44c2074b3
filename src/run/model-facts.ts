/** What a model was trained on, as far as those who use it need it: kept in every format of a model's file. */
import type { Normalization } from '../augmentation/settings.ts';
import { resolvePreparation } from '../config/preparation-options.ts';
import { areTableColumns, type TableColumns } from '../data/table-columns.ts';
import { type GradpoolError, inputError, messageOf } from '../errors.ts';
import type { UserMetadata } from '../formats/user-metadata.ts';
import type { Network } from '../model/network.ts';
import { shown } from '../shown.ts';
import { areNames, isRecord } from './fields.ts';

export interface ModelFacts {
  /** What each class is called. */
  readonly classNames?: readonly string[];
  /** How a table's columns became its inputs. */
  readonly columns?: TableColumns;
  /** What examples were normalized by, of each channel, after bytes were scaled. */
  readonly normalization?: Normalization;
}

/** Among what other programs keep in the same place. */
const key = 'gradpool';

/** What bytes, as images hold, are multiplied by before anything else. */
const byteScale = 1 / 255;

export const metadataOfFacts = (facts: ModelFacts): UserMetadata => ({ [key]: { ...facts, byteScale } });

/**
 * What a file's metadata say; nothing where gradpool wrote none.
 * @throws GradpoolError that names the field which is not what it should be, or does not fit the model
 */
export function factsIn(metadata: UserMetadata | undefined, { input }: Pick<Network, 'input'>): ModelFacts {
  const fields = metadata?.[key];
  if (fields === undefined) return {};
  if (!isRecord(fields)) throw bad('', 'an object', fields);
  const { classNames, columns, normalization, byteScale: scale = byteScale } = fields;
  if (classNames !== undefined && !areNames(classNames))
    throw bad('.classNames', 'a list of texts', classNames);
  if (columns !== undefined && !areTableColumns(columns))
    throw bad('.columns', "a table's columns { inputs, label, inputType }", columns);
  if (scale !== byteScale) throw bad('.byteScale', `${byteScale}, one part in 255`, scale);
  return {
    ...(classNames === undefined ? {} : { classNames }),
    ...(columns === undefined ? {} : { columns }),
    ...(normalization === undefined ? {} : { normalization: parseNormalization(normalization, input) }),
  };
}

function parseNormalization(given: unknown, input: readonly number[]): Normalization {
  const channels = input[input.length - 1];
  const { mean, std } = isRecord(given) ? given : {};
  const wanted = `{ mean, std } of ${channels} numbers each`;
  try {
    const { normalization } = resolvePreparation({ normalizeMean: mean, normalizeStd: std } as object);
    const fits =
      typeof normalization === 'object' &&
      [normalization.mean, normalization.std].every(({ length }) => length === channels);
    if (fits) return normalization;
  } catch (error) {
    throw bad('.normalization', `${wanted} (${messageOf(error)})`, given, error);
  }
  throw bad('.normalization', wanted, given);
}

const bad = (field: string, expected: string, got: unknown, cause?: unknown): GradpoolError =>
  inputError(`Expected \`userDefinedMetadata.${key}${field}\` to be ${expected}, got ${shown(got)}`, cause);
