/** uint8 values stand for value / 255; int32 and float32 ones are taken as they are, as float32. */
export type InputType = 'uint8' | 'int32' | 'float32';

/** The arrays that hold inputs. */
export const inputArrays = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array } as const;

/** A view of inputs, one for each InputType. */
export type InputArray = Uint8Array | Int32Array | Float32Array;

/** sparseCategoricalCrossentropy takes a class, softmaxCrossEntropy either, all others a vector. */
export type TargetType = 'class' | 'vector';

/** A uint8 value stands for the float32 nearest to value / 255. */
export const byteValues = Float32Array.from({ length: 256 }, (_, value) => value / 255);
