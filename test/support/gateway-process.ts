import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compileCache } from './compile-cache.ts';

export interface GatewayProcess {
  url: string;
  output(): string;
  /** Resolves with the exit code, or the signal that ended it. */
  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  child: ChildProcess;
}

const main = fileURLToPath(new URL('../../gateway/src/main.ts', import.meta.url));

/** The gateway as its own process, as an operator runs it; resolves when it says that it is ready. `program` may be another version's. */
export async function spawnGateway(env: Record<string, string>, program = main): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [program], {
    // A program elsewhere is there for one test only, and what was compiled of it would stay.
    env: { PATH: process.env.PATH ?? '', ...(program === main && compileCache), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const exit = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1)),
  );
  const url = await new Promise<string>((resolve, reject) => {
    const look = (): void => {
      const found = /ready at (http:\/\/\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', look);
    void exit.then((code) => reject(new Error(`the gateway ended (${code}) before it was ready:\n${output}`)));
  });
  return {
    url,
    output: () => output,
    child,
    kill: (signal) => {
      child.kill(signal);
      return exit;
    },
  };
}
