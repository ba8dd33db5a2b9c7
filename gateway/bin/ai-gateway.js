#!/usr/bin/env node
// The published package's. For whatever Node is installed: one that is too old gets a sentence, so this file has no word that an old one does not know.
if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(
    'AI Gateway needs Node 20 or newer to start; this is Node ' +
      process.versions.node +
      '. Get one from https://nodejs.org',
  );
  process.exitCode = 1;
} else {
  import('../launcher/launch-package.js').then(({ launch }) => launch(process.argv.slice(2)));
}
