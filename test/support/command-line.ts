import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compileCache } from './compile-cache.ts';

const cli = fileURLToPath(new URL('../../gateway/src/cli.ts', import.meta.url));

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** A command as an operator runs it, without npm around it. */
export function runCommand(
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Ended> {
  return runProgram(process.execPath, [cli, ...args], { ...options, env: { ...compileCache, ...options.env } });
}

/** Runs a program to its end, with PATH and `env` for its environment. */
export function runProgram(
  program: string,
  args: readonly string[],
  { env = {}, cwd }: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH ?? '', ...env },
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
