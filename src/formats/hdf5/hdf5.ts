/** HDF5 files, by the HDF5 library as WebAssembly (h5wasm). Files of others are read in its memory, and never opened. */
import { firstLineOf, GradpoolError, inputError, messageOf } from '../../errors.ts';
import type { Shape } from '../../shape.ts';

type H5wasm = typeof import('h5wasm').h5wasm;

/** A weight in a file. */
export interface Stored {
  readonly shape: Shape;
  readonly values: Float32Array;
}

/** An HDF5 file that is open for reading. */
export interface Hdf5 {
  /** Undefined where there is none, or it is no text. */
  text(path: string, attribute: string): string | undefined;
  /** Texts of a list; undefined where there is none. */
  texts(path: string, attribute: string): readonly string[] | undefined;
  /** Whether a group or dataset is there. */
  has(path: string): boolean;
  /** The names in a group, or none where there is no group. */
  names(path: string): readonly string[];
  /** @throws GradpoolError when there are no floating-point numbers, or more than `mostValues` of them */
  floats(path: string, mostValues: number): Stored;
}

/**
 * Opens an HDF5 file for `use`, and closes it.
 * @throws GradpoolError when it is none, is cut off or damaged, or h5wasm is not installed
 */
export async function readHdf5<T>(bytes: Uint8Array, use: (file: Hdf5) => T): Promise<T> {
  const h5 = await loadHdf5();
  const { FS } = await h5.ready;
  FS.writeFile(memoryFile, bytes);
  try {
    const file = new h5.File(memoryFile, 'r');
    try {
      return use(opened(h5, file));
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof GradpoolError) throw error;
    throw inputError(`Expected an HDF5 file, got one that is damaged or cut off (${reason(error)})`, error);
  } finally {
    FS.unlink(memoryFile);
  }
}

/** A group of an HDF5 file to write: its attributes, which are texts, and its datasets of float32. */
export interface GroupContent {
  readonly attributes?: Readonly<Record<string, string>>;
  readonly datasets?: Readonly<Record<string, Stored>>;
}

/** @param groups by their paths, like `layers/dense/vars`; those above are made */
export async function writeHdf5(groups: ReadonlyMap<string, GroupContent>): Promise<Uint8Array> {
  const h5 = await loadHdf5();
  const { FS } = await h5.ready;
  const file = new h5.File(memoryFile, 'w');
  try {
    for (const [path, { attributes = {}, datasets = {} }] of groups) {
      const group = made(file, path);
      for (const [name, text] of Object.entries(attributes)) group.create_attribute(name, text);
      for (const [name, { shape, values }] of Object.entries(datasets))
        group.create_dataset({ name, data: values, shape: [...shape], dtype: '<f' });
    }
    file.close();
    return FS.readFile(memoryFile);
  } finally {
    FS.unlink(memoryFile);
  }
}

/** Of the library's file system, which is an array in its memory. */
const memoryFile = 'model.h5';

let loading: Promise<H5wasm> | undefined;

/** Once: it takes a quarter of a second. */
async function loadHdf5(): Promise<H5wasm> {
  loading ??= import('h5wasm').then(
    async ({ default: h5 }) => {
      // Else it prints what fails, and goes on.
      (await h5.ready).activate_throwing_error_handler();
      return h5;
    },
    (cause: unknown) => {
      throw inputError(
        `Keras' files (.keras, .h5) need h5wasm, which is not installed or does not load (${firstLineOf(cause)}): npm install h5wasm`,
        cause,
      );
    },
  );
  return loading;
}

type File = InstanceType<H5wasm['File']>;
type Group = InstanceType<H5wasm['Group']>;

function made(file: File, path: string): Group {
  let group: Group = file;
  for (const name of path.split('/'))
    group = (group.keys().includes(name) ? group.get(name) : group.create_group(name)) as Group;
  return group;
}

function opened(h5: H5wasm, file: File): Hdf5 {
  const entity = (path: string) => (path === '' ? file : file.get(path));
  const group = (path: string): Group | undefined => {
    const found = isThere(file, path) ? entity(path) : null;
    return found instanceof h5.Group ? found : undefined;
  };
  const attribute = (path: string, name: string) => group(path)?.attrs[name]?.value;
  return {
    text(path, name) {
      const value = attribute(path, name);
      return typeof value === 'string' ? value : undefined;
    },
    texts(path, name) {
      const value = attribute(path, name);
      return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
    },
    has: (path) => isThere(file, path),
    names: (path) => group(path)?.keys() ?? [],
    floats(path, mostValues) {
      const found = isThere(file, path) ? entity(path) : null;
      if (!(found instanceof h5.Dataset))
        throw inputError(`Expected it to hold numbers at ${JSON.stringify(path)}, got none`);
      const { shape, metadata } = found;
      const size = (shape ?? []).reduce((product, length) => product * length, 1);
      if (shape === null || metadata.type !== floatType || size > mostValues)
        throw inputError(
          `Expected at most ${mostValues} floating-point numbers at ${JSON.stringify(path)}, got ${shape === null ? 'none' : `${size} of ${String(found.dtype)}`}`,
        );
      return { shape, values: Float32Array.from(found.value as ArrayLike<number>) };
    },
  };
}

/** Each part by its name: asking for a path that is not there is an error of the library. */
function isThere(file: File, path: string): boolean {
  let group: ReturnType<File['get']> = file;
  for (const name of path.split('/').filter((part) => part !== '')) {
    if (group === null || !('keys' in group) || !group.keys().includes(name)) return false;
    group = group.get(name);
  }
  return group !== null && !('target' in group) && !('obj_path' in group);
}

/** HDF5's class of floating-point types (H5T_FLOAT). */
const floatType = 1;

/** The innermost cause of the library's own, a line each. */
const reason = (error: unknown): string =>
  /.*^ *#\d+: .*: (.+)$/ms.exec(messageOf(error))?.[1] ?? firstLineOf(error);
