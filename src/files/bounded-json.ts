import { inputError } from '../errors.ts';

/**
 * JSON.parse for what comes from a file. What is nested deeper than `mostDepth` is refused before it is parsed: what
 * is small as text can be large, slow or too deep for the stack once it is gone through.
 * @throws SyntaxError when it is not JSON in UTF-8
 * @throws GradpoolError when it is nested too deeply
 */
export function parseBoundedJson(bytes: Uint8Array, mostDepth: number): unknown {
  if (depthOf(bytes) > mostDepth)
    throw inputError(`expected JSON that is nested at most ${mostDepth} levels deep, got a deeper one`);
  return JSON.parse(decode(bytes));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SyntaxError('The text is not UTF-8', { cause });
  }
}

const [quote, backslash, bracket, brace, bracketEnd, braceEnd] = Buffer.from('"\\[{]}');

/** The most brackets that are open at once; any number for what is not JSON. */
function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let most = 0;
  let isInString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) isInString = !isInString;
    else if (isInString) at += byte === backslash ? 1 : 0;
    else if (byte === bracket || byte === brace) most = Math.max(most, ++depth);
    else if (byte === bracketEnd || byte === braceEnd) depth--;
  }
  return most;
}
