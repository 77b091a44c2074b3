/** The coordinator's own thread for a GAN: what the main thread can ask it for, over Comlink. */
import type { GanApi } from '../protocol/gan.ts';
import { reporting, serve } from '../protocol/serve.ts';
import { trainGan } from './train-gan.ts';

const stop = new AbortController();

const api: GanApi = {
  trainGan: (request, onEvent) =>
    reporting(onEvent, (report) => trainGan(request, { onEvent: report, stop: stop.signal })),
  stop() {
    stop.abort();
  },
};

serve(api);
