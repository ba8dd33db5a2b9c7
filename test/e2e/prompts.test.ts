import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const asTest = { authorization: `Bearer ${testKey}` };
const sent = (): Record<string, unknown> => gateway.fakes.openai.requests.at(-1)?.json as Record<string, unknown>;

interface Version {
  version: number;
}
async function newPrompt(id: string, version: object, more: object = {}): Promise<void> {
  await json(gateway.post('/v1/prompts', { id, ...more }), 201);
  await json(gateway.post(`/v1/prompts/${id}/versions`, version), 201);
  await json(gateway.send('PUT', `/v1/prompts/${id}/labels/production`, { version: 1 }));
}

const reply = {
  messages: [
    { role: 'system', content: 'You answer e-mails. Tone: {{tone}}.' },
    { role: 'user', content: '{{ email }}' },
  ],
  variables: [
    { name: 'email' },
    { name: 'tone', type: 'choice', default: 'friendly', options: ['friendly', 'formal'] },
  ],
  model: 'gpt-4o',
  parameters: { max_tokens: 50, temperature: 0 },
};

describe('a prompt', () => {
  it('is created, saved, published, previewed and run', async () => {
    await newPrompt('reply', reply, { name: 'Reply' });
    const preview = await json<{ messages: unknown; tokens: number; max_cost_usd: number }>(
      gateway.post('/v1/prompts/reply/render', { variables: { email: 'Where is my parcel?' } }),
    );
    expect(preview).toMatchObject({
      prompt: { id: 'reply', version: 1, label: 'production' },
      model: 'gpt-4o',
      messages: [
        { role: 'system', content: 'You answer e-mails. Tone: friendly.' },
        { role: 'user', content: 'Where is my parcel?' },
      ],
      parameters: { max_tokens: 50, temperature: 0 },
    });
    expect(preview.tokens).toBeGreaterThan(5);
    expect(preview.max_cost_usd).toBeGreaterThan(0);
    const run = await json<{ cost_usd: number; request_id: string; choices: unknown[] }>(
      gateway.post('/v1/prompts/reply/run', { variables: { email: 'Hi' }, client_id: 'acme' }),
    );
    expect(run).toMatchObject({ prompt: { id: 'reply', version: 1, label: 'production' }, budget_remaining_usd: null });
    expect(run.cost_usd).toBeGreaterThan(0);
    expect(run.choices).toHaveLength(1);
    expect(await json(gateway.get(`/v1/usage/requests/${run.request_id}`))).toMatchObject({ client_id: 'acme' });
  });

  it('is called by its id in a chat completion, whose answer names the version', async () => {
    const answer = await gateway.post(chat, {
      model: 'prompt',
      prompt: { id: 'reply', variables: { email: 'Hi', tone: 'formal' } },
    });
    expect(answer.headers.get('x-gateway-prompt')).toBe('reply@1 (production)');
    await json(answer);
    expect(sent()).toMatchObject({
      model: 'gpt-4o',
      messages: [
        { role: 'system', content: 'You answer e-mails. Tone: formal.' },
        { role: 'user', content: 'Hi' },
      ],
      max_tokens: 50,
      temperature: 0,
    });
    expect(sent()).not.toHaveProperty('prompt');
  });

  it('saves the same content once, and a test key does not move the label production', async () => {
    expect(await json<Version>(gateway.post('/v1/prompts/reply/versions', reply), 200)).toMatchObject({ version: 1 });
    await json(gateway.send('PUT', '/v1/prompts/reply/labels/production', { version: 1 }, asTest), 403);
    await json(gateway.send('PUT', '/v1/prompts/reply/labels/staging', { version: 1 }, asTest));
  });
});
