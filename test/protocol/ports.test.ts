import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ports = join(import.meta.dirname, '..', '..', 'src', 'protocol', 'ports.ts');

/** A call that hands over a listener, which answers. */
const program = `
  import { expose, proxy, wrap } from 'comlink';
  import { nodeEndpoint } from ${JSON.stringify(ports)};
  const { port1, port2 } = new MessageChannel();
  expose({ ask: async (listener) => 'answer ' + (await listener('event')) }, nodeEndpoint(port1));
  console.log(await wrap(nodeEndpoint(port2)).ask(proxy((event) => 'to ' + event)));
  console.log(process.moduleLoadList.filter((name) => name.includes('undici')));
  process.exit();`;

test('a listener is called in the other thread, and answers, without the MessageEvents for which Node.js loads undici', async () => {
  const words = ['--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: import.meta.dirname });
  expect(stdout).toBe('answer to event\n[]\n');
});
