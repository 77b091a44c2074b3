/** Entry of the command line: what has to stand before anything else is loaded, and to stay until the end. */
import { useCompileCache } from '../runtime/compile-cache.ts';
import { watchOutput } from './print/lost-output.ts';
import { printErrorLine } from './print/output.ts';
import { watchSignals } from './stop.ts';

watchSignals();
watchOutput();
useCompileCache();

let isDone = false;
process.on('exit', (code) => {
  // Whoever leaves with a code of its own has said why.
  if (isDone || (code !== 0 && code !== 13)) return;
  printErrorLine('The command ended before its work was done (this should not happen)');
  process.exitCode = 1;
});

// No top-level await: where one never ends, Node.js prints a warning of its own.
import('./command.ts')
  .then(({ runCommand }) => runCommand(process.argv.slice(2)))
  .then((code) => {
    isDone = true;
    process.exitCode = code;
  });
