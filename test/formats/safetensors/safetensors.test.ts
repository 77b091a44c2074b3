import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readModel } from '../../../src/formats/model-file/read-model.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type Tensor,
  valuesOf,
} from '../../../src/formats/safetensors/safetensors.ts';

const directory = mkdtempSync(join(tmpdir(), 'gradpool-safetensors-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A file of a header as it is given. */
function fileOf(header: object | string, data = new Uint8Array(0)): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

const one = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
const eight = new Uint8Array(8);

test.for([
  ['an empty file', new Uint8Array(0), /the length of its header/],
  ['a header beyond the file', fileOf({ a: one }, eight).subarray(0, 20), /cut off/],
  ['a header that is no JSON', fileOf('{"a"'), /to be JSON/],
  ['a header that is a list', fileOf('[1]'), /a JSON object, got \[1\]/],
  ['a tensor without offsets', fileOf({ a: { dtype: 'F32', shape: [2] } }), /"a" to be \{ dtype, shape/],
  ['a negative offset', fileOf({ a: { ...one, data_offsets: [-8, 0] } }, eight), /"a" to be \{ dtype, shape/],
  [
    'offsets of another size',
    fileOf({ a: { ...one, shape: [3] } }, eight),
    /F32 \[3\], to be 12 bytes .* from 0 to 8/,
  ],
  [
    'offsets beyond the file',
    fileOf({ a: one }, new Uint8Array(7)),
    /within the file's 7, got those from 0 to 8/,
  ],
  [
    'tensors one over the other',
    fileOf({ a: one, b: { ...one, data_offsets: [4, 12] } }, new Uint8Array(12)),
    /"b" to begin where the one before ends, at byte 8, got 4/,
  ],
  ['a gap', fileOf({ a: { ...one, data_offsets: [4, 12] } }, new Uint8Array(12)), /at byte 0, got 4/],
  [
    'bytes behind the tensors',
    fileOf({ a: one }, new Uint8Array(12)),
    /Expected 8 bytes of tensors.* got 12/,
  ],
  ['integers', fileOf({ a: { ...one, dtype: 'I32' } }, eight), /"a" to be F64, F32, F16, BF16, got "I32"/],
  ['metadata that are no text', fileOf({ __metadata__: { a: 1 } }), /`__metadata__` to hold strings/],
] as const)('%s is refused.', ([, bytes, message]) => {
  expect(() => decodeSafetensors(bytes)).toThrow(message);
});

test('each type of floating-point numbers is read, wherever it lies.', () => {
  const tensors = new Map<string, Tensor>([
    ['half', { dtype: 'F16', shape: [3], bytes: Uint8Array.of(0, 0x3c, 0, 0xc1, 1, 0) }],
    ['brain', { dtype: 'BF16', shape: [], bytes: Uint8Array.of(0x40, 0xc0) }],
    ['double', { dtype: 'F64', shape: [1, 1], bytes: new Uint8Array(Float64Array.of(0.1).buffer) }],
    ['single', { dtype: 'F32', shape: [0, 4], bytes: new Uint8Array(0) }],
  ]);
  const bytes = encodeSafetensors({ metadata: { a: 'b' }, tensors });
  const read = decodeSafetensors(bytes);
  expect(read.metadata).toEqual({ a: 'b' });
  expect([...read.tensors].map(([name, tensor]) => [name, [...valuesOf(tensor)]])).toEqual([
    ['half', [1, -2.5, 2 ** -24]],
    ['brain', [-3]],
    ['double', [Math.fround(0.1)]],
    ['single', []],
  ]);
});

const dense = (units: number) => ({
  class_name: 'Sequential',
  config: {
    name: 'model',
    layers: [
      { class_name: 'Dense', config: { name: 'out', units, use_bias: false, batch_input_shape: [null, 2] } },
    ],
  },
});

const weights = (name: string, shape: number[], values = Float32Array.of(1, 2)) =>
  encodeSafetensors({
    metadata: {},
    tensors: new Map([[name, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) }]]),
  });

test.for(['out/kernel', 'out.kernel', 'model/out/kernel', 'model.out.kernel'])(
  'a tensor called %s is the weight of the layer in the config.json beside it.',
  async (name) => {
    const folder = mkdtempSync(join(directory, 'model-'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(dense(1)));
    writeFileSync(join(folder, 'model.safetensors'), weights(name, [2, 1]));
    const { parameters } = await readModel(join(folder, 'model.safetensors'));
    expect(parameters).toEqual(Float32Array.of(1, 2));
  },
);

test.for([
  [
    'no configuration',
    undefined,
    weights('out/kernel', [2, 1]),
    /config.json, or as `config` in its metadata, got neither/,
  ],
  [
    'a configuration of other things',
    { architectures: ['Bert'] },
    weights('out/kernel', [2, 1]),
    /config.json .* modelTopology/,
  ],
  [
    'another shape',
    dense(1),
    weights('out/kernel', [1, 2]),
    /"out\/kernel" to have the shape \[2, 1\], got \[1, 2\]/,
  ],
  ['another tensor', dense(1), weights('other', [2]), /the tensor "other", which the model has not/],
  [
    'no finite number',
    dense(1),
    weights('out/kernel', [2, 1], Float32Array.of(1, Number.NaN)),
    /finite, got NaN/,
  ],
] as const)('with %s a file is refused by its name.', async ([, config, bytes, message]) => {
  const folder = mkdtempSync(join(directory, 'model-'));
  if (config !== undefined) writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'model.safetensors'), bytes);
  await expect(readModel(join(folder, 'model.safetensors'))).rejects.toThrow(message);
  await expect(readModel(join(folder, 'model.safetensors'))).rejects.toThrow(folder);
});
