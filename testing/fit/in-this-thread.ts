/** Takes the place of api/client.ts in tests that are not about threads. */
import type { TrainHooks } from '../../src/api/client.ts';
import { train } from '../../src/coordinator/train.ts';
import type { Trained, TrainRequest } from '../../src/protocol/requests.ts';

export const trainInThread = (
  request: TrainRequest,
  { onEvent = () => {}, ask, feed, signal = new AbortController().signal }: TrainHooks,
): Promise<Trained> => train(request, { onEvent, ask, feed, stop: signal });
