import { spawn } from 'node:child_process';

const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs npm, or npx, to its end. The npm that started this is taken where there is one, else the one in PATH.
 *
 * @param {'npm' | 'npx'} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Record<string, string>, show?: boolean }} options
 *   `show`: let what it prints through to the standard error, as it comes
 * @returns {Promise<{ code: number, output: string }>} rejects when this process gets a signal to stop meanwhile
 */
export function runNpm(program, args, { cwd, env = {}, show = false }) {
  const isWindows = process.platform === 'win32';
  return new Promise((resolve, reject) => {
    /** @type {import('node:child_process').ChildProcess | undefined} */
    let child;
    let stopped = false;
    // Ctrl-C reaches npm by itself; this process goes on for as long as it takes to clear up.
    const stop = (/** @type {NodeJS.Signals} */ signal) => {
      stopped = true;
      if (signal !== 'SIGINT') child?.kill(signal);
    };
    for (const signal of signals) process.on(signal, stop);
    child = spawn(isWindows ? `${program}.cmd` : program, args, {
      cwd,
      env: {
        ...process.env,
        npm_config_update_notifier: 'false',
        npm_config_fund: 'false',
        // npm waits ten seconds, then twenty, before it says that nothing is there.
        npm_config_fetch_retry_mintimeout: '1000',
        npm_config_fetch_retry_maxtimeout: '10000',
        ...env,
      },
      stdio: ['ignore', show ? 2 : 'pipe', show ? 2 : 'pipe'],
      // Node starts .cmd files in a shell only.
      shell: isWindows,
    });
    let output = '';
    /** @param {Buffer} chunk */
    const read = (chunk) => {
      output += chunk.toString();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('error', (error) =>
      resolve({
        code: 127,
        output: 'code' in error && error.code === 'ENOENT' ? `${program} is not installed` : String(error),
      }),
    );
    child.on('close', (code) => {
      for (const signal of signals) process.off(signal, stop);
      if (stopped) reject(new Error('The installation was stopped. The next start completes it.'));
      else resolve({ code: code ?? 1, output });
    });
  });
}
