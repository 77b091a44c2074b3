/** The live page of one run: fixed addresses, each with one part of the run, and no folder behind them. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { codeOf, inputError, messageOf } from '../errors.ts';
import { readKernels } from '../kernels/compile-kernels.ts';
import { type AssetName, assetNames, readAsset } from '../pages/assets.ts';
import { liveDocument } from '../pages/document.ts';
import type { Missing, PageData } from '../pages/page-data.ts';
import { type Bindings, headers, limitRate, ownNames, readOnly, sameSite } from './guard.ts';

/** What is served. Each rejects with what the reader should know. */
export interface Source {
  /** Or why there is nothing to show yet. */
  page(): Promise<PageData | Missing>;
  /** The newest model that a browser can compute: `model` without its parameters, as JSON; or why there is none. */
  model(): Promise<
    { readonly step: number; readonly model: object; readonly parameters: Float32Array } | Missing
  >;
  /** The profile's bytes, where one lies in the run. */
  profile(): Promise<Uint8Array | undefined>;
  /** A text that changes whenever the page would show something else. Cheap. */
  version(): Promise<string>;
}

export interface ServeOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly source: Source;
}

export interface PageServer {
  readonly address: string;
  close(): Promise<void>;
}

/** More do not watch one training. */
const mostWatchers = 32;
const millisecondsBetween = 1000;

/** @throws GradpoolError when it cannot listen there */
export async function servePage({ host, port, source }: ServeOptions): Promise<PageServer> {
  const app = appOf(host, source);
  const server = serve({
    fetch: app.fetch,
    hostname: host,
    port,
    serverOptions: { headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 16_384 },
  }) as Server;
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (error) => reject(notListening(host, port, error)));
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function notListening(host: string, port: number, error: Error): Error {
  const code = codeOf(error);
  if (code === 'EADDRINUSE')
    return inputError(
      `Expected \`port\` ${port} on ${host} to be free, got one that another program uses; name another \`port\``,
      error,
    );
  if (code === 'EACCES')
    return inputError(`Expected a \`port\` that this user may open, got ${port}; name one above 1023`, error);
  return inputError(
    `Could not listen on ${host}, port ${port}: ${messageOf(error)}; name another \`host\``,
    error,
  );
}

function appOf(host: string, source: Source): Hono<{ Bindings: Bindings }> {
  const app = new Hono<{ Bindings: Bindings }>();
  app.use(headers, readOnly, sameSite(ownNames(host)), limitRate());
  app.use(async ({ header }, next) => {
    header('Cache-Control', 'no-store');
    await next();
  });
  app.get('/', (context) => context.html(liveDocument('run')));
  for (const name of assetNames)
    app.get(`/${name}`, async (context) =>
      context.body(await readAsset(name), 200, { 'Content-Type': typeOf(name) }),
    );
  app.get('/kernels/:name{(relaxed|portable)\\.wasm}', async (context) => {
    const variant = context.req.param('name').startsWith('relaxed') ? 'relaxed' : 'portable';
    return context.body(await readKernels(variant), 200, { 'Content-Type': 'application/wasm' });
  });
  app.get('/run.json', async (context) => context.json(await source.page()));
  app.get('/model.json', async (context) => {
    const found = await source.model();
    return context.json('missing' in found ? found : { step: found.step, ...found.model });
  });
  app.get('/weights/:step{\\d+}', async (context) => {
    const found = await source.model();
    // A newer checkpoint may have come between: no fault of whoever asks.
    if ('missing' in found || found.step !== Number(context.req.param('step')))
      return context.body(null, 204);
    const { buffer, byteOffset, byteLength } = found.parameters;
    return context.body(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength), 200, bytes);
  });
  app.get('/profile', async (context) => {
    const profile = await source.profile();
    if (profile === undefined) return context.notFound();
    const name = { 'Content-Disposition': 'attachment; filename="profile.json"' };
    return context.body(new Uint8Array(profile), 200, { 'Content-Type': 'application/json', ...name });
  });
  app.get('/events', watching(source));
  app.notFound((context) => context.text('There is nothing here\n', 404));
  app.onError((error, context) => context.text(`${messageOf(error)}\n`, 500));
  return app;
}

const bytes = { 'Content-Type': 'application/octet-stream' };

const typeOf = (name: AssetName): string =>
  name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';

/** Says `changed` whenever the run has gone on. Nothing is read while nobody watches. */
function watching(source: Source) {
  let watchers = 0;
  return (context: Context) => {
    if (watchers >= mostWatchers) return context.text('Too many pages watch this run\n', 503);
    watchers++;
    return streamSSE(context, async (stream) => {
      let last: string | undefined;
      stream.onAbort(() => {});
      try {
        while (!stream.aborted && !stream.closed) {
          const version = await source.version();
          if (version !== last) await stream.writeSSE({ event: 'changed', data: '' });
          else await stream.write(': \n\n');
          last = version;
          await stream.sleep(millisecondsBetween);
        }
      } finally {
        watchers--;
      }
    });
  };
}
