import { type Batch, scheduleOf } from '../coordinator/batches/schedule.ts';
import { epochOrder } from '../data/order.ts';
import type { GanRequest } from '../protocol/gan.ts';
import { sizeOf } from '../shape.ts';

export interface RealBatch {
  readonly batch: Batch;
  /** [batch.count, ...shape]; the next call writes over it. */
  readonly values: Float32Array;
}

/** The real examples of an update, as floats: each epoch in an order of its own, its last batch as small as it is. */
export function realBatches({ train, config, isSigned }: GanRequest): (update: number) => RealBatch {
  const { batchSize, seed, steps } = config;
  const size = sizeOf(train.shape);
  const schedule = scheduleOf(train.count, { batchSize, steps, epochs: 1 });
  const order = new Uint32Array(train.count);
  const room = new Float32Array(batchSize * size);
  let ordered = -1;
  const scale = train.inputType === 'uint8' ? 255 : 1;
  return (update) => {
    const batch = schedule.batch(update);
    if (batch.epoch !== ordered) epochOrder(seed, batch.epoch, train.count, order);
    ordered = batch.epoch;
    for (let row = 0; row < batch.count; row++) {
      const from = order[batch.start + row] * size;
      for (let i = 0; i < size; i++) {
        const value = train.inputs[from + i] / scale;
        room[row * size + i] = isSigned ? 2 * value - 1 : value;
      }
    }
    return { batch, values: room.subarray(0, batch.count * size) };
  };
}
