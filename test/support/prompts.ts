import { json } from './ask.ts';
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
  const saved = await json<{ version: number }>(
    gateway.post(`/v1/prompts/${id}/versions`, { model: 'gpt-4o-mini', ...version }),
    201,
  );
  await json(gateway.send('PUT', `/v1/prompts/${id}/labels/${label}`, { version: saved.version }));
  return saved.version;
}

/** A started experiment between the version of a prompt in use and one more, on the thumbs of each call. */
export async function makeExperiment(gateway: TestGateway, promptId: string): Promise<{ id: string }> {
  const b = await saveVersion(gateway, promptId, { version: sortMailsBetter, label: 'staging' });
  const arms = [
    { name: 'A', prompt: { id: promptId, version: 1 } },
    { name: 'B', prompt: { id: promptId, version: b } },
  ];
  const experiment = { name: promptId, unit: 'call', metric: 'feedback', arms };
  const made = await json<{ id: string }>(gateway.post('/v1/experiments', experiment), 201);
  await json(gateway.post(`/v1/experiments/${made.id}/start`, {}));
  return made;
}

/** The same in other words. */
const sortMailsBetter = {
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
