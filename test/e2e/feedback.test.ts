import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { idAt } from '../../gateway/src/accounts/new-id.ts';
import { chat, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/** Feedback on the answers of calls: by the id of the call, or by the run that made it. */
let gateway: TestGateway;

type As = Record<string, string>;
interface Feedback {
  request_id: string;
  name: string;
  score: number;
  created_at: string;
}
const bearer = (key: string): As => ({ authorization: `Bearer ${key}` });

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

async function call(as: As = {}): Promise<string> {
  gateway.fakes.openai.reply({ text: 'Hello', usage: { input: 10, output: 5 } });
  const answer = await gateway.post(chat, hello(), as);
  await json(answer);
  return answer.headers.get('x-request-id') ?? '';
}
const send = (body: object, as: As = {}): Promise<Response> => gateway.post('/v1/feedback', body, as);
async function newKey(body: object): Promise<As> {
  const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'k', ...body }), 201);
  return bearer(key);
}
async function kept(callId: string): Promise<{ name: string; score: number; sealed_comment: Buffer | null }[]> {
  const { rows } = await gateway.database.pool.query(
    'select name, score, sealed_comment from feedback where call_id = $1 order by name',
    [callId],
  );
  return rows;
}

describe('feedback on a call', () => {
  it.each([
    ['up', 1],
    ['down', 0],
    [0.25, 0.25],
    ['0.75', 0.75],
    [1, 1],
  ])('takes the score %j', async (score, expected) => {
    const id = await call();
    expect(await json<Feedback>(send({ request_id: id, score }))).toMatchObject({
      request_id: id,
      name: 'user',
      score: expected,
    });
    expect(await kept(id)).toMatchObject([{ name: 'user', score: expected }]);
  });

  it.each([2, -0.1, '1.5', 'sideways', true, null])('refuses the score %j and says which there are', async (score) => {
    const { error } = await json<{ error: { code: string; param: string; message: string } }>(
      send({ request_id: await call(), score }),
      400,
    );
    expect(error).toMatchObject({ code: 'invalid_request', param: 'score' });
    expect(error.message).toContain('must be a number from 0 to 1, or up or down');
  });

  it('counts the last score of a name, and each name by itself', async () => {
    const id = await call();
    for (const score of ['up', 'down', 'down']) await json(send({ request_id: id, score }));
    await json(send({ request_id: id, score: 0.5, name: 'editor' }));
    expect(await kept(id)).toMatchObject([
      { name: 'editor', score: 0.5 },
      { name: 'user', score: 0 },
    ]);
  });

  it('keeps a comment sealed', async () => {
    const id = await call();
    await json(send({ request_id: id, score: 'down', comment: 'far too formal' }));
    const [row] = await kept(id);
    expect(row?.sealed_comment).not.toBeNull();
    expect(row?.sealed_comment?.includes('formal')).toBe(false);
  });

  it('is read back with the call and in the list, by those who see the call', async () => {
    const acme = { tags: { client_id: 'reader' }, locked_tags: ['client_id'] };
    const [acmeKey, ownViewer, otherKey] = await Promise.all([
      newKey(acme),
      newKey({ ...acme, role: 'viewer' }),
      newKey({ tags: { client_id: 'globex' }, locked_tags: ['client_id'], role: 'viewer' }),
    ]);
    const id = await call(acmeKey);
    await json(send({ request_id: id, score: 'down', comment: 'far too formal' }, acmeKey));
    await json(send({ request_id: id, score: 'up', name: 'editor', comment: 'the client pays late' }));
    interface Detail {
      feedback: { name: string; score: number; comment: string | null; by: { name: string | null } | null }[];
    }
    const shown = async (as: As = {}) =>
      (await json<Detail>(gateway.get(`/v1/usage/requests/${id}`, as))).feedback.map(({ name, score, comment }) => [
        name,
        score,
        comment,
      ]);
    expect(await shown()).toEqual([
      ['editor', 1, 'the client pays late'],
      ['user', 0, 'far too formal'],
    ]);
    // A key of the client reads what it said itself, and no note of the workspace.
    expect(await shown(acmeKey)).toEqual([
      ['editor', 1, null],
      ['user', 0, 'far too formal'],
    ]);
    expect(await shown(ownViewer)).toEqual([
      ['editor', 1, null],
      ['user', 0, null],
    ]);
    const senders = async (as: As = {}) =>
      (await json<Detail>(gateway.get(`/v1/usage/requests/${id}`, as))).feedback.map(({ by }) => by?.name);
    expect(await senders()).toEqual([expect.any(String), expect.any(String)]);
    expect(await senders(acmeKey)).toEqual([undefined, expect.any(String)]);
    expect(await senders(ownViewer)).toEqual([undefined, undefined]);
    await json(gateway.get(`/v1/usage/requests/${id}`, otherKey), 404);

    interface Listed {
      data: { request_id: string; name: string; comment: string | null; client_id: string; model: string }[];
      next_cursor: string | null;
    }
    const list = (query: string, as: As = {}) => json<Listed>(gateway.get(`/v1/feedback?${query}`, as));
    const first = await list('client_id=reader&limit=1');
    expect(first.data).toMatchObject([
      { request_id: id, name: 'user', comment: 'far too formal', client_id: 'reader', model: expect.any(String) },
    ]);
    const second = await list(`client_id=reader&limit=1&cursor=${first.next_cursor}`);
    expect(second).toMatchObject({ data: [{ name: 'editor' }], next_cursor: null });
    expect((await list('name=editor&client_id=reader')).data.map(({ name }) => name)).toEqual(['editor']);
    expect((await list('rating=up&client_id=reader')).data.map(({ name }) => name)).toEqual(['editor']);
    expect((await list('rating=down&client_id=reader')).data.map(({ name }) => name)).toEqual(['user']);
    const [later, earlier] = [1, -1].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString());
    expect((await list(`client_id=reader&from=${earlier}&to=${later}`)).data).toHaveLength(2);
    expect((await list(`client_id=reader&from=${later}`)).data).toEqual([]);
    expect((await list(`client_id=reader&to=${earlier}`)).data).toEqual([]);
    await json(gateway.get(`/v1/feedback?from=${later}&to=${earlier}`), 400);
    expect((await list('', acmeKey)).data.map(({ comment }) => comment)).toEqual(['far too formal', null]);
    expect((await list('', otherKey)).data).toEqual([]);
    expect((await list('', bearer(testKey))).data.filter(({ request_id }) => request_id === id)).toEqual([]);
    await json(gateway.get('/v1/feedback?client_id=globex', acmeKey), 403);
    await json(gateway.get('/v1/feedback?cursor=nonsense'), 400);
  });

  it('is refused for a call older than 30 days, and for ids that are none', async () => {
    const day = 86_400_000;
    for (const id of [`${idAt('req', Date.now() - 31 * day)}${'0'.repeat(16)}`, 'req_1', "'; drop table calls; --"]) {
      const { error } = await json<{ error: { code: string; param: string } }>(
        send({ request_id: id, score: 'up' }),
        404,
      );
      expect(error).toMatchObject({ code: 'not_found', param: 'request_id' });
    }
  });

  it('needs a call, or a run', async () => {
    const { error } = await json<{ error: { message: string } }>(send({ score: 'up' }), 400);
    expect(error.message).toBe('Feedback needs a request_id, or a scenario_id with an execution_id.');
    await json(send({ score: 'up', execution_id: '7' }), 400);
    await json(send({ score: 'up', scenario_id: 'mailer' }), 400);
  });
});

