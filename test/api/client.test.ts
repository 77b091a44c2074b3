import { expect, test } from 'vitest';
import { evaluateInThread } from '../../src/api/client.ts';
import { dataset } from '../../src/data/dataset.ts';
import { mnistCnnSpec } from '../../src/model/mnist-cnn/mnist-cnn-spec.ts';
import type { EvaluateRequest } from '../../src/protocol/requests.ts';

const data = dataset({ inputs: new Uint8Array(64), labels: [0], shape: [8, 8, 1], classes: 2 });
const request: EvaluateRequest = {
  model: mnistCnnSpec({ inputShape: [8, 8, 1], classes: 2 }),
  ...{ data, workers: 2, engine: 'auto', simd: 'auto' },
};

/** Wrong requests that no check of the API would let through: whatever comes, a call has an end. */
test.each<[string, object]>([
  ['that cannot be copied', { data: { ...data, note: () => {} } }],
  ['without sizes', { data: { inputs: data.inputs, labels: data.labels, shape: [8, 8, 1] } }],
  ['without data', { data: undefined }],
  ['without examples', { data: { ...data, count: 0 } }],
])('a request %s ends its call.', async (_, change) => {
  const settled = await evaluateInThread({ ...request, ...change }).then(
    () => 'resolved',
    (error: unknown) => error,
  );
  expect(settled === 'resolved' || settled instanceof Error).toBe(true);
});

test('what cannot be copied to the thread is said as such.', async () => {
  const call = evaluateInThread({ ...request, data: { ...data, note: () => {} } as typeof data });
  await expect(call).rejects.toMatchObject({
    name: 'GradpoolError',
    kind: 'internal',
    message: expect.stringMatching(
      /^A message to or from the coordinator's thread cannot be copied: .*\(\) => /,
    ),
  });
});
