/** What the live page's server gives, and to whom. */
import { request } from 'node:http';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { limitRate } from '../../src/serve/guard.ts';
import { type PageServer, type Source, servePage } from '../../src/serve/server.ts';

let server: PageServer;
let version = 'first';

const source: Source = {
  page: async () => ({ version: '0.1.0', runs: [] }),
  model: async () => ({ step: 7, model: { network: {} }, parameters: Float32Array.of(1, 2) }),
  profile: async () => undefined,
  version: async () => version,
};

beforeAll(async () => {
  server = await servePage({ host: '127.0.0.1', port: 0, source });
});

afterAll(() => server.close());

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** By Node.js's own client, which sends any host, origin and path. */
function ask({ path = '/', method = 'GET', headers = {}, body }: Asked = {}) {
  const { hostname: host, port } = new URL(server.address);
  return new Promise<{ status: number | undefined; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      const asked = request({ host, port, path, method, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('end', () =>
          resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }),
        );
      });
      asked.on('error', reject);
      asked.end(body);
    },
  );
}

test.for([
  ['/', 'text/html'],
  ['/page.js', 'text/javascript'],
  ['/page.css', 'text/css'],
  ['/predictor.js', 'text/javascript'],
  ['/kernels/relaxed.wasm', 'application/wasm'],
  ['/kernels/portable.wasm', 'application/wasm'],
  ['/run.json', 'application/json'],
  ['/model.json', 'application/json'],
  ['/weights/7', 'application/octet-stream'],
] as const)('%s is served, with a policy that lets in nothing from elsewhere', async ([path, type]) => {
  const { status, headers, body } = await ask({ path });
  expect({ status, type: `${headers['content-type']}`.split(';')[0] }).toEqual({ status: 200, type });
  expect(body.length).toBeGreaterThan(0);
  const policy = `${headers['content-security-policy']}`;
  expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
  expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval|\*|http/);
  expect(headers).toMatchObject({
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
});

test('the weights are those of the model, bit for bit', async () => {
  const { body } = await ask({ path: '/weights/7' });
  expect([...new Float32Array(new Uint8Array(body).buffer)]).toEqual([1, 2]);
});

const huge = Buffer.alloc(8 * 2 ** 20);

test.for<[string, Asked, number]>([
  ['another host', { headers: { host: 'gradpool.example' } }, 421],
  ['this address under another name and the right port', { headers: { host: 'gradpool.example:PORT' } }, 421],
  ['another port', { headers: { host: '127.0.0.1:1' } }, 421],
  ['another origin', { headers: { origin: 'http://gradpool.example' } }, 403],
  ['an origin without a name', { headers: { origin: 'null' } }, 403],
  ['a path outside of the run', { path: '/../../../../etc/passwd' }, 404],
  ['the same, encoded', { path: '/%2e%2e/%2e%2e/etc/passwd' }, 404],
  ['the same, behind a part of the page', { path: '/kernels/..%2f..%2fpackage.json' }, 404],
  ['a file of the run that is not shown', { path: '/config.json' }, 404],
  ['kernels that the page has no use for', { path: '/kernels/wide.wasm' }, 404],
  ['weights of another step', { path: '/weights/6' }, 204],
  ['a profile that is not there', { path: '/profile' }, 404],
  ['a path of 20,000 characters', { path: `/${'x'.repeat(20_000)}` }, 431],
  ['another method', { method: 'POST' }, 405],
  ['a body', { method: 'POST', body: Buffer.from('{}') }, 413],
  [
    'a body with GET',
    { path: '/run.json', headers: { 'content-length': '2' }, body: Buffer.from('{}') },
    413,
  ],
])('%s is refused', async ([, asked, status]) => {
  const { port } = new URL(server.address);
  const { host, ...others } = { host: '', ...asked.headers };
  const headers = host === '' ? others : { ...others, host: host.replace('PORT', port) };
  const answer = await ask({ ...asked, headers });
  expect(answer.status).toBe(status);
  expect(answer.body.toString()).not.toMatch(/root:|"name"/);
});

test('an enormous body is refused before it is sent', async () => {
  // The connection ends in the middle of it, which is an error to whoever still sends.
  const answer = await ask({ method: 'POST', body: huge, path: '/run.json' }).catch(() => ({ status: 413 }));
  expect(answer.status).toBe(413);
  expect((await ask()).status).toBe(200);
});

test('names of this machine are taken, its loopback address first', async () => {
  const { port } = new URL(server.address);
  for (const host of [`localhost:${port}`, `LOCALHOST:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
    expect((await ask({ headers: { host, origin: `http://${host}` } })).status, host).toBe(200);
});

test('a page hears of a change, and of nothing else', async () => {
  const answer = await fetch(`${server.address}events`);
  const events = (answer.body as ReadableStream).pipeThrough(new TextDecoderStream()).getReader();
  const next = async () => (await events.read()).value;
  expect(await next()).toMatch(/^event: changed\n/);
  expect(await next()).toBe(': \n\n');
  version = 'second';
  expect(await next()).toMatch(/^event: changed\n/);
  await events.cancel();
});

test('more requests than a page makes are put off, and taken later', async () => {
  let now = 0;
  const app = new Hono().use(limitRate(() => now)).get('/', (context) => context.text('here'));
  const statuses = async (count: number) => {
    const found = new Map<number, number>();
    for (let asked = 0; asked < count; asked++) {
      const { status } = await app.request('/');
      found.set(status, (found.get(status) ?? 0) + 1);
    }
    return Object.fromEntries(found);
  };
  expect(await statuses(250)).toEqual({ 200: 200, 429: 50 });
  now += 1000;
  expect(await statuses(60)).toEqual({ 200: 50, 429: 10 });
});

test('a port that is in use is refused by its number', async () => {
  const port = Number(new URL(server.address).port);
  await expect(servePage({ host: '127.0.0.1', port, source })).rejects.toThrow(
    `Expected \`port\` ${port} on 127.0.0.1 to be free, got one that another program uses; name another \`port\``,
  );
  await expect(servePage({ host: '192.0.2.1', port: 0, source })).rejects.toThrow(
    /Could not listen on 192\.0\.2\.1.*name another `host`/,
  );
});
