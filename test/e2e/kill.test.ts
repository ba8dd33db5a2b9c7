import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/ask.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';

const rounds = 20;
const callers = 24;

let fakes: Fakes;
let database: TestDatabase;
const dataDir = dataFolder('kill');

beforeAll(async () => {
  [fakes, database] = await Promise.all([startFakes(), createTestDatabase()]);
});
afterAll(async () => {
  await fakes.stop();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Received {
  id: string;
  /** Known once the whole answer has arrived. */
  usage: { prompt_tokens: number; completion_tokens: number } | undefined;
}

/** Calls without end, streamed and plain in turn, until the gateway is gone; notes the answers. */
async function callOn(gateway: GatewayProcess, caller: number, received: Received[]): Promise<void> {
  for (let n = 0; ; n++) {
    const stream = (caller + n) % 2 === 0;
    const content = `call ${caller} ${n} ${'x'.repeat((caller * 7 + n) % 50)}`;
    try {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'gpt-4o-mini',
          stream,
          ...(stream ? { stream_options: { include_usage: true } } : {}),
          messages: [{ role: 'user', content }],
        }),
      });
      // A machine so busy that the gateway cannot reach its database: it has refused the call, and not begun it.
      if (response.status === 503) {
        await response.arrayBuffer();
        await sleep(100);
        continue;
      }
      const one: Received = { id: response.headers.get('x-request-id') ?? '', usage: undefined };
      received.push(one);
      const text = await response.text();
      if (!stream) one.usage = (JSON.parse(text) as { usage: Received['usage'] }).usage;
      else if (text.endsWith('data: [DONE]\n\n'))
        one.usage = JSON.parse(/data: (\{[^\n]*"choices":\[\][^\n]*\})/.exec(text)?.[1] ?? '{}').usage;
    } catch {
      return;
    }
  }
}

describe('kill -9 in the middle of load', () => {
  it(`${rounds} times: complete answers are on record with their exact usage, begun ones are on record, none twice`, {
    timeout: 480_000,
  }, async () => {
    const env = gatewayEnv(fakes, database.url, dataDir);
    const received: Received[] = [];
    for (let round = 0; round < rounds; round++) {
      fakes.reset();
      const gateway = await spawnGateway(env);
      const load = Array.from({ length: callers }, (_, caller) => callOn(gateway, caller, received));
      // A busy machine begins late: so many are answered whole before the kill, then it comes at another moment each time.
      const whole = (): number => received.filter(({ usage }) => usage !== undefined).length;
      const enough = whole() + callers + 1;
      await eventually(() => expect(whole()).toBeGreaterThanOrEqual(enough), 60_000);
      await sleep(round * 40);
      expect(await gateway.kill('SIGKILL')).toBe('SIGKILL');
      await Promise.all(load);
    }
    // The next start settles what the last one left open.
    const last = await spawnGateway(env);
    expect(await last.kill('SIGTERM')).toBe(0);

    const { rows } = await database.pool.query(
      'select id, status, estimated, input_tokens::int as input, output_tokens::int as output from calls',
    );
    const byId = new Map(
      (rows as { id: string; status: string; estimated: boolean; input: number; output: number }[]).map((row) => [
        row.id,
        row,
      ]),
    );
    expect(byId.size).toBe(rows.length);
    expect(received.filter(({ usage }) => usage !== undefined).length).toBeGreaterThan(rounds * callers);
    expect(received.filter(({ id }) => !byId.has(id))).toEqual([]);
    const wrong = received.filter(({ id, usage }) => {
      const row = byId.get(id);
      return (
        usage !== undefined &&
        (row?.status !== 'succeeded' ||
          row.estimated ||
          row.input !== usage.prompt_tokens ||
          row.output !== usage.completion_tokens)
      );
    });
    expect(wrong).toEqual([]);
    expect(rows.filter((row: { status: string }) => row.status === 'open')).toEqual([]);
    const interrupted = rows.filter((row: { status: string }) => row.status === 'interrupted');
    expect(interrupted.every((row: { estimated: boolean }) => row.estimated)).toBe(true);
  });
});

describe('SIGTERM', () => {
  it('finishes running calls, records them and exits with 0, also when the starting process is gone', {
    timeout: 60_000,
  }, async () => {
    fakes.reset();
    const gateway = await spawnGateway(gatewayEnv(fakes, database.url, dataDir));
    fakes.openai.reply({ text: 'one two three four five six seven eight', chunks: 8, chunkDelayMs: 80 });
    const response = await stream(gateway, { 'x-client-id': 'drained' });
    gateway.child.stdout?.destroy();
    gateway.child.stderr?.destroy();
    const exit = gateway.kill('SIGTERM');
    expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/);
    expect(await exit).toBe(0);
    const { rows } = await database.pool.query("select status from calls where client_id = 'drained'");
    expect(rows).toEqual([{ status: 'succeeded' }]);
  });

  it('counts once when it arrives several times together', {
    timeout: 60_000,
  }, async () => {
    fakes.reset();
    const gateway = await spawnGateway(gatewayEnv(fakes, database.url, dataDir));
    fakes.openai.reply({ text: 'one two three four five six seven eight', chunks: 8, chunkDelayMs: 80 });
    const response = await stream(gateway);
    const exit = gateway.kill('SIGHUP');
    await sleep(100);
    gateway.child.kill('SIGTERM');
    expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/);
    expect(await exit).toBe(0);
  });

  it('stops at once when it is sent again later', { timeout: 60_000 }, async () => {
    fakes.reset();
    const gateway = await spawnGateway(gatewayEnv(fakes, database.url, dataDir));
    fakes.openai.reply({ text: 'word '.repeat(60), chunks: 60, chunkDelayMs: 100 });
    const cut = (await stream(gateway)).text();
    cut.catch(() => {});
    const exit = gateway.kill('SIGINT');
    await sleep(2_200);
    gateway.child.kill('SIGINT');
    expect(await exit).toBe(1);
    await expect(cut).rejects.toThrow();
  });
});

function stream({ url }: GatewayProcess, tags: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', ...tags },
    body: JSON.stringify({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
  });
}
