/** Values that TensorBoard shows besides scalars. */
import { encodeSessionStart, type SummaryValue } from './messages.ts';

const buckets = 64;

/** How values are distributed: buckets of one width from the least to the most. */
export function histogramValue(tag: string, values: Float32Array): SummaryValue {
  let [min, max, sum, sumSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    sumSquares += value * value;
  }
  const width = (max - min) / buckets || 1;
  const bucket = new Array<number>(buckets).fill(0);
  for (const value of values) bucket[Math.min(buckets - 1, Math.floor((value - min) / width))]++;
  const bucketLimit = bucket.map((_, index) => min + (index + 1) * width);
  return { tag, histo: { min, max, num: values.length, sum, sumSquares, bucketLimit, bucket } };
}

/** @param values [height, width, channels] */
export async function imageValue(
  tag: string,
  [height, width, channels]: readonly [number, number, number],
  values: Uint8Array,
): Promise<SummaryValue> {
  const { encodePng } = await import('../png/write-png.ts');
  const encodedImageString = encodePng({ height, width, channels, values });
  return { tag, image: { height, width, colorspace: channels, encodedImageString } };
}

/** A model as Keras' JSON, which the graph's page draws. */
export const graphValue = (topology: object): SummaryValue => ({
  tag: 'keras',
  tensor: stringTensor(JSON.stringify(topology), []),
  metadata: { pluginData: { pluginName: 'graph_keras_model', content: new TextEncoder().encode('1') } },
});

/** What a training was begun with, for the table of hyperparameters. */
export function hyperparametersValue(
  settings: Readonly<Record<string, number | string | boolean>>,
  group: string,
): SummaryValue {
  const hparams = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      if (typeof value === 'number') return [name, { numberValue: value }];
      return [name, typeof value === 'boolean' ? { boolValue: value } : { stringValue: value }];
    }),
  );
  const content = encodeSessionStart({
    version: 0,
    sessionStartInfo: { hparams, groupName: group, startTimeSecs: Date.now() / 1000 },
  });
  return {
    tag: '_hparams_/session_start_info',
    metadata: { pluginData: { pluginName: 'hparams', content } },
  };
}

const stringTensor = (text: string, dim: readonly { readonly size: number }[]) =>
  ({ dtype: 7, tensorShape: { dim }, stringVal: [new TextEncoder().encode(text)] }) as const;
