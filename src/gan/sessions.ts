/** The three sessions of a GAN: each network's alone, and the generator's with the discriminator behind it. */
import { availableParallelism } from 'node:os';
import { openSession, type Session, type SessionRequest } from '../coordinator/session.ts';
import type { ExampleSet } from '../data/example-set.ts';
import type { Loss } from '../loss/loss.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import type { GanRequest } from '../protocol/gan.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { chooseEngine } from '../worker/engines/choose-engine.ts';

export interface Sessions {
  /** Takes a batch of real examples and as many generated ones. */
  readonly discriminator: Session;
  /** Takes noise. */
  readonly combined: Session;
  /** Makes examples of noise. */
  readonly generator: Session;
}

export type Hooks = Pick<SessionRequest, 'onEvent' | 'stop' | 'profile' | 'exchange'>;

/** Logits tell real from generated. For the generator's update all count as real: the non-saturating loss. */
const loss: Loss = { name: 'sigmoidCrossEntropy', of: 'output' };

/** @throws GradpoolError where they do not fit into memory, or a layer is not supported */
export async function openSessions(request: GanRequest, hooks: Hooks): Promise<Sessions> {
  const { generator, discriminator, combined, config } = request;
  const { batchSize, optimizer } = config;
  // One for all, as they hand over weights as they lie in memory.
  const { engine } = chooseEngine(config.engine, combined.network, { loss });
  const opened: Session[] = [];
  const open = async (
    { network, topology }: ModelSpec,
    rest: Pick<SessionRequest, 'train' | 'test' | 'loss'>,
    examples: number,
  ) => {
    const settings = { ...config, engine, batchSize: examples };
    const taskExamples = Math.min(mostTaskExamples, Math.ceil(examples / tasksAtOnce(config)));
    const request = { network, topology, optimizer, settings, taskExamples, ...rest, ...hooks };
    opened.push(await openSession({ ...request, rooms: ['train', 'test'] }));
    return opened[opened.length - 1];
  };
  try {
    const judged = room(discriminator.network.input, 2 * batchSize, 1);
    const noise = room(combined.network.input, batchSize, 1);
    noise.targets.fill(1);
    const made = room(generator.network.input, batchSize, generator.network.classes);
    const sessions = {
      discriminator: await open(discriminator, { train: judged, loss }, 2 * batchSize),
      combined: await open(combined, { train: noise, loss }, batchSize),
      generator: await open(
        generator,
        { test: made, loss: { name: 'meanSquaredError', of: 'output' } },
        batchSize,
      ),
    };
    for (const session of [sessions.discriminator, sessions.combined]) takeAsTheyCome(session);
    return sessions;
  } catch (error) {
    for (const session of opened) await session.close();
    throw error;
  }
}

/** How many tasks of a phase can run at once. */
const tasksAtOnce = ({ workers, shards }: GanRequest['config']): number =>
  Math.min(workers, shards, availableParallelism());

/** Weights are read once a task: with so many examples that costs little, and the memory that they take is small. */
const mostTaskExamples = 128;

/** Room for a batch's examples, which are written between updates. */
const room = (shape: Shape, count: number, width: number) =>
  ({
    ...{ shape, count, inputType: 'float32', targetType: 'vector', width },
    inputs: shared(count * sizeOf(shape)),
    targets: shared(count * width),
  }) satisfies ExampleSet;

const shared = (values: number) => new Float32Array(new SharedArrayBuffer(4 * values));

function takeAsTheyCome({ uints, layout }: Session): void {
  const order = uints(layout.train.order, layout.train.count);
  for (let row = 0; row < order.length; row++) order[row] = row;
}

/** A batch for the discriminator: real examples, then as many generated ones. Call it between phases. */
export function writeJudged(
  { floats, layout }: Session,
  reals: Float32Array,
  generated: Float32Array,
  rows: number,
  labelSmoothing: number,
): void {
  const { inputs, targets } = layout.train;
  floats(inputs, reals.length).set(reals);
  floats(inputs + reals.byteLength, generated.length).set(generated);
  floats(targets, 2 * rows).forEach((_, row, values) => {
    values[row] = row < rows ? 1 - labelSmoothing : 0;
  });
}

/** A batch for the combined network. Call it between phases. */
export function writeNoise({ floats, layout }: Session, noise: Float32Array): void {
  floats(layout.train.inputs, noise.length).set(noise);
}
