/** Who may ask: the page itself, at an address of this machine, not too often, and with nothing to send. */
import type { IncomingMessage } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { createMiddleware } from 'hono/factory';
import { secureHeaders } from 'hono/secure-headers';

export interface Bindings {
  readonly incoming: IncomingMessage;
}

/** No address but the page's own, no script, style or picture but its own; WebAssembly may be compiled. */
export const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    workerSrc: ["'self'"],
    connectSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  // With these two a page may share memory.
  crossOriginOpenerPolicy: 'same-origin',
  crossOriginEmbedderPolicy: 'require-corp',
  crossOriginResourcePolicy: 'same-origin',
  referrerPolicy: 'no-referrer',
  strictTransportSecurity: false,
  xFrameOptions: 'DENY',
});

/**
 * Refuses what other sites make a browser ask: another name for this address (DNS rebinding), or another origin.
 * @param names that may stand for this machine in `Host`
 */
export const sameSite = (names: ReadonlySet<string>) =>
  createMiddleware<{ Bindings: Bindings }>(async ({ req, text, env }, next) => {
    const port = env.incoming.socket.localPort;
    const host = req.header('host')?.toLowerCase() ?? '';
    const isOwn = names.has(host.replace(/:\d+$/, '')) && (host.endsWith(`:${port}`) || port === 80);
    if (!isOwn) return text(`Expected the address that gradpool has printed, got the host ${host}\n`, 421);
    const origin = req.header('origin');
    if (origin !== undefined && origin.toLowerCase() !== `http://${host}`)
      return text(`Expected a request of this page, got one of ${origin}\n`, 403);
    await next();
  });

/** Names of this machine at which a server that listens on `host` is reached. */
export function ownNames(host: string): ReadonlySet<string> {
  const loopback = ['localhost', '127.0.0.1', '[::1]'];
  const isAny = host === '0.0.0.0' || host === '::';
  const addresses = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address)),
  );
  const own = host.includes(':') ? `[${host}]` : host;
  return new Set(
    [...loopback, own, ...(isAny ? [hostname(), ...addresses] : [])].map((name) => name.toLowerCase()),
  );
}

/** GET and HEAD without a body: nothing is taken, so nothing large can be sent. */
export const readOnly = createMiddleware(async ({ req, text, header }, next) => {
  const hasBody =
    Number(req.header('content-length') ?? 0) > 0 || req.header('transfer-encoding') !== undefined;
  if (!hasBody && (req.method === 'GET' || req.method === 'HEAD')) return next();
  // What comes behind the head is not waited for.
  header('Connection', 'close');
  if (hasBody) return text('Expected a request without a body\n', 413);
  return text('Expected GET\n', 405, { Allow: 'GET, HEAD' });
});

/** Of all clients together. A page asks once a second at most, and a dozen times when it is opened. */
const perSecond = 50;
const burst = 200;

/** @param now in milliseconds */
export function limitRate(now: () => number = performance.now.bind(performance)) {
  let left = burst;
  let last = now();
  return createMiddleware(async ({ text }, next) => {
    const time = now();
    left = Math.min(burst, left + ((time - last) / 1000) * perSecond);
    last = time;
    if (left < 1) return text('Too many requests\n', 429, { 'Retry-After': '1' });
    left--;
    await next();
  });
}