describe('feedback on a run', () => {
  const run = { 'x-scenario-id': 'mailer', 'x-execution-id': 'run-1' };

  it('scores the last call of the run', async () => {
    await call(run);
    const last = await call(run);
    await call({ ...run, 'x-execution-id': 'run-2' });
    const body = { scenario_id: 'mailer', execution_id: 'run-1', score: 'up' };
    expect((await json<Feedback>(send(body))).request_id).toBe(last);
    // A platform's step names its own run in headers.
    expect((await json<Feedback>(send({ score: 'down' }, run))).request_id).toBe(last);
    expect(await kept(last)).toMatchObject([{ score: 0 }]);
  });

  it('is not found for a run that made no call', async () => {
    const { error } = await json<{ error: { code: string; param: string } }>(
      send({ scenario_id: 'mailer', execution_id: 'never', score: 'up' }),
      404,
    );
    expect(error).toMatchObject({ code: 'not_found', param: 'execution_id' });
  });

  it('is found also where the clock was set back after the call', async () => {
    const id = await call({ 'x-scenario-id': 'future', 'x-execution-id': 'f-1' });
    const { pool } = gateway.database;
    await pool.query(`update calls set created_at = created_at + interval '1 hour' where id = $1`, [id]);
    const body = { scenario_id: 'future', execution_id: 'f-1', score: 'up' };
    expect((await json<Feedback>(send(body))).request_id).toBe(id);
  });
});

describe('feedback on a call of somebody else', () => {
  it('is not found for the keys of another client, another key, the other mode and another workspace', async () => {
    const acme = await call({ 'x-client-id': 'acme', 'x-scenario-id': 's', 'x-execution-id': 'e' });
    const [globexKey, callerKey] = await Promise.all([
      newKey({ tags: { client_id: 'globex' }, locked_tags: ['client_id'] }),
      newKey({ role: 'caller' }),
    ]);
    const { rows } = await gateway.database.pool.query(`select id from workspaces`);
    expect(rows).toHaveLength(1);
    for (const as of [globexKey, callerKey, bearer(testKey)]) {
      await json(send({ request_id: acme, score: 'down' }, as), 404);
      await json(send({ scenario_id: 's', execution_id: 'e', score: 'down' }, as), 404);
    }
    expect(await kept(acme)).toEqual([]);
  });

  it('is taken for what the key called itself', async () => {
    const acmeKey = await newKey({ tags: { client_id: 'acme' }, locked_tags: ['client_id'] });
    const callerKey = await newKey({ role: 'caller' });
    for (const as of [acmeKey, callerKey]) {
      const id = await call(as);
      expect((await json<Feedback>(send({ request_id: id, score: 'up' }, as))).request_id).toBe(id);
    }
    const tried = await gateway.post(chat, hello(), bearer(testKey));
    await json(tried);
    const id = tried.headers.get('x-request-id') ?? '';
    await json(send({ request_id: id, score: 'up' }, bearer(testKey)));
    await json(send({ request_id: id, score: 'up' }), 404);
  });

  it('is not for viewers', async () => {
    await json(send({ request_id: await call(), score: 'up' }, await newKey({ role: 'viewer' })), 403);
  });
});

it('erasing a client deletes the comments on its calls and keeps the scores', async () => {
  const id = await call({ 'x-client-id': 'hooli' });
  await json(send({ request_id: id, score: 'down', comment: 'Ada from Hooli says no' }));
  await json(gateway.send('DELETE', '/v1/clients/hooli/data'), 204);
  expect(await kept(id)).toEqual([{ name: 'user', score: 0, sealed_comment: null }]);
  const { rows } = await gateway.database.pool.query('select client_id from feedback where call_id = $1', [id]);
  expect((rows as { client_id: string }[])[0]?.client_id).toMatch(/^erased-/);
});
