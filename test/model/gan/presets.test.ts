import { expect, test } from 'vitest';
import { describeGan } from '../../../src/api/gan.ts';
import { resolveGanConfig } from '../../../src/config/gan-options.ts';
import { dataset } from '../../../src/index.ts';
import { dcgan } from '../../../src/model/gan/preset-models.ts';
import type { GanPreset } from '../../../src/model/gan/preset-names.ts';
import { ganPresetSpecs } from '../../../src/model/gan/presets.ts';
import { weightsOf } from '../../../testing/fit/models.ts';

const digits = dataset({ inputs: new Uint8Array(784), labels: [0], shape: [28, 28, 1] });

test.each<[GanPreset, number, number, boolean]>([
  ['dcgan', 834_369, 212_865, true],
  ['tutorial', 328_841, 3_265_409, false],
])('the networks of %s fit together, and to digits.', (preset, made, judged, isSigned) => {
  const { generator, discriminator } = ganPresetSpecs(preset);
  expect(generator.network).toMatchObject({ input: [100], output: [28, 28, 1], parameterCount: made });
  expect(discriminator.network).toMatchObject({ input: [28, 28, 1], classes: 1, parameterCount: judged });
  const request = describeGan({ generator, discriminator }, digits, resolveGanConfig({}), { resume: false });
  expect(request.isSigned).toBe(isSigned);
  expect(request.combined.network.parameters).toHaveLength(
    generator.network.parameters.length + discriminator.network.parameters.length,
  );
});

test("a preset's initial values are a function of the seed, and those of its models.", () => {
  const of = (seed: number) => ganPresetSpecs('dcgan', { seed }).generator.parameters;
  expect(of(5)).toEqual(of(5));
  expect(of(6)).not.toEqual(of(5));
  const { generator } = dcgan({ seed: 5 });
  const [kernel] = weightsOf(generator);
  expect([...kernel.slice(0, 50)]).toEqual([...of(5).subarray(0, 50)]);
  expect(generator.getWeights().map(({ shape }) => shape)).toEqual(
    ganPresetSpecs('dcgan').generator.network.parameters.map(({ shape }) => shape),
  );
});
