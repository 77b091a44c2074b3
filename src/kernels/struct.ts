/** Structs in the shared memory: classes without a header of assembly/, as TypeScript writes them. */

/** A byte address in the shared memory, or how far two are apart. */
export type Address = number;

declare const struct: unique symbol;

/** The address of a struct. */
export type AddressOf<Struct> = Address & { readonly [struct]: Struct };

/** A type whose fields are all numbers. */
export type StructValues<Struct> = { readonly [Name in keyof Struct]: number };

/** AssemblyScript's types of fields. Addresses (usize) have 32 bits. */
type Scalar = 'i32' | 'u32' | 'f32' | 'f64' | 'usize';

/** Where the fields of a struct lie. */
export interface StructLayout<Struct> {
  readonly bytes: number;
  /** In bytes from the struct's address. */
  readonly offsets: Readonly<Record<keyof Struct, number>>;
  readonly types: Readonly<Record<keyof Struct, Scalar>>;
}

/** Fields lie in their order, each at a multiple of its size, as the compiler lays them. */
export function layoutOf<Struct>(types: Readonly<Record<keyof Struct, Scalar>>): StructLayout<Struct> {
  const offsets: Partial<Record<keyof Struct, number>> = {};
  let end = 0;
  for (const name of fieldsOf(types)) {
    const size = types[name] === 'f64' ? 8 : 4;
    const offset = Math.ceil(end / size) * size;
    offsets[name] = offset;
    end = offset + size;
  }
  return { bytes: end, offsets: offsets as Record<keyof Struct, number>, types };
}

/**
 * Writes a struct whole.
 * @param address a multiple of 8
 * @returns the same, as that of the struct
 */
export function writeStruct<Struct extends StructValues<Struct>>(
  buffer: ArrayBufferLike,
  address: Address,
  { bytes, offsets, types }: StructLayout<Struct>,
  values: Struct,
): AddressOf<Struct> {
  const view = new DataView(buffer, address, bytes);
  for (const name of fieldsOf(types)) write(view, offsets[name], types[name], values[name]);
  return address as AddressOf<Struct>;
}

const fieldsOf = <Struct>(types: Readonly<Record<keyof Struct, Scalar>>) =>
  Object.keys(types) as (keyof Struct)[];

function write(view: DataView, offset: number, type: Scalar, value: number): void {
  if (type === 'f32') view.setFloat32(offset, value, true);
  else if (type === 'f64') view.setFloat64(offset, value, true);
  else if (type === 'i32') view.setInt32(offset, value, true);
  else view.setUint32(offset, value, true);
}
