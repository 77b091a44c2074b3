import { basename, dirname, extname, join } from 'node:path';
import { usageError } from '../errors.ts';
import { isDirectory } from '../files/atomic-file.ts';
import { encodeLayersModel } from '../formats/layers-model/layers-format.ts';
import { writeModelDirectory, writeModelFile } from '../formats/model-file/write-model.ts';
import type { UserMetadata } from '../formats/user-metadata.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import { metadataOfFacts } from '../run/model-facts.ts';
import { findRunRecord } from '../run/run-config.ts';
import { latestRunDirectory } from '../run/run-directory.ts';
import { asCode } from '../shown.ts';
import { layersPath } from './load/inputs.ts';
import { openSaved } from './load/saved.ts';
import { count, print } from './print/output.ts';

export interface ExportCommandOptions {
  readonly format?: string;
  readonly out?: string;
  readonly layers?: string;
}

interface Format {
  /** Behind the model's name. */
  readonly ending: string;
  /** @returns how many bytes there are */
  write(path: string, model: ModelSpec, metadata: UserMetadata | undefined): Promise<number>;
}

const asFile = (ending: string): Format => ({ ending, write: writeModelFile });

const formats: Readonly<Record<string, Format>> = {
  tfjs: {
    ending: '-tfjs',
    async write(path, { topology, network, parameters }, metadata) {
      const files = encodeLayersModel(topology, network, parameters, metadata);
      await writeModelDirectory(path, files);
      return files['weights.bin'].length + Buffer.byteLength(files['model.json']);
    },
  },
  keras: asFile('.keras'),
  safetensors: asFile('.safetensors'),
  onnx: asFile('.onnx'),
};

const formatNames: readonly string[] = Object.keys(formats);

/** Writes a trained model in a format of others. @returns the exit code */
export async function exportCommand(
  given: string | undefined,
  { format: name, out, layers }: ExportCommandOptions,
): Promise<number> {
  const format = formatNamed(name);
  if (out !== undefined) checkEnding(out, name as string, format);
  const path = given ?? (await latestRunDirectory());
  const layersModule = layersPath(layers) ?? (await findRunRecord(path))?.origin.layers;
  const reading = { purpose: 'infer', ends: 'several' } as const;
  const { model, path: found, facts, metadata } = await openSaved(path, layersModule, reading);
  const target = out ?? `${await nameOf(path)}${format.ending}`;
  const bytes = await format.write(target, model, metadata ?? metadataOfFacts(facts));
  print(
    `${target}: ${count(model.network.parameterCount)} parameters of ${found}, ${count(Math.ceil(bytes / 1000))} kB`,
  );
  return 0;
}

function formatNamed(name: string | undefined): Format {
  if (name === 'saved-model')
    throw usageError(
      `Expected \`format\` to be ${formatNames.join(', ')}, got saved-model, for which there is no maintained library outside of Python: write keras, and there \`keras.models.load_model(FILE).export(DIRECTORY)\``,
    );
  if (name !== undefined && Object.hasOwn(formats, name)) return formats[name];
  throw usageError(
    `Expected \`format\` to be ${formatNames.join(', ')}, got ${name === undefined ? 'none' : asCode(name)}`,
  );
}

/** By which others, and `--model`, tell what it is. */
function checkEnding(out: string, name: string, { ending }: Format): void {
  if (!ending.startsWith('.') || extname(out).toLowerCase() === ending) return;
  throw usageError(`Expected \`out\` to end in ${ending} with the format ${name}, got ${asCode(out)}`);
}

/** In a run's directory, or beside a model's file. */
const nameOf = async (path: string): Promise<string> =>
  (await isDirectory(path)) ? join(path, 'model') : join(dirname(path), basename(path, extname(path)));
