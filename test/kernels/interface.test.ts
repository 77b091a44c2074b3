import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { interfaceTexts } from '../../scripts/kernel-interface.ts';
import { readAssembly } from '../../scripts/kernel-sources.ts';
import { compileKernels } from '../../src/kernels/compile-kernels.ts';
import { layoutOf, writeStruct } from '../../src/kernels/struct.ts';

const root = join(import.meta.dirname, '..', '..');
const assembly = readAssembly(root);

describe('what TypeScript knows of the kernels', () => {
  test.for(Object.entries(interfaceTexts(assembly)))('is what assembly/ declares, in %s', ([name, text]) => {
    expect(
      readFileSync(join(root, 'src', 'kernels', name), 'utf8'),
      'is not what assembly/ declares now; run `node scripts/build-kernels.ts`',
    ).toBe(text);
  });

  test('is all that the module exports', async () => {
    const kernels = await compileKernels('portable');
    if (kernels === undefined) throw new Error('Expected the portable kernels to compile');
    const exported = WebAssembly.Module.exports(kernels.module).map(({ name }) => name);
    const declared = [...interfaceTexts(assembly)['kernels.ts'].matchAll(/^ {2}(\w+)\(/gm)];
    expect(declared.map(([, name]) => name).sort()).toEqual(
      exported.filter((name) => name !== 'memory').sort(),
    );
  });
});

describe('of a source', () => {
  const written = (text: string, name: 'kernels.ts' | 'structs.ts' = 'kernels.ts') =>
    interfaceTexts({ 'index.ts': "export * from './a';\n", 'a.ts': text })[name];

  test('exported functions are members, with comment, names and types', () => {
    const text = written('/** Adds. */\nexport function add(a: usize, count: i32, twice: bool): bool {\n}\n');
    expect(text).toContain('  /** Adds. */\n  add(a: Address, count: number, twice: boolean): 0 | 1;\n}');
  });

  test('a function that is not exported is none, and a comment belongs to what follows it', () => {
    const text = written('/** Of b. */\nfunction b(): void {\n}\n\nexport function c(a: f64): f32 {\n}\n');
    expect(text).toContain('{\n  // assembly/a.ts\n  c(a: number): number;\n}');
  });

  test('a struct is an interface and a layout; one that extends another has its fields first', () => {
    const text = written(
      '@unmanaged\nexport class B extends A {\n  /** Far. */\n  far: f64;\n}\n\n/** One. */\n@unmanaged\nclass A {\n  near: i32;\n\n  @inline\n  sum(x: v128): v128 {\n    return x;\n  }\n}\n',
      'structs.ts',
    );
    expect(text).toContain('/** One. */\nexport interface A {\n  readonly near: number;\n}');
    expect(text).toContain("export const aLayout = layoutOf<A>({ near: 'i32' });");
    expect(text).toContain('export interface B extends A {\n  /** Far. */\n  readonly far: number;\n}');
    expect(text).toContain("export const bLayout = layoutOf<B>({ ...aLayout.types, far: 'f64' });");
  });

  test('a type that JavaScript cannot give, and a struct that is there twice, are refused', () => {
    expect(() => written('export function a(x: i64): void {\n}\n')).toThrow(/got i64/);
    const twice = '@unmanaged\nclass A {\n  a: i32;\n}\n';
    expect(() => written(`${twice}${twice}`, 'structs.ts')).toThrow(/got A twice/);
  });
});

test('the fields of a struct lie in their order, each at a multiple of its size', () => {
  const layout = layoutOf<{ a: number; b: number; c: number; d: number }>({
    ...{ a: 'i32', b: 'f64', c: 'f32', d: 'usize' },
  });
  expect(layout).toMatchObject({ bytes: 24, offsets: { a: 0, b: 8, c: 16, d: 20 } });
  const buffer = new ArrayBuffer(40);
  expect(writeStruct(buffer, 8, layout, { a: -1, b: 0.1, c: 0.1, d: 2 ** 32 - 4 })).toBe(8);
  const view = new DataView(buffer, 8);
  expect([view.getInt32(0, true), view.getFloat64(8, true), view.getFloat32(16, true)]).toEqual([
    ...[-1, 0.1, Math.fround(0.1)],
  ]);
  expect(view.getUint32(20, true)).toBe(2 ** 32 - 4);
  expect(new Uint8Array(buffer, 32)).toEqual(new Uint8Array(8));
});
