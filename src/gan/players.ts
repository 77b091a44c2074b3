/** The updates of both networks. */
import type { Batch } from '../coordinator/batches/schedule.ts';
import { mayBeSkipped } from '../coordinator/not-finite.ts';
import { checkParameters, runStep } from '../coordinator/step.ts';
import { messageOf } from '../errors.ts';
import type { GanRequest } from '../protocol/gan.ts';
import type { Player } from '../run/gan-run.ts';
import { sizeOf } from '../shape.ts';
import type { PlayerState } from './gan-state.ts';
import { generate } from './generate.ts';
import { noiseFiller, noiseStream } from './noise.ts';
import { realBatches } from './real-batches.ts';
import { type Sessions, writeJudged, writeNoise } from './sessions.ts';

/** An update that was left out, since something in it is not finite. */
export interface LeftOut {
  readonly network: Player;
  readonly reason: string;
}

export interface Played {
  /** The mean of the last update; undefined where it was left out. */
  readonly loss: number | undefined;
  readonly leftOut: readonly LeftOut[];
}

/** One network in training. */
export interface InPlay {
  /**
   * Makes its updates of a step.
   * @throws NotFiniteError where one is not finite, unless such updates are left out
   */
  play(step: number): Promise<Played>;
  /** Becomes what it was when a step began, which failed perhaps behind its own updates. */
  undo(step: number): void;
  /** @throws NotFiniteError where the loss is not finite on what the last update took */
  tryParameters(): Promise<void>;
  /** How many updates were made, and the steps in which some were left out. */
  counts(): { readonly made: number; readonly skippedSteps: readonly number[] };
  load(state: Pick<PlayerState, 'optimizer' | 'skippedSteps'>): void;
}

/** An update: its number among those of the training, from 1, those left out included. */
interface Update {
  readonly number: number;
  /** For messages. */
  readonly named: string;
}

export function discriminatorInPlay(
  request: GanRequest,
  { generator, discriminator }: Sessions,
  noiseFor: NoiseFor,
): InPlay {
  const { shards, labelSmoothing } = request.config;
  const { network } = request.generator;
  const reals = realBatches(request);
  return inPlay(request, 'discriminator', discriminator, async ({ number, named }) => {
    const { batch, values } = reals(number);
    const { count } = batch;
    const noise = noiseFor(count, noiseStream.ofDiscriminator(number));
    const generated = await generate(generator, network, noise, shards, { named, step: number });
    writeJudged(discriminator, values, generated, count, labelSmoothing);
    return { ...batch, start: 0, count: 2 * count, isStreamed: true, named };
  });
}

export function generatorInPlay(request: GanRequest, { combined }: Sessions, noiseFor: NoiseFor): InPlay {
  const { batchSize } = request.config;
  return inPlay(request, 'generator', combined, async ({ number, named }) => {
    writeNoise(combined, noiseFor(batchSize, noiseStream.ofGenerator(number)));
    return { epoch: 0, index: number - 1, start: 0, count: batchSize, isStreamed: true, named };
  });
}

/** @param batchFor writes what an update takes to its place in the session */
function inPlay(
  { config }: GanRequest,
  network: Player,
  session: Sessions[keyof Sessions],
  batchFor: (update: Update) => Promise<Batch>,
): InPlay {
  const count = config[`${network}Steps`];
  let made = 0;
  let skippedSteps: readonly number[] = [];
  /** What the last update took. */
  let last: readonly [number, Batch] | undefined;
  const make = async (update: Update): Promise<number> => {
    last = undefined;
    const batch = await batchFor(update);
    const { loss } = await runStep(session, config, update.number, batch, made + 1);
    made++;
    last = [update.number, batch];
    return loss;
  };
  const values = valuesOf(session, count);
  let begun = { step: 0, made, skippedSteps };
  return {
    async play(step) {
      begun = { step, made, skippedSteps };
      values.keep();
      const leftOut: LeftOut[] = [];
      let loss: number | undefined;
      for (let index = 0; index < count; index++) {
        const which = count === 1 ? 'update' : `update ${index + 1}`;
        const named = `the ${network}'s ${which} of step ${step}`;
        try {
          loss = await make({ number: (step - 1) * count + index + 1, named });
        } catch (error) {
          if (!mayBeSkipped(error, config, skippedSteps)) throw error;
          skippedSteps = [...skippedSteps, step];
          leftOut.push({ network, reason: messageOf(error) });
          loss = undefined;
        }
      }
      return { loss, leftOut };
    },
    undo(step) {
      if (begun.step !== step) return;
      values.putBack();
      [made, skippedSteps, last] = [begun.made, begun.skippedSteps, undefined];
    },
    async tryParameters() {
      if (last !== undefined) await checkParameters(session, config, ...last);
    },
    counts: () => ({ made, skippedSteps }),
    load(state) {
      [made, skippedSteps, last] = [state.optimizer.steps, state.skippedSteps, undefined];
    },
  };
}

/** Parameters and optimizer's state as they stand in memory. @param updates of a step */
function valuesOf(session: Sessions[keyof Sessions], updates: number) {
  return updates === 1 ? otherValues(session) : copiedValues(session);
}

/** One update reads one buffer and writes the other, and nothing else writes between steps that are made. */
function otherValues(session: Sessions[keyof Sessions]) {
  let begun = session.current;
  return {
    keep() {
      begun = session.current;
    },
    putBack() {
      session.current = begun;
    },
  };
}

function copiedValues(session: Sessions[keyof Sessions]) {
  const { floats, layout } = session;
  const count = layout.constants.first;
  const arrays = [layout.parameters, ...layout.optimizerState];
  const kept = arrays.map(() => new Float32Array(count));
  const now = (index: number) => floats(arrays[index][session.current], count);
  return {
    keep() {
      for (const [index, values] of kept.entries()) values.set(now(index));
    },
    /** What is derived of them is not made anew. */
    putBack() {
      for (const [index, values] of kept.entries()) now(index).set(values);
    },
  };
}

/** Noise for so many examples, [count, ...input], of a draw of the training. */
export type NoiseFor = (count: number, stream: number) => Float32Array;

export function noiseOf({ generator, config }: GanRequest, { kernels }: Sessions['generator']): NoiseFor {
  const size = sizeOf(generator.network.input);
  const fill = noiseFiller(kernels, config.seed);
  return (count, stream) => {
    const noise = new Float32Array(count * size);
    fill(stream, noise);
    return noise;
  };
}
