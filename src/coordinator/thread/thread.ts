/** The coordinator's own thread: what the main thread can ask it for, over Comlink. */
import { outcomeOf } from '../../errors.ts';
import type { CoordinatorApi } from '../../protocol/requests.ts';
import { reporting, serve } from '../../protocol/serve.ts';
import { evaluate, predict } from '../inference.ts';
import { train } from '../train.ts';
import { stepByStep } from './step-by-step.ts';

const stop = new AbortController();
const steps = stepByStep();

const api: CoordinatorApi = {
  train: (request, onEvent, ask, feed) =>
    reporting(onEvent, (report) => train(request, { onEvent: report, stop: stop.signal, ...{ ask, feed } })),
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
