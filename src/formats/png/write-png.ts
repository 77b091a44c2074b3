import { encode } from 'fast-png';
import type { Picture } from '../picture.ts';

/** A picture as the bytes of a PNG file of 8 bits a channel. */
export const encodePng = ({ width, height, channels, values }: Picture): Uint8Array =>
  encode({ width, height, channels, depth: 8, data: values });
