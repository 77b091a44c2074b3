/** The values of one entry of a `weightsManifest`, as tf.io.decodeWeights gives them. */
import { inputError } from '../../errors.ts';
import { isObject, isPositiveInteger, show } from '../../model/keras/config/layer-config.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import { fromFloat16 } from '../float16.ts';

/** How many bytes a value takes. */
const bytesOf = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

export interface WeightEntry {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly stored: keyof typeof bytesOf;
  /** For uint8 and uint16: value = stored * scale + min. */
  readonly scale: number;
  readonly min: number;
  /** True for a part of an optimizer's state. */
  readonly ofOptimizer: boolean;
}

/** @throws GradpoolError for an entry that is none, or whose number type or quantization is not known */
export function readEntry(value: unknown): WeightEntry {
  const { name, shape, quantization, group, dtype } = isObject(value) ? value : {};
  if (typeof name !== 'string' || !Array.isArray(shape) || !shape.every(isPositiveInteger))
    throw inputError(
      `Expected each weight of \`weightsManifest\` to be { name, shape, dtype }, got ${show(value)}`,
    );
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    throw inputError(`Expected the weight ${show(name)} to be float32, int32 or bool, got ${show(dtype)}`);
  const common = { name, shape, dtype, ofOptimizer: group === 'optimizer' } as const;
  if ((quantization ?? null) === null) return { ...common, stored: dtype, scale: 1, min: 0 };
  return { ...common, ...readQuantization(name, dtype, quantization) };
}

function readQuantization(name: string, dtype: WeightEntry['dtype'], quantization: unknown) {
  const { dtype: stored, scale, min } = isObject(quantization) ? quantization : {};
  if (stored === 'float16' && dtype === 'float32') return { stored, scale: 1, min: 0 } as const;
  if ((stored === 'uint8' || stored === 'uint16') && dtype !== 'bool') {
    if (Number.isFinite(scale) && Number.isFinite(min))
      return { stored, scale: scale as number, min: min as number } as const;
  }
  throw inputError(
    `Expected the \`quantization\` of the weight ${show(name)} (${dtype}) to be { dtype: 'uint8' or 'uint16', scale, min }, or { dtype: 'float16' } of float32, got ${show(quantization)}`,
  );
}

export const byteLengthOf = ({ shape, stored }: WeightEntry): number => sizeOf(shape) * bytesOf[stored];

/**
 * @param bytes of this entry alone, little-endian
 * @returns [size]; an integer weight as float32 holds it
 */
export function decodeWeight({ stored, dtype, scale, min }: WeightEntry, bytes: Uint8Array): Float32Array {
  // Numbers of two or four bytes have to begin at a multiple of that; what lies so is not copied.
  const isAligned = bytes.byteOffset % bytesOf[stored] === 0;
  // Not `slice`, which of a Buffer is the same memory.
  const { buffer, byteOffset } = isAligned ? bytes : new Uint8Array(bytes);
  const length = bytes.length / bytesOf[stored];
  switch (stored) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'int32':
      return Float32Array.from(new Int32Array(buffer, byteOffset, length));
    case 'bool':
      return Float32Array.from(new Uint8Array(buffer, byteOffset, length));
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, length), fromFloat16);
    default: {
      const whole =
        stored === 'uint8'
          ? new Uint8Array(buffer, byteOffset, length)
          : new Uint16Array(buffer, byteOffset, length);
      const value = (code: number) => code * scale + min;
      return Float32Array.from(whole, dtype === 'int32' ? (code) => Math.round(value(code)) + 0 : value);
    }
  }
}
