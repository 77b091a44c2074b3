#!/usr/bin/env node
// Has to parse on very old versions of Node.js: nothing newer than ES5, except the import.
var version = process.versions.node.split('.').map(Number);

if (version[0] > 22 || (version[0] === 22 && version[1] >= 18)) {
  import('../dist/cli/main.js');
} else {
  console.error(
    'gradpool needs Node.js 22.18 or newer, this is ' +
      process.versions.node +
      '; install a newer one and run the same command again',
  );
  process.exitCode = 1;
}
