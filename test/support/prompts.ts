import { json } from './ask.ts';
import type { TestGateway } from './start-gateway.ts';

/** A prompt whose label `production` points at its only version. */
export async function makePrompt(gateway: TestGateway, id: string, version: object): Promise<void> {
  await json(gateway.post('/v1/prompts', { id }), 201);
  await saveVersion(gateway, id, { version, label: 'production' });
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

/** Sorts an e-mail: a prompt with one variable. */
export const sortMails = {
  messages: [{ role: 'user', content: 'Sort this mail: {{mail}}' }],
  variables: [{ name: 'mail', type: 'text' }],
};
