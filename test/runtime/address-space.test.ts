/** A bound on the address space (ulimit -v), under which V8 ends the process where a thread does not fit. In a process: package.test.ts. */
import { expect, test } from 'vitest';
import { addressSpace, spareAddressBytes, threadAddressBytes } from '../../src/runtime/address-space.ts';
import { refuseBeyondAddressSpace } from '../../src/runtime/start-thread.ts';

const isLinux = process.platform === 'linux';
const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax address space         ${soft.padEnd(20)} unlimited            bytes     \n`;

const files: Record<string, [limits: string, status: string, left: number | undefined]> = {
  'with a limit': [limits('4096000'), 'VmPeak:\t 3000 kB\nVmSize:\t    1000 kB\n', 4096000 - 1024000],
  'without a limit': [limits('unlimited'), 'VmSize:\t    1000 kB\n', undefined],
  'of which the system says nothing': ['', '', undefined],
  'that has more than a limit set later': [limits('1000'), 'VmSize:\t    1000 kB\n', undefined],
};
for (const [name, [limit, status, left]] of Object.entries(files))
  test.runIf(isLinux)(`What is left to a process ${name}.`, () => {
    expect(addressSpace((path) => (path.endsWith('limits') ? limit : status))?.left).toBe(left);
  });

test('A system where the files cannot be read has no known limit.', () => {
  const read = () => {
    throw new Error('by the test');
  };
  expect(addressSpace(read)).toBeUndefined();
});

test('More threads than fit are refused, with how many do.', () => {
  const space = { limit: 10 * threadAddressBytes, left: 3.5 * threadAddressBytes + spareAddressBytes };
  expect(() => refuseBeyondAddressSpace(3, space)).not.toThrow();
  expect(() => refuseBeyondAddressSpace(8, space)).toThrow(
    /^Expected \d+ MiB of address space for 8 threads, got \d+ MiB left of the limit of \d+ MiB; raise it \(ulimit -v\), or set `workers` to 3$/,
  );
});
