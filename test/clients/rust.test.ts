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

const folder = join(root, 'test/clients/rust');

async function built(): Promise<Tool<{ programs: ClientProgram[] }>> {
  if (!clientsWanted) return { there: false, reason: notWanted };
  const minor = Number(/^cargo 1\.(\d+)/.exec(versionOf('cargo', '--version') ?? '')?.[1] ?? 0);
  if (minor < 88) return { there: false, reason: 'it needs Cargo 1.88 or newer' };
  const target = cacheFolder('rust', join(folder, 'Cargo.lock'));
  const done = await install('crates.io', 'cargo', ['build', '--locked'], {
    cwd: folder,
    env: { CARGO_TARGET_DIR: target, CARGO_NET_RETRY: '1' },
  });
  if (!done.there) return done;
  const program = {
    name: 'async-openai',
    source: join(folder, 'src/main.rs'),
    run: (env: Record<string, string>) => run(join(target, 'debug/gateway-clients'), [], { env }),
  };
  return { there: true, programs: [program] };
}

describePrograms('Rust', await built());
