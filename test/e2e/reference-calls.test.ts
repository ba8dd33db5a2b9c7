import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { contract } from '@ai-gateway/shared/contract';
import { type Operation, pathParams } from '@ai-gateway/shared/operation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referencePages } from '../../docs/site/write-reference.ts';
import { parseInput } from '../../gateway/src/http/parse-input.ts';
import { missingOf, plainEnv, run } from '../support/run-tool.ts';

/** The calls of the API reference, run as they are printed, against a server that reads them as the gateway does. */

const operations: readonly Operation[] = contract;
const markdown = new Map(
  referencePages().flatMap(({ markdown: page }) =>
    page.split(/^## /m).flatMap((section) => {
      const [, name] = /^`([A-Z]+ \/\S+)`$/m.exec(section) ?? [];
      return name === undefined ? [] : [[name, section] as const];
    }),
  ),
);

/** The calls of every operation in one language, in the order of the contract. */
function callsIn(language: 'sh' | 'js' | 'python'): string[] {
  return operations.map(({ method, path }) => {
    const section = markdown.get(`${method} ${path}`) ?? '';
    return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(section)?.[1] ?? '';
  });
}

/** Takes one call of each operation, in the order of the contract, and answers with its sample. */
class SampleServer {
  url = '';
  readonly faults: string[] = [];
  #next = 0;
  readonly #server: Server = createServer((req, res) => void this.#answer(req, res));

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
  begin(): void {
    this.faults.length = 0;
    this.#next = 0;
  }
  get taken(): number {
    return this.#next;
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const operation = operations[this.#next];
    this.#next += 1;
    const body = await text(req);
    if (operation === undefined) return void res.writeHead(404).end();
    const fault = faultOf(operation, req, body);
    if (fault !== undefined) this.faults.push(`${operation.id}: ${fault}`);
    if (operation.kind === 'events') return void res.end('data: {"changed":["calls"]}\n\n');
    if (operation.status === 204) return void res.writeHead(204).end();
    if (operation.isFile === true) return void res.writeHead(200, { 'content-type': 'application/zip' }).end('PK');
    res.writeHead(operation.status ?? 200, { 'content-type': 'application/json' });
    res.end(JSON.stringify(operation.sample.output));
  }
}

function faultOf(operation: Operation, req: IncomingMessage, body: string): string | undefined {
  const { pathname } = new URL(req.url ?? '', 'http://gateway');
  const names = pathParams(operation.path);
  const found = new RegExp(`^${operation.path.replaceAll(/:[a-z_]+/g, '([^/]+)').replaceAll('.', '\\.')}$`).exec(
    pathname,
  );
  if (req.method !== operation.method || found === null) return `${req.method} ${req.url} is another call`;
  if (req.headers.authorization !== 'Bearer gw_live_key') return 'it has no key';
  if (body !== '' && !/^application\/json/.test(req.headers['content-type'] ?? '')) return 'its body has no type';
  const params = Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? '')]));
  try {
    const given = { url: req.url, params } as unknown as Parameters<typeof parseInput>[1];
    const input = parseInput(operation, given, body === '' ? undefined : (JSON.parse(body) as Record<string, unknown>));
    expect(input).toEqual(operation.input.parse(operation.sample.input));
    return undefined;
  } catch (error) {
    return String(error).slice(0, 300);
  }
}

const samples = new SampleServer();
const folder = mkdtempSync(join(tmpdir(), 'ai-gateway-reference-'));
beforeAll(() => samples.start());
afterAll(() => {
  samples.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes each call to a file of its own, and runs a program over all of them: it prints a line for each that fails. */
async function failed(language: 'sh' | 'js' | 'python', [ending, command, program]: readonly [string, string, string]) {
  samples.begin();
  const own = join(folder, language);
  mkdirSync(own);
  for (const [at, call] of callsIn(language).entries()) writeFileSync(join(own, `${at}.${ending}`), call);
  const runs = join(own, `run.${ending}`);
  writeFileSync(runs, program);
  const env = { ...plainEnv, GATEWAY_URL: samples.url, GATEWAY_KEY: 'gw_live_key' };
  const { out, err, code } = await run(command, [runs], { cwd: own, env });
  const failures = [...out.matchAll(/^FAILED (\d+) (.*)$/gm)].map(
    ([, at, why]) => `${operations[Number(at)]?.id}: ${why}`,
  );
  return { failures: [...failures, ...samples.faults], taken: samples.taken, ended: code === 0 ? '' : err };
}

const languages = ['sh', 'js', 'python'] as const;
const needs = { sh: ['bash', 'curl'], js: [], python: ['python3'] } as const;

const count = operations.length;
const programs = {
  sh: [
    'sh',
    'bash',
    // Each in a subshell: a bash of its own for each takes twice as long. A subshell before `||` does not end at its first failure.
    `curl() { command curl -sS --fail-with-body "$@"; }
for n in $(seq 0 ${count - 1}); do
  (set -e; . ./$n.sh) >/dev/null 2>why
  [ $? = 0 ] || echo "FAILED $n $(head -1 why)"
done`,
  ],
  js: [
    'mjs',
    process.execPath,
    `console.log = () => {}; const log = (text) => process.stdout.write(text + '\\n');
for (let n = 0; n < ${count}; n++) await import('./' + n + '.mjs').catch((error) => log('FAILED ' + n + ' ' + error));`,
  ],
  python: [
    'py',
    'python3',
    `import contextlib, io
for n in range(${count}):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(open(f"{n}.py").read(), f"{n}.py", "exec"), {})
    except BaseException as error:
        print(f"FAILED {n} {error!r}", flush=True)`,
  ],
} as const;

describe('every call of the API reference', () => {
  it.each(languages)('is printed in %s', (language) => {
    expect(callsIn(language).filter((call) => call === '')).toEqual([]);
  });

  describe.each(languages)('in %s', (language) => {
    const missing = missingOf(...needs[language]);
    const leftOut = missing === undefined ? '' : ` (left out: no ${missing})`;
    it.skipIf(missing !== undefined)(
      `runs as it is printed, and is the sample of its operation${leftOut}`,
      async () => {
        expect(await failed(language, programs[language])).toEqual({ failures: [], taken: count, ended: '' });
      },
      120_000,
    );
  });
});
