import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { json } from '../support/ask.ts';
import { everyType, makePrompt, saveVersion } from '../support/prompts.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';
import { type Automation, type Platform, platforms } from './platforms.ts';

/** A prompt with a variable of each type, run by the form that each platform draws for it. */

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await makePrompt(gateway, 'reply', everyType);
  await json(gateway.send('PATCH', '/v1/prompts/reply', { name: 'Reply to a mail' }));
  const other = { messages: [{ role: 'user', content: 'Sort {{label}}' }], variables: [{ name: 'label' }] };
  await saveVersion(gateway, 'reply', { version: other, label: 'staging' });
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.fakes.reset());

const sent = () => gateway.fakes.openai.requests.at(-1)?.json.messages;

describe.each(platforms)('on $name', (platform: Platform) => {
  let automation: Automation;

  beforeAll(async () => {
    automation = await platform.open(gateway.url, liveKey);
  });

  test('the form has a field for each variable, of its type, with its help and its default', async () => {
    // Zapier has no field for JSON: it is a text there.
    const shown: Record<string, string> = { image: 'text', ...(platform.name === 'zapier' ? { json: 'text' } : {}) };
    const fields = await automation.promptFields({ id: 'reply' });
    expect(fields).toEqual(
      everyType.variables.map(({ name, type, description = '', default: initial, options }) => ({
        name,
        label: name.charAt(0).toUpperCase() + name.slice(1),
        help: platform.name === 'n8n' ? undefined : description,
        type: shown[type] ?? type,
        required: name === 'mail',
        initial,
        choices: options ?? [],
      })),
    );
  });

  test('nothing is asked before a prompt is chosen, and a label has fields of its own', async () => {
    expect(await automation.promptFields({})).toEqual([]);
    const fields = await automation.promptFields({ id: 'reply', label: 'staging' });
    expect(fields.map(({ name }) => name)).toEqual(['label']);
  });

  test('a value of each type arrives in the prompt as it is', async () => {
    gateway.fakes.openai.reply({ text: '{"reply":"Dear Ann"}', usage: { input: 100, output: 10 } });
    const answer = await automation.runPrompt({
      id: 'reply',
      client: 'acme',
      variables: everyType.values,
    });
    expect(sent()).toEqual(everyType.sent);
    expect(answer).toMatchObject({
      text: '{"reply":"Dear Ann"}',
      json: { reply: 'Dear Ann' },
      model: expect.stringContaining('gpt-4o-mini'),
      usage: { input_tokens: 100, output_tokens: 10, total_tokens: 110 },
      cost_usd: 0.000021,
      budget_remaining_usd: null,
      request_id: expect.stringMatching(/^req_/),
      prompt: { id: 'reply', version: 1, label: 'production' },
    });
    const { data } = await json<{ data: object[] }>(gateway.get('/v1/usage/requests?limit=1'));
    expect(data).toMatchObject([{ ...platform.automatic, client_id: 'acme' }]);
  });

  test('defaults apply where a field stays empty', async () => {
    await automation.runPrompt({ id: 'reply', variables: { mail: 'Hi', words: '', order: '', photo: '' } });
    expect(sent()).toEqual([
      { role: 'system', content: 'Tone warm, 40 words, urgent: false, order: .' },
      { role: 'user', content: [{ type: 'text', text: 'Mail: Hi' }] },
    ]);
  });

  test('a variable may have the name of a field of the step', async () => {
    const answer = await automation.runPrompt({ id: 'reply', label: 'staging', variables: { label: 'the mail' } });
    expect(answer).toMatchObject({ prompt: { version: 2, label: 'staging' } });
    expect(sent()).toEqual([{ role: 'user', content: 'Sort the mail' }]);
  });

  test('a value that is missing, or is not one of the choices, is named before anything is paid', async () => {
    await expect(automation.runPrompt({ id: 'reply', variables: {} })).rejects.toThrow(/mail/);
    const wrong = automation.runPrompt({ id: 'reply', variables: { mail: 'Hi', tone: 'cold' } });
    await expect(wrong).rejects.toThrow(/tone/);
    expect(gateway.fakes.openai.requests).toEqual([]);
  });

  test('the drop-down lists the prompts by their names, each with its id', async () => {
    expect(await automation.prompts()).toContainEqual({ value: 'reply', label: 'Reply to a mail (reply)' });
  });
});
