import { expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/config.ts';
import { NotFiniteError } from '../../src/coordinator/not-finite.ts';
import { beginning, nextStep, openTrainer } from '../../src/coordinator/trainer.ts';
import { digitNetwork, firstDigits } from '../../testing/digits.ts';
import { parametersFor } from '../../testing/engine/values.ts';

test.for([1, 2])(
  'an update that overflows is refused, with parameters and state as they were: %i workers.',
  async (workers) => {
    const train = await firstDigits(60);
    const config = resolveConfig({ workers, batchSize: 20, steps: 3 });
    const parameters = parametersFor(digitNetwork);
    const request = { model: { network: digitNetwork, topology: {}, parameters }, train, config };
    const trainer = await openTrainer(request);
    const { session } = trainer;
    const { layout } = session;
    const state = async () => [
      await session.read(layout.parameters),
      await session.read(layout.optimizerState[0]),
    ];
    try {
      await trainer.load(beginning(request));
      await nextStep(trainer);
      const before = await state();
      // Infinite as a float32, while every gradient is finite.
      session.learningRate = 1e39;
      const refused = nextStep(trainer);
      await expect(refused).rejects.toBeInstanceOf(NotFiniteError);
      await expect(refused).rejects.toThrow(/finite parameters from step 2, got others.+nothing was updated/);
      expect(await state()).toEqual(before);
      expect(trainer.done).toBe(1);
    } finally {
      await session.close();
    }
  },
);
