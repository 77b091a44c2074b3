/**
 * Runs in JavaScript what the generators write: the types are taken out of the text, and each intrinsic is a function
 * over a memory in which every 4 bytes are one number, be it an integer or a float. A vector is an array of 4 numbers.
 */

export type Assembly = Readonly<Record<string, (...values: unknown[]) => number>>;

/**
 * @param memory the number at address 4 i is memory[i]; 'memory.data' takes from its end
 * @param round of each operation on floats: Math.fround for the bits of the portable kernels, or none
 * @returns the functions that the text exports
 */
export function runAssembly(text: string, memory: Float64Array, round: (value: number) => number): Assembly {
  const names = [...text.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);
  const intrinsics = intrinsicsOn(memory, round);
  const source = `'use strict'; ${withoutTypes(text)}\nreturn { ${names.join(', ')} };`;
  return new Function(...Object.keys(intrinsics), source)(...Object.values(intrinsics));
}

const withoutTypes = (text: string): string =>
  text
    .replaceAll(/^import .*$/gm, '')
    .replaceAll(/^export /gm, '')
    .replaceAll(/<\w+>/g, '')
    .replaceAll(/: (usize|i32|void|MatmulShape|ComplexShape)\b/g, '');

type Vector = readonly number[];

function intrinsicsOn(memory: Float64Array, round: (value: number) => number) {
  const lanes = [0, 1, 2, 3];
  let dataStart = memory.length;
  const at = (address: number): number => {
    const index = address / 4;
    if (memory[index] === undefined) throw new RangeError(`No number at address ${address}`);
    return index;
  };
  const load = (address: number, offset = 0) => memory[at(address + offset)];
  const each = (combine: (...values: number[]) => number) => {
    return (...vectors: Vector[]): Vector =>
      lanes.map((lane) => round(combine(...vectors.map((vector) => vector[lane]))));
  };
  return {
    load,
    memory: {
      data(values: readonly number[]): number {
        dataStart -= values.length;
        memory.set(values, dataStart);
        return dataStart * 4;
      },
    },
    v128: {
      load: (address: number, offset = 0): Vector => lanes.map((lane) => load(address, offset + 4 * lane)),
      load32_splat: (address: number, offset = 0): Vector => lanes.map(() => load(address, offset)),
      store(address: number, vector: Vector, offset = 0): void {
        for (const lane of lanes) memory[at(address + offset + 4 * lane)] = vector[lane];
      },
    },
    f32x4: {
      splat: (value: number): Vector => lanes.map(() => value),
      add: each((a, b) => a + b),
      sub: each((a, b) => a - b),
      mul: each((a, b) => a * b),
      neg: each((a) => -a),
    },
    multiplyAdd: each((a, b, c) => round(a * b) + c),
    multiplySubtract: each((a, b, c) => c - round(a * b)),
  };
}

/** A memory that holds no numbers yet, and hands out its addresses; what it did not hand out is seen in any sum. */
export function emptyMemory(size: number) {
  const memory = new Float64Array(size).fill(Number.NaN);
  let end = 16;
  return {
    memory,
    /** The address of these values, with a gap behind them. */
    put(values: ArrayLike<number>): number {
      const address = end * 4;
      memory.set(values, end);
      end += values.length + 16;
      return address;
    },
  };
}

/** How often a function's text has an expression, by its name. */
export function countIn(text: string, name: string, expression: RegExp): number {
  const body = new RegExp(`function ${name}\\(.*\\n([^]*?)(?=\\n(?:export )?function|$(?![^]))`).exec(text);
  if (body === null) throw new Error(`No function ${name}`);
  return body[1].match(new RegExp(expression, 'g'))?.length ?? 0;
}
