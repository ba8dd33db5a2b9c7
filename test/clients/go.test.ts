import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientProgram, describePrograms } from '../support/client-program.ts';
import {
  cacheFolder,
  clientsWanted,
  install,
  notWanted,
  root,
  run,
  type Tool,
  versionOf,
} from '../support/run-tool.ts';

const folder = join(root, 'test/clients/go');

async function built(): Promise<Tool<{ programs: ClientProgram[] }>> {
  if (!clientsWanted) return { there: false, reason: notWanted };
  const minor = Number(/go1\.(\d+)/.exec(versionOf('go', 'version') ?? '')?.[1] ?? 0);
  if (minor < 26) return { there: false, reason: 'it needs Go 1.26 or newer' };
  const target = cacheFolder('go', join(folder, 'go.sum'));
  mkdirSync(target, { recursive: true });
  const program = join(target, 'clients');
  // The vendors' packages are large, and nobody measures them here: unoptimised they compile faster.
  const done = await install(
    'the Go module proxy',
    'go',
    ['build', '-gcflags=github.com/...=-N -l', '-o', program, '.'],
    {
      cwd: folder,
    },
  );
  if (!done.there) return done;
  return {
    there: true,
    programs: ['openai', 'anthropic'].map((vendor) => ({
      name: vendor === 'openai' ? 'openai-go' : 'anthropic-sdk-go',
      source: join(folder, `${vendor}.go`),
      run: (env) => run(program, [vendor], { env }),
    })),
  };
}

describePrograms('Go', await built());
