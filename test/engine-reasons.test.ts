/** What is said without @tensorflow/tfjs-node of models that need it: the reason first, then how to get it. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { modelModule, sandbox, writeImages } from '../testing/cli/sandbox.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const without = { ...process.env, NODE_OPTIONS: `--require ${join(fixtures, 'without-tfjs-node.cjs')}` };

/** The layer by name and class, and which setting of it. */
const reasons: Record<string, string> = {
  acrossRows:
    'Layer "across" (Softmax) is not supported by the embedded engines: `axis` is 1, and not the last one',
  channelsFirst: 'Layer "turned" (Conv2D) is not supported by the embedded engines: `data_format` is',
  unknown: 'Layer "scaled" (Rescaling) is not supported by the embedded engines: no engine knows its class',
};
const lacking =
  /(tensorflow, but|needs) @tensorflow\/tfjs-node,?( which)? is not installed; set it up with `npm install/;

describe('without tfjs-node', () => {
  let said: Record<string, Record<string, string>>;
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(fixtures, 'engine-reasons.ts')], {
      env: without,
    });
    said = JSON.parse(stdout);
  });

  const needNone = [
    'constraint',
    'plain',
    'l2',
    'leaky',
    'prelu',
    'softmaxInside',
    'dilated',
    'frozen',
    'frozenLive',
    'nestedFirst',
    'nestedLater',
    'functional',
    'normalised',
    'shared',
  ];
  test('there is a reason for each model but those that need none.', () => {
    expect(Object.keys(said).sort()).toEqual([...needNone, ...Object.keys(reasons)].sort());
    for (const name of needNone)
      expect(said[name], name).toMatchObject({ auto: 'trained', wasm: 'trained', reference: 'trained' });
    expect(said.plain.tensorflow).toMatch(/^The engine tensorflow needs .* is not installed; set it up/);
  });

  test.each(Object.entries(reasons))(
    '%s is refused by every engine with its reason first.',
    (name, reason) => {
      for (const engine of ['auto', 'wasm', 'reference', 'tensorflow']) {
        expect(said[name][engine].slice(0, reason.length), engine).toBe(reason);
        expect(said[name][engine], engine).toMatch(lacking);
      }
    },
  );
});

describe('on the command line, without tfjs-node', () => {
  const box = sandbox();
  const bent = (weights: object) =>
    JSON.stringify({
      modelTopology: {
        class_name: 'Sequential',
        config: {
          name: 'made',
          layers: [
            {
              class_name: 'Reshape',
              config: { name: 'cube', batch_input_shape: [null, 8, 8, 1], target_shape: [8, 8, 1, 1] },
            },
            { class_name: 'AveragePooling3D', config: { name: 'bent', pool_size: 1 } },
            { class_name: 'Flatten', config: { name: 'flat' } },
            { class_name: 'Dense', config: { name: 'logits', units: 3 } },
          ],
        },
      },
      ...weights,
    });
  beforeAll(() => {
    writeImages(box, 'data');
    box.write('drawn.json', bent({}));
    const entries = [
      { name: 'logits/kernel', shape: [64, 3], dtype: 'float32' },
      { name: 'logits/bias', shape: [3], dtype: 'float32' },
    ];
    box.write('trained.json', bent({ weightsManifest: [{ paths: ['w.bin'], weights: entries }] }));
    writeFileSync(box.path('w.bin'), new Uint8Array(195 * 4));
    box.write(
      'module.mjs',
      modelModule(
        'layers.reshape({ inputShape, targetShape: [8, 8, 1, 1] }), layers.averagePooling3d({ name: "bent", poolSize: 1 }), layers.flatten(), layers.dense({ units: classes })',
      ),
    );
  });

  test.each(
    ['drawn.json', 'trained.json', 'module.mjs'].flatMap((model) =>
      ['auto', 'wasm'].map((engine) => [model, engine]),
    ),
  )(
    '%s with --engine %s is refused with its layer first, and no advice that cannot help.',
    async (model, engine) => {
      const { stderr } = await promisify(execFile)(
        process.execPath,
        [
          join(import.meta.dirname, '../src/cli/main.ts'),
          'train',
          '--data',
          'data',
          '--model',
          model,
          '--batch-size',
          '8',
          '--engine',
          engine,
        ],
        { env: without, cwd: box.path('.') },
      ).catch((error: { stderr: string }) => error);
      expect(stderr).toMatch(
        /^error: (\S+: )?Layer "bent" \(AveragePooling3D\) is not supported by the embedded engines: /,
      );
      expect(stderr).toMatch(lacking);
      expect(stderr).not.toMatch(/take --engine wasm|should not happen/);
    },
  );
});
