import { sha256 } from '../sha256.ts';

/** SHA-256 of parameters in natural order, as little-endian float32: also that of a checkpoint's weights.bin. */
export const parametersSha256 = (parameters: Float32Array): string => sha256(parameters);

/** An array's bytes as they lie in memory: little endian, as every processor that Node.js has releases for but IBM Z. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
