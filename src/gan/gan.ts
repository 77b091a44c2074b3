/** Two networks that are trained in turn: the phases of one step, each data-parallel over shards. */
import { scheduleOf } from '../coordinator/batches/schedule.ts';
import type { Session } from '../coordinator/session.ts';
import { stateArrays } from '../coordinator/state.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { GanLosses, GanRequest } from '../protocol/gan.ts';
import { checkAlike, doubtsOf } from './alike.ts';
import type { GanState, PlayerState } from './gan-state.ts';
import { generate } from './generate.ts';
import { handsOver } from './hands-over.ts';
import { discriminatorInPlay, generatorInPlay, type LeftOut, noiseOf } from './players.ts';
import { type Hooks, openSessions, type Sessions } from './sessions.ts';

export interface DoneGanStep {
  readonly losses: GanLosses;
  readonly leftOut: readonly LeftOut[];
}

export interface Gan {
  readonly exchange: Exchange;
  readonly engine: Session['engine'];
  readonly arithmetic: Session['arithmetic'];
  readonly workers: number;
  /** The build of the kernels in use. */
  readonly kernels: string;
  /** State arrays of either optimizer. */
  readonly optimizerArrays: number;
  readonly stepsPerEpoch: number;
  readonly done: number;
  /**
   * Compares what the ranks train, and tries the order of their sums.
   * @throws GradpoolError on every rank that names what differs, and on which one
   */
  checkAlike(): Promise<void>;
  /** What is to be known of a training on several ranks. */
  doubts(): string[];
  /** That of the last real examples that a step takes. */
  epochOf(step: number): number;
  /**
   * Makes the next step: the discriminator's updates on real and generated examples, then the generator's through the
   * discriminator that these made, which they leave as it is.
   * @throws NotFiniteError where a loss or gradient is not finite, unless such updates are left out
   */
  step(): Promise<DoneGanStep>;
  /** After a step that failed: both networks are as before it, and all that is left is done in this thread. */
  retreat(): Promise<void>;
  /** Examples [count, ...shape], from 0 to 1, of noise that is a function of the seed and `stream`. */
  sample(count: number, stream: number): Promise<Float32Array>;
  /**
   * Tries both networks on the batches that their last updates took.
   * @throws NotFiniteError where a loss is not finite
   */
  tryParameters(): Promise<void>;
  state(): Promise<GanState>;
  load(state: GanState): Promise<void>;
  close(): Promise<void>;
}

/** @throws GradpoolError where the networks do not fit together or into memory */
export async function openGan(request: GanRequest, hooks: Hooks): Promise<Gan> {
  const { train, config } = request;
  const { discriminatorSteps } = config;
  const schedule = scheduleOf(train.count, { ...config, epochs: 1 });
  const sessions = await openSessions(request, hooks);
  const { exchange, engine, arithmetic, variant: kernels, workers, layout } = sessions.combined;
  const training = trainingOf(request, sessions);
  return {
    ...{ exchange, engine, arithmetic, kernels, workers, ...training },
    checkAlike: () => checkAlike(request, sessions),
    doubts: () => doubtsOf(request, sessions),
    optimizerArrays: layout.optimizerState.length,
    stepsPerEpoch: Math.ceil(schedule.stepsPerEpoch / discriminatorSteps),
    get done() {
      return training.done;
    },
    epochOf: (step) => schedule.batch(step * discriminatorSteps).epoch,
    async close() {
      for (const session of Object.values(sessions)) await session.close();
    },
  };
}

type Training = Pick<Gan, 'done' | 'step' | 'retreat' | 'sample' | 'tryParameters' | 'state' | 'load'>;

function trainingOf(request: GanRequest, sessions: Sessions): Training {
  const { generator, config, isSigned } = request;
  const { shards, pretrainSteps } = config;
  const noiseFor = noiseOf(request, sessions.generator);
  const hands = handsOver(request, sessions);
  const players = {
    discriminator: discriminatorInPlay(request, sessions, noiseFor),
    generator: generatorInPlay(request, sessions, noiseFor),
  };
  let done = 0;
  return {
    get done() {
      return done;
    },
    async step() {
      const step = done + 1;
      const judged = await players.discriminator.play(step);
      let made: typeof judged = { loss: undefined, leftOut: [] };
      if (step > pretrainSteps) {
        await hands.discriminatorToCombined();
        made = await players.generator.play(step);
        await hands.generatorFromCombined();
      }
      done = step;
      return { losses: lossesOf(judged.loss, made.loss), leftOut: [...judged.leftOut, ...made.leftOut] };
    },
    async retreat() {
      for (const { pool } of Object.values(sessions)) await pool.retreat();
      for (const player of Object.values(players)) player.undo(done + 1);
    },
    async sample(count, stream) {
      const noise = noiseFor(count, stream);
      const what = { named: `the sample after step ${done}`, step: done };
      const images = await generate(sessions.generator, generator.network, noise, shards, what);
      return isSigned ? images.map((value) => (value + 1) / 2) : images;
    },
    async tryParameters() {
      for (const player of Object.values(players)) await player.tryParameters();
    },
    async state() {
      const { discriminator, combined } = sessions;
      const of = (
        player: keyof typeof players,
        parameters: Float32Array,
        arrays: Float32Array[],
      ): PlayerState => {
        const { made, skippedSteps } = players[player].counts();
        return { parameters, optimizer: { steps: made, arrays }, skippedSteps };
      };
      const arrays = (await stateArrays(combined)).map(hands.ofGenerator);
      const judges = await discriminator.read(discriminator.layout.parameters);
      return {
        step: done,
        generator: of(
          'generator',
          hands.ofGenerator(await combined.read(combined.layout.parameters)),
          arrays,
        ),
        discriminator: of('discriminator', judges, await stateArrays(discriminator)),
      };
    },
    async load(state) {
      done = state.step;
      for (const player of ['generator', 'discriminator'] as const) players[player].load(state[player]);
      await hands.load(state);
    },
  };
}

const lossesOf = (discriminatorLoss: number | undefined, generatorLoss: number | undefined): GanLosses => ({
  ...(discriminatorLoss === undefined ? {} : { discriminatorLoss }),
  ...(generatorLoss === undefined ? {} : { generatorLoss }),
});
