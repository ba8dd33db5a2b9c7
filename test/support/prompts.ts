import { eventually, json } from './ask.ts';
import type { TestGateway } from './start-gateway.ts';

/** A prompt whose label `production` points at its only version. */
export async function makePrompt(
  gateway: TestGateway,
  id: string,
  { messages, variables }: { messages: object[]; variables: object[] },
): Promise<void> {
  await json(gateway.post('/v1/prompts', { id }), 201);
  await saveVersion(gateway, id, { version: { messages, variables }, label: 'production' });
}

/** Saves one more version of a prompt and points the label at it. */
export async function saveVersion(
  gateway: TestGateway,
  id: string,
  { version, label }: { version: object; label: string },
): Promise<number> {
  const answer = await gateway.post(`/v1/prompts/${id}/versions`, { model: 'gpt-4o-mini', ...version });
  // The same content as the newest is that version, and 200.
  const saved = await json<{ version: number }>(answer, answer.status === 200 ? 200 : 201);
  await json(gateway.send('PUT', `/v1/prompts/${id}/labels/${label}`, { version: saved.version }));
  return saved.version;
}

/** An experiment, not started, between the version of a prompt in use and one more, on the thumbs of each call. */
export async function draftExperiment(
  gateway: TestGateway,
  promptId: string,
  { name = promptId, better = sortMailsBetter }: { name?: string; better?: object } = {},
): Promise<{ id: string }> {
  const b = await saveVersion(gateway, promptId, { version: better, label: 'staging' });
  return draftBetween(gateway, { promptId, versions: [1, b], name });
}

/** An experiment between two versions that are there, A and B. */
export async function draftBetween(
  gateway: TestGateway,
  { promptId, versions, name = promptId }: { promptId: string; versions: readonly [number, number]; name?: string },
): Promise<{ id: string }> {
  const arms = versions.map((version, at) => ({ name: at === 0 ? 'A' : 'B', prompt: { id: promptId, version } }));
  return json(gateway.post('/v1/experiments', { name, unit: 'call', metric: 'feedback', arms }), 201);
}

/** Calls of a prompt by others, whose answers by version 2 are liked and whose other ones are not, until the experiment is decided. */
export async function likeVersionTwo(
  gateway: TestGateway,
  {
    promptId,
    experimentId,
    variable = 'mail',
    variables = {},
  }: { promptId: string; experimentId: string; variable?: string; variables?: object },
): Promise<void> {
  const scoreOne = async (mail: string): Promise<void> => {
    const { request_id, prompt } = await json<{ request_id: string; prompt: { version: number } }>(
      gateway.post(`/v1/prompts/${promptId}/run`, { variables: { ...variables, [variable]: mail } }),
    );
    const score = prompt.version === 2 ? 'up' : 'down';
    // A call is on record a moment after its answer.
    await eventually(() => json(gateway.post('/v1/feedback', { request_id, score })));
  };
  for (let round = 0; round < 8; round++) {
    await Promise.all(Array.from({ length: 60 }, (_, i) => scoreOne(`Mail ${round}/${i}`)));
    const { verdict } = await json<{ verdict: string }>(gateway.get(`/v1/experiments/${experimentId}/results`));
    if (verdict !== 'too_early') return;
  }
  throw new Error('480 calls did not decide the experiment.');
}

/** The same in other words. */
export const sortMailsBetter = {
  messages: [{ role: 'user', content: 'Invoice, order or other? One word. {{mail}}' }],
  variables: [{ name: 'mail', type: 'text' }],
};

/** Sorts an e-mail: a prompt with one variable. */
export const sortMails = {
  messages: [{ role: 'user', content: 'Sort this mail: {{mail}}' }],
  variables: [{ name: 'mail', type: 'text' }],
};

interface TestVariable {
  name: string;
  type: 'text' | 'number' | 'boolean' | 'choice' | 'json' | 'image' | 'messages';
  description?: string;
  required?: boolean;
  default?: unknown;
  options?: string[];
}

const variables: TestVariable[] = [
  { name: 'mail', type: 'text', description: 'The e-mail.' },
  { name: 'words', type: 'number', default: 40 },
  { name: 'urgent', type: 'boolean', default: false },
  { name: 'tone', type: 'choice', options: ['warm', 'très "formel"'], default: 'warm' },
  { name: 'order', type: 'json', required: false },
  { name: 'photo', type: 'image', required: false },
  { name: 'history', type: 'messages', required: false },
];

/** A prompt with a variable of each type, a value for each, and the messages that go out with these. */
export const everyType = {
  variables,
  messages: [
    { role: 'system', content: 'Tone {{tone}}, {{words}} words, urgent: {{urgent}}, order: {{order}}.' },
    { placeholder: 'history' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Mail: {{mail}}' },
        { type: 'image_url', image_url: { url: '{{photo}}' } },
      ],
    },
  ],
  values: {
    mail: 'Where is it? {{tone}} {{ $json.x }} "quoted"',
    words: 25,
    urgent: true,
    tone: 'très "formel"',
    order: { id: 7, lines: ['a'] },
    photo: 'https://example.com/box.png',
    history: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi!' },
    ],
  },
  sent: [
    { role: 'system', content: 'Tone très "formel", 25 words, urgent: true, order: {"id":7,"lines":["a"]}.' },
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi!' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Mail: Where is it? {{tone}} {{ $json.x }} "quoted"' },
        { type: 'image_url', image_url: { url: 'https://example.com/box.png' } },
      ],
    },
  ],
};
