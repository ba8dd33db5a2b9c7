import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const module = fileURLToPath(new URL('log-destination.ts', import.meta.url));

/** A process that logs; `out` is what it says on stdout. Its stderr is a pipe of the shell's, or a socket as Node's children have. */
function logging(code: string, { reads = true, pipe = false } = {}) {
  const script = `import { writeSync } from 'node:fs'; import { StderrLog } from ${JSON.stringify(module)}; process.stderr.on('error', () => {}); const log = new StderrLog(); ${code}`;
  const args = ['--input-type=module-typescript', '--eval', script];
  // As `docker run` and `… 2>&1 | less` have it: a pipe, whose reader is slow.
  const child = pipe
    ? spawn('sh', [
        '-c',
        `{ "$@" 2>&1 1>&3 3>&- | ${reads ? 'cat 1>&2' : 'sleep 8'} 3>&-; } 3>&1`,
        'sh',
        process.execPath,
        ...args,
      ])
    : spawn(process.execPath, args);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  if (reads)
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
  const ended = new Promise<{ out: string; err: string; code: number | null }>((resolve) =>
    child.once(pipe ? 'exit' : 'close', (exit) => resolve({ out, err, code: exit })),
  );
  return { child, ended, said: () => out };
}

const line = `JSON.stringify({ n: i, text: 'x'.repeat(600) }) + '\\n'`;

describe('the log', () => {
  it.each([
    ['a socket', false],
    ['a pipe', true],
  ])('loses no line when the process ends at once, to %s', async (_name, pipe) => {
    const { ended } = logging(`for (let i = 0; i < 3000; i += 1) log.write(${line}); process.exit(0);`, { pipe });
    const { err } = await ended;
    const lines = err.split('\n').filter((one) => one !== '');
    expect(lines.map((one) => (JSON.parse(one) as { n: number }).n)).toEqual(Array.from({ length: 3000 }, (_, i) => i));
  });

  it('waits for its last lines in an orderly end, and keeps their order', async () => {
    const code = `let i = 0; const more = setInterval(() => { log.write(${line}); i += 1; if (i === 300) { clearInterval(more); log.end().then(() => process.exit(0)); } }, 0);`;
    const { err } = await logging(code).ended;
    const lines = err.split('\n').filter((one) => one !== '');
    expect(lines.map((one) => (JSON.parse(one) as { n: number }).n)).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  it.each([
    ['a socket', false],
    ['a pipe', true],
  ])(
    'holds up neither the process nor its end when nobody reads %s, and drops what has no room',
    async (_name, pipe) => {
      const code = `
      process.once('exit', () => writeSync(1, 'gone'));
      let slowest = 0; let last = performance.now();
      const beat = setInterval(() => { slowest = Math.max(slowest, performance.now() - last); last = performance.now(); }, 1);
      let i = 0;
      const more = setInterval(() => {
        for (let n = 0; n < 1000; n += 1, i += 1) log.write(${line});
        if (i >= 20000) {
          clearInterval(more); clearInterval(beat);
          const endsAt = performance.now();
          log.end().then(() => { process.stdout.write(JSON.stringify({ slowest, dropped: log.dropped, ms: performance.now() - endsAt }), () => process.exit(0)); });
        }
      }, 5);`;
      const { said, child } = logging(code, { reads: false, pipe });
      await expect.poll(said, { timeout: 10_000 }).toContain('gone');
      const { slowest, dropped, ms } = JSON.parse(said().replace('gone', '')) as {
        slowest: number;
        dropped: number;
        ms: number;
      };
      // 20,000 lines of 620 bytes are 12 MB, of which 8 MiB wait.
      expect(dropped).toBeGreaterThan(4_000);
      expect(dropped).toBeLessThan(8_000);
      expect(slowest).toBeLessThan(1_000);
      expect(ms).toBeLessThan(5_000);
      child.kill();
    },
  );
});
