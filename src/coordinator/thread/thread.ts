/** The coordinator's own thread: what the main thread can ask it for, over Comlink. */
import { transfer } from 'comlink';
import { type Outcome, outcomeOf } from '../../errors.ts';
import { type BootedThread, bootThreads } from '../../pool/worker-thread.ts';
import type { CoordinatorApi, Trained } from '../../protocol/requests.ts';
import { reporting, serve } from '../../protocol/serve.ts';
import { evaluate, predict } from '../inference.ts';
import { train } from '../train.ts';
import { stepByStep } from './step-by-step.ts';

const stop = new AbortController();
const steps = stepByStep();
/** Those that have no work yet. */
let booted: BootedThread[] = [];

const api: CoordinatorApi = {
  boot(workers) {
    booted = bootThreads(workers);
  },
  async unboot() {
    await Promise.all(booted.splice(0).map((thread) => thread.end()));
  },
  train: async (request, onEvent, ask, feed) =>
    handedOver(
      await reporting(onEvent, (report) =>
        train(request, { onEvent: report, stop: stop.signal, ...{ ask, feed, booted } }),
      ),
    ),
  open: (request, onEvent) => outcomeOf(steps.open(request, onEvent)),
  step: () => outcomeOf(steps.step()),
  stepOn: (given) => outcomeOf(steps.stepOn(given)),
  measure: () => outcomeOf(steps.measure()),
  state: () => outcomeOf(steps.state()),
  load: (state) => outcomeOf(steps.load(state)),
  end: () => outcomeOf(steps.end()),
  evaluate: (request, onDone) => outcomeOf(evaluate(request, onDone)),
  predict: (request) => outcomeOf(predict(request)),
  stop() {
    stop.abort();
  },
};

serve(api);

/** Moved to the other thread instead of copied: this one is done with them. */
function handedOver(outcome: Outcome<Trained>): Outcome<Trained> {
  const buffer = 'value' in outcome ? outcome.value.parameters.buffer : undefined;
  return buffer instanceof ArrayBuffer ? transfer(outcome, [buffer]) : outcome;
}
