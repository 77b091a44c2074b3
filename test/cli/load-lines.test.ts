import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { loadLines } from '../../src/cli/load/load-lines.ts';

test.each([
  "it's",
  'a "quoted" one',
  'back\\slash',
  'line\nend',
  'escape\u001b[2J',
  'delete\u007f and C1\u009b',
  'separators\u2028\u2029',
  'right to left\u202e',
  'ümläut 模型 😀',
  'dollar$`',
])('the printed path is a string of JavaScript, printable and whole: %j', (path) => {
  const [, line] = loadLines(path);
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  const given = new Function('loadModel', `return ${/loadModel\(.*\)/u.exec(line)?.[0]}`)(
    (text: string) => text,
  );
  expect(given).toBe(resolve(path));
});

test('in a clone, the module is named by its address.', () => {
  expect(loadLines('x')[0]).toBe(
    `import { loadModel } from '${new URL('../../src/index.ts', import.meta.url).href}';`,
  );
});
