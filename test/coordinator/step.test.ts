import { expect, test } from 'vitest';
import { resolveConfig } from '../../src/config.ts';
import { openClassifierSession } from '../../src/coordinator/classifier.ts';
import { NotFiniteError } from '../../src/coordinator/not-finite.ts';
import { scheduleOf } from '../../src/coordinator/schedule.ts';
import { runStep } from '../../src/coordinator/step.ts';
import { epochOrder } from '../../src/data/order.ts';
import { digitNetwork, firstDigits } from '../digits.ts';
import { parametersFor } from '../engine/values.ts';

test.for([1, 2])(
  'an update that overflows is refused, with parameters and state as they were: %i workers.',
  async (workers) => {
    const train = await firstDigits(60);
    const config = resolveConfig({ workers, batchSize: 20, steps: 3 });
    const session = await openClassifierSession({ network: digitNetwork, topology: {}, train, config });
    const { layout } = session;
    const state = async () => [
      await session.read(layout.parameters),
      await session.read(layout.optimizerState[0]),
    ];
    try {
      await session.load(layout.parameters, parametersFor(digitNetwork));
      epochOrder(config.seed, 0, train.count, session.uints(layout.train.order, train.count));
      const schedule = scheduleOf(train.count, config);
      await runStep(session, config, 1, schedule.batch(1));
      const before = await state();
      // Infinite as a float32, while every gradient is finite.
      session.learningRate = 1e39;
      const refused = runStep(session, config, 2, schedule.batch(2));
      await expect(refused).rejects.toBeInstanceOf(NotFiniteError);
      await expect(refused).rejects.toThrow(/finite parameters from step 2, got others.+nothing was updated/);
      expect(await state()).toEqual(before);
    } finally {
      await session.close();
    }
  },
);
