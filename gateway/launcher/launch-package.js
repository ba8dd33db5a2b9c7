import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binaryInPackage, nodePackageFor, pinnedNode } from './pinned-node.js';
import { heapFlags, runInPlace } from './run-gateway.js';

/**
 * `npx ai-gateway`: the published package, on the pinned Node that is installed with it. Without a command it starts the gateway.
 *
 * @param {readonly string[]} args
 */
export function launch(args) {
  const [first = 'start'] = args;
  // `npx ai-gateway --port 9000` starts it too.
  const isOptionOfStart = first.startsWith('-') && !['--help', '-h', '--version', '-v'].includes(first);
  const command = args.length === 0 || isOptionOfStart ? ['start', ...args] : args;
  try {
    const main = fileURLToPath(new URL('../lib/cli.js', import.meta.url));
    runInPlace(pinnedNode(nodes()), [...(command[0] === 'start' ? heapFlags : []), main, ...command], {
      cache: fileURLToPath(new URL('../.compile-cache', import.meta.url)),
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

function nodes() {
  const own = nodePackageFor(process);
  if (own === undefined) return [];
  try {
    return [join(dirname(createRequire(import.meta.url).resolve(`${own.name}/package.json`)), binaryInPackage)];
  } catch {
    // Left out at install (`--omit=optional`): the Node that runs this may be new enough.
    return [];
  }
}
