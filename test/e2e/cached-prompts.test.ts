import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat, json } from '../support/ask.ts';
import { cacheOf } from '../support/cached-calls.ts';
import { draftBetween, saveVersion } from '../support/prompts.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
const version = (text: string, ttl: number) => ({
  messages: [{ role: 'user', content: `${text}: {{mail}}` }],
  variables: [{ name: 'mail', type: 'text' }],
  parameters: { response_cache: { ttl_seconds: ttl } },
});
const call = (mail: string, headers: Record<string, string> = {}, more: object = {}): Promise<Response> =>
  gateway.post(chat, { model: 'prompt', prompt: { id: 'sort', variables: { mail } }, ...more }, headers);

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  await json(gateway.post('/v1/prompts', { id: 'sort' }), 201);
  await saveVersion(gateway, 'sort', { version: version('Sort', 3_600), label: 'production' });
});
afterAll(() => gateway.stop());

/** How long the newest answer is kept, in seconds. */
async function keptFor(): Promise<number> {
  await gateway.gateway.services.responseCache.flush();
  const { rows } = await gateway.database.pool.query(
    'select extract(epoch from expires_at - created_at)::float8 as seconds from cached_answers order by created_at desc limit 1',
  );
  return Math.round((rows as { seconds: number }[])[0]?.seconds ?? 0);
}

it('a prompt turns the cache on for calls that say nothing of it, and a rule and the call outrank it', async () => {
  expect(cacheOf(await call('One'))).toBe('stored');
  expect(cacheOf(await call('One'))).toMatch(/^hit/);
  expect(await keptFor()).toBe(3_600);
  expect(cacheOf(await call('Two', {}, { response_cache: { ttl_seconds: 60 } }))).toBe('stored');
  expect(await keptFor()).toBe(60);
  expect(cacheOf(await call('Three', { 'x-gateway-cache': 'none' }))).toBeNull();
  const rule = await json<{ id: string }>(
    gateway.post('/v1/routing/rules', {
      name: 'Short',
      when: { field: 'prompt_id', in: ['sort'] },
      then: { cache: { ttl_seconds: 90 } },
    }),
    201,
  );
  expect(cacheOf(await call('Four'))).toBe('stored');
  expect(await keptFor()).toBe(90);
  await gateway.send('DELETE', `/v1/routing/rules/${rule.id}`);
});

it('an experiment between versions gets new answers, though the prompt asks for kept ones', async () => {
  const b = await saveVersion(gateway, 'sort', { version: version('Sort well', 3_600), label: 'staging' });
  const { id } = await draftBetween(gateway, { promptId: 'sort', versions: [1, b] });
  await json(gateway.post(`/v1/experiments/${id}/start`, {}));
  for (let i = 0; i < 2; i++) {
    const answer = await call('Five');
    expect(answer.headers.get('x-gateway-experiment')).toMatch(/=[AB]$/);
    expect(cacheOf(answer)).toBeNull();
  }
  const asked = { response_cache: { ttl_seconds: 60 } };
  const states: string[] = [];
  for (let i = 0; i < 6; i++) states.push(cacheOf(await call('Five', {}, asked))?.slice(0, 3) ?? '');
  expect(new Set(states)).toEqual(new Set(['sto', 'hit']));
});
