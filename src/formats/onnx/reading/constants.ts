/** The constants and settings of an ONNX graph's nodes. */
import { inputError } from '../../../errors.ts';
import { show } from '../../../model/keras/config/layer-config.ts';
import { type Shape, sizeOf } from '../../../shape.ts';
import { dataTypes, type NodeMessage, type TensorMessage } from '../messages.ts';

/** A tensor that stands in the file. */
export interface Constant {
  readonly shape: Shape;
  /** NaN where it is the number of examples. */
  readonly values: readonly number[] | Float32Array;
  /** Whether it is the one value at all places, and its shape is not known. */
  readonly isFilled?: true;
}

/** @throws GradpoolError for values of other types, in other files, or of another number than its shape says */
export function constantOf(tensor: TensorMessage): Constant {
  const { name, dims, dataLocation = 0 } = tensor;
  if (dataLocation !== 0)
    throw inputError(`Its tensor ${show(name)} lies in another file; save the model as one file`);
  const size = sizeOf(dims);
  const values = valuesOf(tensor);
  if (values.length !== size)
    throw inputError(
      `Expected its tensor ${show(name)} to hold ${size} values, [${dims.join(', ')}], got ${values.length}`,
    );
  return { shape: dims, values };
}

function valuesOf(tensor: TensorMessage): readonly number[] | Float32Array {
  const {
    name,
    dataType,
    rawData = new Uint8Array(0),
    floatData = [],
    doubleData = [],
    int64Data = [],
    int32Data = [],
  } = tensor;
  const { buffer } = new Uint8Array(rawData);
  const isRaw = rawData.length > 0;
  const bytes = { [dataTypes.float]: 4, [dataTypes.double]: 8, [dataTypes.int64]: 8, [dataTypes.int32]: 4 }[
    dataType
  ];
  if (bytes !== undefined && rawData.length % bytes === 0)
    switch (dataType) {
      case dataTypes.float:
        return isRaw ? new Float32Array(buffer) : floatData;
      case dataTypes.double:
        return isRaw ? Array.from(new Float64Array(buffer)) : doubleData;
      case dataTypes.int64:
        return isRaw ? Array.from(new BigInt64Array(buffer), Number) : int64Data;
      case dataTypes.int32:
        return isRaw ? Array.from(new Int32Array(buffer)) : int32Data;
    }
  throw inputError(
    `Expected its tensor ${show(name)} to be of float, double, int32 or int64, got the type ${dataType} in ${rawData.length} bytes`,
  );
}

/** A node's settings, with the defaults of the operation. */
export interface Settings {
  has(name: string): boolean;
  int(name: string, absent: number): number;
  float(name: string, absent: number): number;
  text(name: string, absent: string): string;
  ints(name: string): readonly number[] | undefined;
  floats(name: string): readonly number[] | undefined;
  texts(name: string): readonly string[] | undefined;
  tensor(name: string): TensorMessage | undefined;
}

export function settingsOf({ attribute }: NodeMessage): Settings {
  const byName = new Map(attribute.map((one) => [one.name, one]));
  return {
    has: (name) => byName.has(name),
    int: (name, absent) => byName.get(name)?.i ?? absent,
    float: (name, absent) => byName.get(name)?.f ?? absent,
    text(name, absent) {
      const text = byName.get(name)?.s;
      return text === undefined ? absent : Buffer.from(text).toString();
    },
    ints: (name) => byName.get(name)?.ints,
    floats: (name) => byName.get(name)?.floats,
    texts: (name) => byName.get(name)?.strings?.map((text) => Buffer.from(text).toString()),
    tensor: (name) => byName.get(name)?.t,
  };
}
