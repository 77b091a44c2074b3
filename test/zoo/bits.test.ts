/**
 * The models that people train, each on the engine that `auto` takes for it: wasm. The bits are those of any number of
 * workers, also in a run that is ended and resumed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../../src/model/tfjs/cpu-backend.ts';
import { expect, onTestFinished, test } from 'vitest';
import { type FitArgs, fit as fitModel, type TrainEvent } from '../../src/index.ts';
import { zoo } from '../../testing/zoo/models.ts';
import { compiled, dataFor, valuesOf, zooArgs } from '../../testing/zoo/training.ts';

test.for(Object.entries(zoo))(
  '%s is trained by wasm, with the same bits for 1, 3 and 8 workers, and when it is resumed.',
  async ([, one]) => {
    const folder = await mkdtemp(join(tmpdir(), 'gradpool-zoo-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [x, y] = dataFor(one.make('drawn'), one);
    const engines: string[] = [];
    const onEvent = (event: TrainEvent) => event.kind === 'start' && engines.push(event.engine);
    const trained = async (more: FitArgs) => {
      const model = compiled(one, 'drawn');
      await fitModel(model, x, y, { ...zooArgs, epochs: 2, shards: 8, onEvent, ...more });
      return valuesOf(model);
    };
    const whole = await trained({ workers: 1 });
    const run = join(folder, 'run');
    await trained({ workers: 3, run, epochs: 1 });
    expect(await trained({ workers: 8, run, resume: true })).toEqual(whole);
    expect(new Set(engines)).toEqual(new Set(['wasm']));
  },
);
