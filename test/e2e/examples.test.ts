import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { pythonEnvironment } from '../support/python.ts';
import { type Ended, noProxy, root, run } from '../support/run-tool.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

const folder = join(root, 'examples');
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const examples = readdirSync(folder).filter((name) => /\.(js|py)$/.test(name) && name !== 'gateway.js');
const python = await pythonEnvironment('packages');
if (!python.there) console.log(`examples/openai-python.py: left out, ${python.reason}.`);

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterAll(() => gateway?.stop());

const example = (name: string, key: string, env: Record<string, string> = {}): Promise<Ended> =>
  run(name.endsWith('.py') && python.there ? python.python : process.execPath, [join(folder, name)], {
    env: { ...noProxy, GATEWAY_URL: gateway.url, GATEWAY_KEY: key, ...env },
  });

describe('the examples', () => {
  it('are all named in their README, with the command that runs them', () => {
    const commands = examples.map((name) => `${name.endsWith('.py') ? 'python3' : 'node'} examples/${name}`);
    expect(examples.length).toBeGreaterThanOrEqual(6);
    expect(commands.filter((command) => !readme.includes(command))).toEqual([]);
  });

  it.each([
    ['openai-node.js', 'test', /at sandbox\n\$0\.\d+, \d+ tokens\n/],
    ['openai-node.js', 'live', /at openai\n\$0\.\d+, \d+ tokens\n/],
    ['anthropic-node.js', 'test', /\d+ tokens in, \d+ out\n.*ended with end_turn\n$/s],
    ['anthropic-node.js', 'live', /\d+ tokens in, \d+ out\n.*ended with end_turn\n$/s],
    ['budget-with-alert.js', 'test', /\$1\.00 a month\nanswered: .*refused: .*threshold_reached at 80 %\n$/s],
    ['budget-with-alert.js', 'live', /\$0\.00001 a month\nrefused: .*budget\.exceeded at 100 %\n$/s],
    ['invoice-run.js', 'test', /(example-\w+): 4\.42 EUR\n.*Invoices:\n.*\1: made \S+, 4\.42 EUR, http/s],
    ['invoice-run.js', 'live', /^Preview of last_month:\n.*Set ISSUE=yes to issue these invoices\.\n$/s],
    ['webhook-receiver.js', 'test', /subscribed: \S+\nverified: \S+ \S+\n1 delivery verified\n$/],
    ['webhook-receiver.js', 'live', /subscribed: \S+\nverified: \S+ \S+\n1 delivery verified\n$/],
  ] as const)('%s with a %s key ends with 0', { timeout: 60_000 }, async (name, mode, printed) => {
    const ended = await example(name, mode === 'test' ? testKey : liveKey, { PORT: '0' });
    expect(ended).toEqual({ code: 0, out: expect.stringMatching(printed), err: '' });
  });

  const pythonLeftOut = python.there ? '' : ` (left out: ${python.reason})`;
  it.skipIf(!python.there)(
    `openai-python.py with a test key and with a live key ends with 0${pythonLeftOut}`,
    { timeout: 60_000 },
    async () => {
      for (const [key, provider] of [
        [testKey, 'sandbox'],
        [liveKey, 'openai'],
      ] as const)
        expect(await example('openai-python.py', key)).toEqual({
          code: 0,
          out: expect.stringMatching(new RegExp(`at ${provider}\n\\$0\\.\\d+, \\d+ tokens\n`)),
          err: '',
        });
    },
  );

  it('webhook-receiver.js answers 204 to a signed delivery and 401 to a forged one, and ends with 0 at SIGTERM', async () => {
    const port = await freePort();
    const webhook = await json<{ id: string; secret: string }>(
      gateway.post('/v1/webhooks', { url: `http://127.0.0.1:${port}/hook`, events: ['budget.exceeded'] }),
      201,
    );
    const receiver = spawn(process.execPath, [join(folder, 'webhook-receiver.js')], {
      env: {
        ...process.env,
        GATEWAY_URL: gateway.url,
        GATEWAY_KEY: liveKey,
        PORT: String(port),
        WEBHOOK_SECRET: webhook.secret,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    receiver.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    while (!out.includes('listening')) await once(receiver.stdout, 'data');

    const post = (secret: string): Promise<Response> => {
      const body = JSON.stringify({ type: 'budget.exceeded' });
      const signature = new Webhook(secret).sign('evt_1', new Date(), body);
      const headers = {
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': signature,
      };
      return fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body });
    };
    expect((await post(`whsec_${'A'.repeat(32)}`)).status).toBe(401);
    expect((await post(webhook.secret)).status).toBe(204);
    expect((await post(webhook.secret)).status).toBe(204);
    expect(await json(gateway.post(`/v1/webhooks/${webhook.id}/test`, {}))).toMatchObject({ status: 'delivered' });
    receiver.kill('SIGTERM');
    expect(await once(receiver, 'exit')).toEqual([0, null]);
    expect(out).toContain('2 deliveries verified');
  });

  it('webhook-receiver.js says what to set where the gateway refuses its address, serves on, and ends with 0', async () => {
    const strict = await startTestGateway();
    try {
      const ended = await example('webhook-receiver.js', testKey, {
        GATEWAY_URL: strict.url,
        PORT: '0',
        WAIT_SECONDS: '1',
      });
      expect(ended).toEqual({
        code: 0,
        out: expect.stringMatching(
          /^listening on port \d+\nnot subscribed: .*private.*\n.*ALLOW_PRIVATE_NETWORK=true.*\n.*WEBHOOK_SECRET.*\n0 deliveries verified\n$/,
        ),
        err: '',
      });
    } finally {
      await strict.stop();
    }
  });

  it.each(['openai-node.js', 'webhook-receiver.js'])('%s says what it needs where nothing is set', async (name) => {
    const { code, err } = await run(process.execPath, [join(folder, name)], {
      env: { GATEWAY_URL: '', GATEWAY_KEY: '' },
    });
    expect([code, err]).toEqual([2, expect.stringContaining('Set GATEWAY_URL')]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
