/** The training of this thread that is taken step by step, for who asks over Comlink. */
import type { ErrorRecord } from '../../errors.ts';
import { openExchange } from '../../exchange/begin/open.ts';
import { alone, type Exchange } from '../../exchange/exchange.ts';
import type {
  Measurement,
  OpenedTrainer,
  StepReport,
  TrainEvent,
  TrainerRequest,
  TrainerState,
} from '../../protocol/requests.ts';
import { checkAlike, checkSameState, doubtsOfRanks } from '../alike.ts';
import { checkSameBatch } from '../batches/same-batch.ts';
import { NotFiniteError } from '../not-finite.ts';
import { factsOf } from '../session.ts';
import { stateBuffers } from '../state.ts';
import { beginning, type DoneStep, nextStep, openTrainer, type Trainer } from '../trainer.ts';

export interface StepByStep {
  open(request: TrainerRequest, onEvent: (event: TrainEvent) => void): Promise<OpenedTrainer>;
  step(): Promise<StepReport>;
  /** On so many examples in the room of a request with a `stream`; or why there are none, which all ranks throw. */
  stepOn(given: number | ErrorRecord): Promise<StepReport>;
  measure(): Promise<Measurement>;
  state(): Promise<TrainerState>;
  load(state: TrainerState): Promise<void>;
  /** Waits for the other ranks to end, too. */
  end(): Promise<void>;
}

export function stepByStep(): StepByStep {
  const never = new AbortController().signal;
  let opened: Trainer | undefined;
  let exchange: Exchange = alone(never);
  let isTogether = true;
  const trainer = (): Trainer => {
    if (opened === undefined) throw new Error('Expected a training that was opened');
    return opened;
  };
  const report = ({ step, batch, means }: DoneStep): StepReport => {
    return { step, epoch: batch.epoch, ...trainer().naming.measures(means) };
  };
  /** What fails on one rank ends all; what is not finite is so on all of them, which may go on. */
  const together = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NotFiniteError) throw error;
      isTogether = false;
      await exchange.fail(error);
      throw error;
    }
  };
  const openWith = async (request: TrainerRequest, onEvent: (event: TrainEvent) => void) => {
    const made = await openTrainer(request, { onEvent, exchange });
    await checkAlike(request, made.session);
    await made.load(beginning(request));
    for (const text of doubtsOfRanks(made.session, request.config)) onEvent({ kind: 'notice', text });
    return made;
  };
  return {
    async open(given, onEvent) {
      // Its caller alone knows how long it goes on.
      const request = { ...given, config: { ...given.config, steps: Number.POSITIVE_INFINITY } };
      exchange = await openExchange(request.config, never);
      opened = await together(() => openWith(request, onEvent));
      const { session, batches, place } = opened;
      return {
        stepsPerEpoch: place === undefined ? batches.stepsPerEpoch : Number.POSITIVE_INFINITY,
        ...{ engine: session.engine, workers: session.workers, facts: factsOf(session) },
        parameterCount: request.model.network.parameterCount,
        optimizerArrays: stateBuffers(session.layout).length,
        ...(place === undefined ? {} : { place }),
      };
    },
    step: async () => report(await together(() => nextStep(trainer()))),
    async stepOn(given) {
      const { done, given: contentsOf } = trainer();
      const own =
        typeof given === 'number' ? { count: given, contents: () => contentsOf(given) } : { failed: given };
      const count = await checkSameBatch(exchange, `the batch of step ${done + 1}`, own);
      const batch = { epoch: 0, index: done, start: 0, count, isStreamed: true } as const;
      return report(await together(() => trainer().step(batch)));
    },
    async measure() {
      const measurement = await together(() => trainer().evaluate());
      if (measurement === undefined) throw new Error('An evaluation ended that nobody had stopped');
      return measurement;
    },
    state: () => trainer().state(),
    async load(state) {
      await checkSameState(exchange, state);
      await together(() => trainer().load(state));
    },
    async end() {
      if (isTogether) await together(() => exchange.gather('the end of the training', undefined));
    },
  };
}
