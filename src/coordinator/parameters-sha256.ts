import { createHash } from 'node:crypto';
export const parametersSha256 = (p: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(p.buffer, p.byteOffset, p.byteLength))
    .digest('hex');
