import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { makeSamlIdp } from '../support/fakes/saml-idp.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { missingOf, plainEnv, root, run } from '../support/run-tool.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/** The commands of the guides, pasted as they are printed, but for the address, the keys, and ids that each gateway has its own of. */

const operatorKey = `gw_operator_${'o'.repeat(40)}`;
/** Its commands have a test of their own. */
const tested = ['docs/bill-clients.md'];

function commandsOf(page: string): string[] {
  const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)];
  return blocks.map(([, commands = '']) => commands).filter((commands) => /^(curl|post) /m.test(commands));
}

const pages = globSync(
  ['README.md', 'docs/*.md', 'docs/errors/*.md', 'docs/site/pages/**/*.md', 'integrations/**/README.md'],
  {
    cwd: root,
    exclude: ['**/node_modules/**'],
  },
).filter((page) => !tested.includes(page) && commandsOf(page).length > 0);

let gateway: TestGateway;
let receiver: Receiver;
const values = new Map<string, string>();

beforeAll(async () => {
  gateway = await startTestGateway({ GATEWAY_OPERATOR_KEY: operatorKey, ALLOW_PRIVATE_NETWORK: 'true' });
  receiver = await startReceiver();
  await json(gateway.post(chat, hello(), { 'x-client-id': 'acme' }));
  const call = await eventually(async () => {
    const { data } = await json<{ data: { id: string }[] }>(gateway.get('/v1/usage/requests?limit=1'));
    expect(data).toHaveLength(1);
    return data[0]?.id ?? '';
  });
  const webhook = await json<{ id: string }>(
    gateway.post('/v1/webhooks', { url: receiver.url, events: ['budget.exceeded'] }),
    201,
  );
  await json(gateway.post('/v1/prompts', { id: 'reply', name: 'Reply' }), 201);
  for (let n = 1; n <= 7; n++) {
    const messages = [{ role: 'user', content: `Answer this in ${n * 10} words.` }];
    await json(gateway.post('/v1/prompts/reply/versions', { messages, model: 'gpt-4o' }), 201);
  }
  const models = [{ id: 'llama-4-70b', input_usd_per_mtok: 0.5, output_usd_per_mtok: 0.8, context_window: 128_000 }];
  const groq = {
    name: 'groq',
    kind: 'openai-compatible',
    base_url: gateway.fakes.openai.baseUrl,
    api_key: 'k',
    models,
  };
  await json(gateway.post('/v1/providers', groq), 201);
  for (const [name, value] of [
    ['http://127.0.0.1:8787', gateway.url],
    ['https://YOUR-GATEWAY', gateway.url],
    ['https://gateway.example.com', gateway.url],
    ['gw_live_…', liveKey],
    ['gw_test_…', testKey],
    ['req_…', call],
    // The id of the newest answer, which `curl` notes.
    ['inc_…', '$ID'],
    ['WEBHOOK_ID', webhook.id],
    ['sk-…', 'sk-own'],
    ['"…"', '"given"'],
    ['TENANT-ID', '11111111-2222-3333-4444-555555555555'],
  ] as const)
    values.set(name, value);
});
afterAll(async () => {
  await receiver.stop();
  await gateway.stop();
});

/** `curl` fails where the gateway refuses, and notes the id of what it made. */
const prelude = `set -eu
curl() {
  local answer
  answer=$(command curl -sS --fail-with-body "$@") || { echo "$answer" >&2; return 1; }
  ID=$(printf %s "$answer" | sed -n 's/^{"id":"\\([^"]*\\)".*/\\1/p')
  printf '%s\\n' "$answer"
}
`;

const missing = missingOf('bash', 'curl');
const leftOut = missing === undefined ? '' : ` (left out: no ${missing})`;

describe('the commands of a guide', () => {
  it.skipIf(missing !== undefined).each(pages)(
    `are taken by the gateway: %s${leftOut}`,
    async (page) => {
      const commands = [...values].reduce(
        (text, [name, value]) => text.replaceAll(name, value),
        commandsOf(page).join('\n'),
      );
      const url = gateway.url;
      const names = { GATEWAY: url, GATEWAY_URL: url, KEY: liveKey, GATEWAY_KEY: liveKey, OPERATOR_KEY: operatorKey };
      const { code, err } = await run('bash', ['-c', prelude + commands], {
        env: { ...plainEnv, ...names },
      });
      expect([code, err]).toEqual([0, '']);
    },
    60_000,
  );

  it('are those of more than ten guides', () => {
    expect(pages.length).toBeGreaterThan(10);
  });
});

it('the connections that docs/sso.md shows are accepted', async () => {
  const { certificate } = makeSamlIdp();
  const shown = [...readFileSync(join(root, 'docs/sso.md'), 'utf8').matchAll(/^```json\n(.*?)^```$/gms)];
  expect(shown.length).toBeGreaterThan(2);
  for (const [at, [, text = '']] of shown.entries()) {
    const filled = {
      ...(JSON.parse(text.replaceAll('"…"', '"given"')) as { certificate?: string }),
      slug: `shown-${at}`,
    };
    if (filled.certificate !== undefined) filled.certificate = certificate;
    await json(gateway.post('/v1/sso-connections', filled), 201);
  }
});
