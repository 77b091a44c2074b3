/** How a run is made again: the command, and what has to be the same. */
import type { Reproduction } from '../../pages/page-data.ts';
import { type Fields, flatFields } from '../../pages/read-run.ts';
import { findRunRecord, settingsOf } from '../../run/run-config.ts';
import { optionWords } from '../print/command-line.ts';

/** @param parameters step and SHA-256 of the newest checkpoint */
export async function reproductionOf(
  run: string,
  fields: Fields,
  parameters?: { readonly step: number; readonly sha256: string },
): Promise<Reproduction> {
  const command = await commandOf(run, fields);
  const known = flatFields(fields);
  const facts = Object.fromEntries(
    Object.entries(names).flatMap(([field, name]) =>
      known[field] === undefined ? [] : [[name, known[field]]],
    ),
  );
  return {
    ...(command === undefined ? {} : { command }),
    facts: {
      ...facts,
      ...(parameters === undefined
        ? {}
        : { [`parameters after step ${parameters.step}, SHA-256`]: parameters.sha256 }),
    },
  };
}

/** Fields of config.json that decide the bits, as a reader would call them. */
const names: Readonly<Record<string, string>> = {
  gradpool: 'gradpool',
  node: 'Node.js',
  seed: 'seed',
  engine: 'engine',
  'arithmetic.kernels': 'version of the kernels',
  'arithmetic.multiplyAdd': 'multiply-add',
  dataSha256: 'training data, SHA-256',
  'origin.testSha256': 'test data, SHA-256',
  modelSha256: 'model, SHA-256',
  'origin.initialSha256': 'initial parameters, SHA-256',
};

/** @returns undefined where the run's data or model are a program's own */
async function commandOf(run: string, fields: Fields): Promise<string | undefined> {
  if (fields.kind === 'gan') return undefined;
  const record = await findRunRecord(run);
  if (record?.origin.data === undefined || record.origin.model === undefined) return undefined;
  const { data, dataOptions, model, layers, isStreamed } = record.origin;
  try {
    const { metrics = [], ...others } = settingsOf(run, record);
    const settings = { ...others, ...(metrics.length > 0 ? { metrics: metrics.join(',') } : {}) };
    const options = optionWords({
      ...(data === 'MNIST' ? {} : { data, ...dataOptions }),
      ...(isStreamed === undefined ? {} : { stream: true }),
      ...(model === 'mnistCnn' ? {} : { model }),
      ...(layers === undefined ? {} : { layers }),
      ...settings,
    });
    return ['gradpool train', ...options].join(' ');
  } catch {
    return undefined;
  }
}
