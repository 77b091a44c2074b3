/** What is kept with a model beside its layers and weights: TensorFlow.js' user-defined metadata, which every format has a place for. */
import { GradpoolError, inputError } from '../errors.ts';
import { parseBoundedJson } from '../files/bounded-json.ts';
import { isObject, show } from '../model/keras/config/layer-config.ts';

/** A JSON object. */
export type UserMetadata = Readonly<Record<string, unknown>>;

/** What it is called in a model.json, in the metadata of safetensors and ONNX, and, with .json behind, in a .keras. */
export const metadataKey = 'userDefinedMetadata';

const mostDepth = 32;

/** By its name; nothing where there is none, so that a model without has the bytes that it always had. */
export const metadataEntry = (metadata: UserMetadata | undefined): Readonly<Record<string, string>> =>
  metadata === undefined || Object.keys(metadata).length === 0
    ? {}
    : { [metadataKey]: JSON.stringify(metadata) };

/** @throws GradpoolError when it is no JSON object */
export function parseMetadata(text: string | Uint8Array | undefined): { readonly metadata?: UserMetadata } {
  if (text === undefined) return {};
  try {
    return checkedMetadata(parseBoundedJson(Buffer.from(text as string), mostDepth));
  } catch (error) {
    if (error instanceof GradpoolError) throw error;
    throw inputError(`Expected its \`${metadataKey}\` to be JSON, got something else`, error);
  }
}

/** @throws GradpoolError for another value than an object; none, which is not set or null, is allowed */
export function checkedMetadata(value: unknown): { readonly metadata?: UserMetadata } {
  if (value === undefined || value === null) return {};
  if (isObject(value)) return { metadata: value };
  throw inputError(`Expected its \`${metadataKey}\` to be a JSON object, got ${show(value)}`);
}
