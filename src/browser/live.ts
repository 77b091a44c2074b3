/** The live page: asks the server again whenever that says that the run has gone on. */
import type { Missing, PageData } from '../pages/page-data.ts';
import { h } from './elements/dom.ts';
import { createPad, type Pad } from './pad/pad.ts';
import type { ServedModel } from './predictor/api.ts';

export interface LivePage {
  update(data: PageData): void;
  /** Where the pad stands. */
  addPad(element: HTMLElement): void;
}

export function watchLive(page: LivePage): void {
  const state = h('p', { class: 'live', role: 'status' });
  document.body.prepend(state);
  const newest = modelWatcher(page);
  const ask = again(async () => {
    try {
      const data: PageData | Missing = await json('run.json');
      state.textContent = 'missing' in data ? data.missing : '';
      if ('missing' in data) return;
      page.update(data);
      performance.mark('drawn');
      await newest();
    } catch (error) {
      state.textContent = error instanceof Error ? error.message : `${error}`;
    }
  });
  const events = new EventSource('events');
  events.addEventListener('open', ask);
  events.addEventListener('changed', ask);
  events.addEventListener('error', () => {
    state.textContent = 'The server is gone: what is shown is the last that it said.';
  });
}

/** One at a time; what is asked for meanwhile is done once more. */
function again(work: () => Promise<void>): () => Promise<void> {
  let isBusy = false;
  let isWanted = false;
  return async function run() {
    isWanted = isBusy;
    if (isBusy) return;
    isBusy = true;
    await work();
    isBusy = false;
    if (isWanted) await run();
  };
}

async function json<T>(address: string): Promise<T> {
  return (await got(address)).json();
}

async function got(address: string): Promise<Response> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
}

/** Brings each new checkpoint's model to the pad. Without one that can be drawn for there is no pad. */
function modelWatcher(page: LivePage): () => Promise<void> {
  let pad: Pad | undefined;
  let step: number | undefined;
  let missed: number | undefined;
  return async function bring(): Promise<void> {
    const model: ServedModel | { readonly missing: string } = await json('model.json');
    if ('missing' in model) {
      if (pad === undefined) page.addPad(h('p', { class: 'soft' }, `No pad to draw on: ${model.missing}`));
      return;
    }
    if (model.step === step) return;
    const weights = await fetch(`weights/${model.step}`);
    // A newer checkpoint has come between.
    if (weights.status === 204 && model.step !== missed) {
      missed = model.step;
      return bring();
    }
    if (weights.status !== 200) throw new Error(await weights.text());
    const parameters = new Float32Array(await weights.arrayBuffer());
    if (pad === undefined) {
      pad = createPad(model.classNames === undefined ? 'a digit' : 'an example');
      page.addPad(pad.element);
    }
    await pad.load(model, parameters);
    step = model.step;
  };
}
