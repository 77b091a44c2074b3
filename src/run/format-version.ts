import { GradpoolError, inputError } from '../errors.ts';

/** Of config.json and checkpoint.json. Version 1 knew softmax cross-entropy and SGD only, and named neither. */
export const formatVersion = 2;

/**
 * The format version of a parsed file.
 * @throws GradpoolError for one that this version of gradpool does not read
 */
export function versionOf({ formatVersion: version }: Record<string, unknown>): 1 | typeof formatVersion {
  if (version === 1 || version === formatVersion) return version;
  const message = `expected format version 1 or ${formatVersion}, got ${JSON.stringify(version)}`;
  if (typeof version === 'number' && version > formatVersion)
    throw new NewerFormatError(`${message}: a newer version of gradpool wrote it; go on with that one`);
  throw inputError(message);
}

/** What a newer version wrote is not broken: nothing may go on from what lies beside it, or take its place. */
class NewerFormatError extends GradpoolError {}

/** Whether this is the reason, or the reason of what it was said of. */
export const isOfNewerFormat = (error: unknown): boolean =>
  error instanceof NewerFormatError || (error instanceof Error && error.cause instanceof NewerFormatError);
