/**
 * Trains a few steps of the tutorial's network with the tensorflow engine on Node.js 22, 24 and 26, which npm's
 * package `node` brings: `node scripts/tensorflow/node-versions.ts`. Not part of the tests: it installs three runtimes.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const folder = mkdtempSync(join(tmpdir(), 'gradpool-node-'));
try {
  for (const major of [22, 24, 26]) {
    const place = join(folder, String(major));
    mkdirSync(place);
    execFileSync('npm', [
      'install',
      '--prefix',
      place,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `node@${major}`,
    ]);
    execFileSync(process.execPath, ['installArchSpecificPackage.js'], {
      cwd: join(place, 'node_modules', 'node'),
    });
    const node = join(place, 'node_modules', 'node', 'bin', 'node');
    const options = ['--engine', 'tensorflow', '--workers', '2', '--steps', '3', '--run', join(place, 'run')];
    const output = execFileSync(node, [program, 'train', ...options], { encoding: 'utf8' });
    console.log(
      `Node.js ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}: ${output.trim().split('\n').at(-1)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
