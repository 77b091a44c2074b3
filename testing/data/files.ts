import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { GradpoolError } from '../../src/errors.ts';

/** A directory for one test file's inputs, removed behind it. */
export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'gradpool-test-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  return {
    path: (name: string) => join(directory, name),
    write(name: string, bytes: Uint8Array): string {
      writeFileSync(join(directory, name), bytes);
      return join(directory, name);
    },
    makePipe(name: string): string {
      execFileSync('mkfifo', [join(directory, name)]);
      return join(directory, name);
    },
  };
}

/** An IDX file's header. */
export function idxHeader(code: number, ...shape: number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, code, shape.length]);
  for (const [dimension, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * dimension);
  return header;
}

/** A uint8 IDX file. */
export const idxBytes = (shape: number[], values: ArrayLike<number>): Buffer =>
  Buffer.concat([idxHeader(0x08, ...shape), Uint8Array.from(values)]);

/** A float32 IDX file. */
export function idxFloats(shape: number[], values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeFloatBE(value, 4 * index);
  return Buffer.concat([idxHeader(0x0d, ...shape), bytes]);
}

/** 0, 1, 2, ... as bytes. */
export const ramp = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index);

/** Expects an error that a user can act on: one line, that says each of `parts`. */
export async function expectRefused(work: Promise<unknown>, ...parts: (string | RegExp)[]): Promise<void> {
  const error = await work.then(
    (value) => expect.fail(`expected an error, got ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GradpoolError);
  const { message, kind } = error as GradpoolError;
  expect(kind).toBe('input');
  expect(message).not.toContain('\n');
  for (const part of parts) expect(message).toMatch(part);
}
