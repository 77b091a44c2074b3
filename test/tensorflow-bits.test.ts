/** The tensorflow engine: the same bits for any number of workers, and no tensor that stays. */
import { beforeEach, describe, expect, test } from 'vitest';
import { trainInThread } from '../src/api/client.ts';
import { resolveConfig } from '../src/config/config.ts';
import { digitNetwork, firstDigits } from '../testing/digits.ts';
import { parametersFor } from '../testing/engine/values.ts';
import { missing, topologyOf } from '../testing/tensorflow.ts';

describe('the tensorflow engine', () => {
  beforeEach(({ skip }) => skip(missing !== undefined, missing));

  test('ends with the same bits for 1, 2 and 8 workers', async () => {
    const train = await firstDigits(230);
    const hashes: string[] = [];
    for (const workers of [1, 2, 8]) {
      const config = resolveConfig({ engine: 'tensorflow', workers, steps: 20, batchSize: 50, shards: 8 });
      const model = {
        topology: topologyOf(digitNetwork),
        network: digitNetwork,
        parameters: parametersFor(digitNetwork),
      };
      const request = { model, train, config, resume: false, reportProbabilities: false };
      hashes.push((await trainInThread(request, {})).parametersSha256);
    }
    expect(new Set(hashes).size, hashes.join(' ')).toBe(1);
  });
});
