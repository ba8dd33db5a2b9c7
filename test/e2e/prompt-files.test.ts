import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, json } from '../support/ask.ts';
import { runCommand } from '../support/command-line.ts';
import { dataFolder } from '../support/data-folder.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
let other: TestGateway;
const folder = dataFolder('prompt-files');

beforeAll(async () => {
  [gateway, other] = await Promise.all([startTestGateway(), startTestGateway()]);
  mkdirSync(folder, { recursive: true });
});
afterAll(async () => {
  await Promise.all([gateway.stop(), other.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

interface Import {
  conflicts: number;
  prompts: { id: string; action: string; versions: number[]; because: string | null }[];
}
const bring = (source: string, data: unknown, more: object = {}): Promise<Response> =>
  gateway.post('/v1/prompts/import', { source, data, ...more });
const sent = (): { messages: unknown } => gateway.fakes.openai.requests.at(-1)?.json as { messages: unknown };
const version = (id: string, n: number): Promise<Record<string, unknown>> =>
  json(gateway.get(`/v1/prompts/${id}/versions/${n}`));

describe('prompts of another place', () => {
  // The object of https://langfuse.com/docs/prompt-management/data-model, and a chat prompt with a placeholder.
  const langfuse = [
    {
      name: 'movie-critic',
      type: 'text',
      prompt: 'As a {{criticLevel}} movie critic, do you like {{movie}}?',
      config: { model: 'gpt-4o', temperature: 0.5, supported_languages: ['en', 'fr'] },
      version: 1,
      labels: ['production', 'staging', 'latest'],
      tags: ['movies'],
    },
    {
      name: 'Support / Reply',
      type: 'chat',
      prompt: [
        { role: 'system', content: 'You help {{name}}. Answer as {"json": true}.' },
        { type: 'placeholder', name: 'history' },
      ],
      config: {},
      version: 3,
      labels: ['Tenant 1'],
    },
  ];

  it('come from Langfuse with versions, labels and settings; a dry run changes nothing', async () => {
    const look = await json<Import>(bring('langfuse', langfuse, { dry_run: true }));
    expect(look).toMatchObject({
      conflicts: 0,
      prompts: [{ id: 'movie-critic', action: 'create' }, { id: 'support-reply' }],
    });
    expect(await json(gateway.get('/v1/prompts'))).toMatchObject({ data: [] });
    await json(bring('langfuse', langfuse));
    expect(await version('movie-critic', 1)).toMatchObject({
      model: 'gpt-4o',
      parameters: { temperature: 0.5 },
      variables: [
        { name: 'criticLevel', type: 'text', required: true },
        { name: 'movie', type: 'text', required: true },
      ],
      labels: ['production', 'staging'],
    });
    expect(await version('support-reply', 3)).toMatchObject({ labels: ['tenant-1'] });
    expect(await json<Import>(bring('langfuse', langfuse))).toMatchObject({
      prompts: [{ action: 'none' }, { action: 'none' }],
    });
  });

  it('name their conflicts, and then nothing of the import is kept', async () => {
    const changed = [
      { ...langfuse[0], prompt: 'Another text' },
      { name: 'new-one', version: 1, prompt: 'Hi' },
    ];
    const look = await json<Import>(bring('langfuse', changed, { dry_run: true }));
    expect(look.conflicts).toBe(1);
    expect(look.prompts[0]).toMatchObject({ id: 'movie-critic', action: 'conflict' });
    expect(look.prompts[0]?.because).toContain('Version 1 of prompt "movie-critic" has another content.');
    await json(bring('langfuse', changed), 409);
    expect((await gateway.get('/v1/prompts/new-one')).status).toBe(404);
  });

  it('whose versions have numbers that are too large or not whole are in conflict', async () => {
    for (const number of [3_000_000_000, 2_147_483_647, 1.5, 0, 'v2']) {
      const given = [{ name: 'numbered', prompt: 'x', config: { model: 'gpt-4o' }, version: number }];
      const look = await json<Import>(bring('langfuse', given, { dry_run: true }));
      expect(look.prompts[0]).toMatchObject({
        action: 'conflict',
        because: expect.stringContaining('from 1 to 999999999'),
      });
      await json(bring('langfuse', given), 409);
    }
    const files = [
      { path: 'numbered/prompt.json', content: '{"labels": {"production": 3000000000}}' },
      { path: 'numbered/0001.json', content: '{"messages": [{"role": "user", "content": "x"}]}' },
    ];
    await json(bring('files', files), 409);
  });

  it('come from OpenAI by their pmpt_ id, by which calls go on', async () => {
    const openai = {
      id: 'pmpt_68c1f2',
      name: 'Billing',
      default_version: '1',
      versions: [
        {
          version: '1',
          instructions: 'Be brief.',
          input: [{ role: 'user', content: [{ type: 'input_text', text: '{{customer_name}}: {{issue}}' }] }],
          model: 'gpt-4o',
          max_output_tokens: 99,
          reasoning: { effort: null },
        },
        { version: '2', input: 'New: {{issue}}', model: 'gpt-4o' },
      ],
    };
    await json(bring('openai', openai));
    // The body of https://developers.openai.com/api/docs/guides/prompting/migrate-from-prompt-object
    const prompt = { id: 'pmpt_68c1f2', version: '1', variables: { customer_name: 'Acme', issue: 'billing question' } };
    const answer = await gateway.post('/v1/responses', { prompt });
    expect(answer.headers.get('x-gateway-prompt')).toBe('billing@1');
    await json(answer);
    expect(gateway.fakes.openai.requests.at(-1)?.json).toMatchObject({
      model: 'gpt-4o',
      input: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: 'Acme: billing question' },
      ],
      max_output_tokens: 99,
    });
    const { id, ...rest } = prompt;
    await json(gateway.post('/v1/responses', { prompt: { prompt_id: id, ...rest } }));
  });

  it('come from Helicone, whose versions get whole numbers and whose variables get plain names', async () => {
    await json(
      bring('helicone', {
        prompt: { id: 'hc1', name: 'Critic', tags: [] },
        versions: [
          {
            major_version: 2,
            minor_version: 0,
            commit_message: 'Rewrite',
            environment: 'production',
            prompt_body: {
              model: 'gpt-4o',
              messages: [{ role: 'user', content: '{{hc:user query:string}} {{hc:n:number}}' }],
            },
          },
          {
            major_version: 1,
            minor_version: 1,
            helicone_template: JSON.stringify({
              model: 'gpt-4o',
              messages: [{ role: 'user', content: '<helicone-prompt-input key="old" />' }],
            }),
          },
        ],
      }),
    );
    expect(await version('critic', 2)).toMatchObject({
      note: '2.0: Rewrite',
      messages: [{ content: '{{user_query}} {{n}}' }],
      variables: [
        { name: 'user_query', type: 'text' },
        { name: 'n', type: 'number' },
      ],
      labels: ['production'],
    });
    expect(await version('critic', 1)).toMatchObject({ messages: [{ content: '{{old}}' }] });
  });

  it('of one import that have the same name are prompts of their own, each with its alias', async () => {
    const items = ['pmpt_twin_a', 'pmpt_twin_b'].map((id) => ({
      id,
      name: 'Twin',
      input: `I am ${id}`,
      model: 'gpt-4o',
    }));
    await json(bring('openai', items));
    for (const { id, input } of items) {
      await json(gateway.post('/v1/responses', { prompt: { id } }));
      expect(JSON.stringify(sent())).toContain(input);
    }
    expect(await json(gateway.get('/v1/prompts/twin-2'))).toMatchObject({ aliases: ['pmpt_twin_b'] });
    expect(await json<Import>(bring('openai', items))).toMatchObject({
      prompts: [{ action: 'none' }, { action: 'none' }],
    });
    const third = await json<Import>(bring('openai', { ...items[0], id: 'pmpt_twin_c' }, { dry_run: true }));
    expect(third.prompts[0]?.because).toContain('"twin" is pmpt_twin_a of OpenAI already, not pmpt_twin_c.');
    const names = ['返信', 'Ответ', '返信'].map((name, i) => ({ name, prompt: `Text ${i}`, version: i + 1 }));
    expect((await json<Import>(bring('langfuse', names))).prompts).toMatchObject([
      { id: 'prompt', name: '返信', versions: [1, 3] },
      { id: 'prompt-2', name: 'Ответ', versions: [2] },
    ]);
    const critics = ['hc_a', 'hc_b'].map((id) => ({
      ...{ id, name: 'Twin critic' },
      versions: [{ major_version: 1, prompt_body: { messages: [{ role: 'user', content: `I am ${id}` }] } }],
    }));
    const found = await json<Import>(bring('helicone', critics, { dry_run: true }));
    expect(found.prompts.map(({ id, action }) => [id, action])).toEqual([
      ['twin-critic', 'create'],
      ['twin-critic-2', 'create'],
    ]);
  });

  it('without numbers of versions bring their labels and aliases to the versions that a prompt gets', async () => {
    const messages = [{ role: 'user', content: 'Mine' }];
    for (const id of ['plain', 'plain-text']) {
      await json(gateway.post('/v1/prompts', { id }), 201);
      await json(gateway.post(`/v1/prompts/${id}/versions`, { messages, model: 'gpt-4o' }), 201);
    }
    const openai = {
      ...{ id: 'pmpt_plain', name: 'plain', default_version: 1 },
      versions: [
        { input: 'First', model: 'gpt-4o' },
        { input: 'Second', model: 'gpt-4o' },
      ],
    };
    expect(await json(bring('openai', openai))).toMatchObject({
      prompts: [{ action: 'update', versions: [2, 3], labels: [{ label: 'production', version: 2 }] }],
    });
    await json(gateway.post('/v1/responses', { prompt: { id: 'pmpt_plain' } }));
    expect(JSON.stringify(sent())).toContain('First');
    const langfuse = { name: 'plain-text', prompt: 'Theirs', labels: ['production'] };
    expect(await json(bring('langfuse', langfuse))).toMatchObject({
      prompts: [{ versions: [2], labels: [{ label: 'production', version: 2 }] }],
    });
    const none = await json<Import>(bring('openai', { name: 'Empty', versions: [] }, { dry_run: true }));
    expect(none.prompts[0]).toMatchObject({ action: 'conflict', because: 'The prompt has no version.' });
  });

  it('of Langfuse that refer to each other have the text of the other, at the version that was referred to', async () => {
    const refer = (to: string): string => `@@@langfusePrompt:name=${to}@@@`;
    const items = [
      { name: 'Reply to a mail', version: 2, prompt: `${refer('House rules|label=production')}\nAnswer {{mail}}.` },
      {
        ...{ name: 'Chat about it', version: 1, type: 'chat' },
        prompt: [
          { role: 'system', content: `${refer('House rules|version=2')} ${refer('Sign off|label=latest')}` },
          { role: 'user', content: 'Hello' },
        ],
      },
      { name: 'House rules', version: 2, prompt: 'New rules for {{who}}.', labels: ['latest'] },
      { name: 'House rules', version: 1, prompt: 'Old rules.', labels: ['production'] },
      { name: 'Sign off', version: 2, prompt: `${refer('Sign off|version=1')} {{me}}` },
      { name: 'Sign off', version: 1, prompt: 'Yours,' },
    ];
    const look = await json<Import>(bring('langfuse', items, { dry_run: true }));
    expect(look).toMatchObject({ conflicts: 0 });
    expect(look.prompts.map(({ id, versions }) => [id, versions])).toEqual([
      ['reply-to-a-mail', [2]],
      ['chat-about-it', [1]],
      ['house-rules', [1, 2]],
      ['sign-off', [1, 2]],
    ]);
    await json(bring('langfuse', items));
    expect(await version('reply-to-a-mail', 2)).toMatchObject({
      messages: [{ role: 'user', content: 'Old rules.\nAnswer {{mail}}.' }],
      variables: [{ name: 'mail' }],
      snippets: ['house-rules@1'],
    });
    expect(await version('chat-about-it', 1)).toMatchObject({
      messages: [
        { role: 'system', content: 'New rules for {{who}}. Yours, {{me}}' },
        { role: 'user', content: 'Hello' },
      ],
      variables: [{ name: 'who' }, { name: 'me' }],
    });
    expect((await json<Import>(bring('langfuse', items))).prompts.map(({ action }) => action)).toEqual(
      items.slice(0, 4).map(() => 'none'),
    );
    // A prompt that is here already is found too.
    const later = { name: 'Later', version: 1, prompt: `${refer('House rules|label=production')} Later.` };
    expect(await json<Import>(bring('langfuse', later))).toMatchObject({ prompts: [{ action: 'create' }] });
    expect(await version('later', 1)).toMatchObject({ messages: [{ content: 'Old rules. Later.' }] });
  });

  it('of Langfuse with a reference that leads nowhere, to a chat or in a circle are in conflict', async () => {
    const refer = (to: string): string => `@@@langfusePrompt:name=${to}@@@`;
    const items = [
      { name: 'lost', version: 1, prompt: refer('gone|version=3') },
      { name: 'unlabelled', version: 1, prompt: refer('a chat|label=production') },
      { name: 'of a chat', version: 1, prompt: refer('a chat|version=1') },
      {
        ...{ name: 'a chat', version: 1, type: 'chat' },
        prompt: ['system', 'user'].map((role) => ({ role, content: 'x' })),
      },
      { name: 'hen', version: 1, prompt: refer('egg|version=1') },
      { name: 'egg', version: 1, prompt: refer('hen|version=1') },
      // Langfuse takes none of these for a reference: they are text there as well.
      { name: 'plain words', version: 1, prompt: `${refer('hen')} ${refer('hen|version=1|label=x')} @@@x@@@` },
    ];
    const look = await json<Import>(bring('langfuse', items, { dry_run: true }));
    expect(look.prompts.map(({ action, because }) => because ?? action)).toEqual([
      'It refers to version 3 of prompt "gone", which is neither in this import nor here. Import that prompt too.',
      'It refers to label "production" of prompt "a chat", which is neither in this import nor here. Import that prompt too.',
      'There is no snippet "a-chat@1". A snippet is a version of a prompt that has one message, of text.',
      'create',
      expect.stringContaining('which is in conflict itself or refers back to this one'),
      expect.stringContaining('which is in conflict itself or refers back to this one'),
      'create',
    ]);
    await json(bring('langfuse', items), 409);
  });

  it('that are broken are refused in words, never by a fault of the gateway', async () => {
    for (const source of ['langfuse', 'openai', 'helicone', 'files'])
      for (const data of [
        null,
        7,
        'x',
        [],
        {},
        [null],
        [{ path: '../../etc/passwd', content: '{}' }],
        { data: [[]] },
        [{ name: 'Hollow', versions: [null] }],
      ]) {
        const answer = await bring(source, data, { dry_run: true });
        expect([source, JSON.stringify(data), answer.status < 500]).toEqual([source, JSON.stringify(data), true]);
        await answer.body?.cancel();
      }
    await json(bring('langfuse', langfuse[0], { dry_run: true }));
  });
});

describe('the files of prompts', () => {
  const run = (args: readonly string[], at: TestGateway = gateway) =>
    runCommand(['prompts', ...args, '--dir', folder], { env: { GATEWAY_URL: at.url, GATEWAY_API_KEY: liveKey } });
  const text = (path: string): string => readFileSync(join(folder, path), 'utf8');

  it('are written by pull, the same bytes each time and without times', async () => {
    await json(gateway.post('/v1/prompts', { id: 'lines', name: 'Lines' }), 201);
    const messages = [{ role: 'user', content: 'One\nTwo {{x}}' }];
    await json(
      gateway.post('/v1/prompts/lines/versions', { messages, variables: [{ name: 'x' }], model: 'gpt-4o' }),
      201,
    );
    await json(gateway.send('PUT', '/v1/prompts/lines/labels/production', { version: 1 }));
    const first = await run(['pull']);
    expect([first.code, first.out]).toEqual([0, expect.stringContaining('lines/0001.json\n')]);
    expect(text('lines/0001.json')).toContain('"content": [\n        "One",\n        "Two {{x}}"\n      ]');
    expect(text('lines/prompt.json')).toContain('"production": 1');
    expect(
      readdirSync(folder)
        .flatMap((id) => readdirSync(join(folder, id)).map((file) => text(`${id}/${file}`)))
        .join(''),
    ).not.toMatch(/20\d\d-\d\d-\d\d|created/);
    const again = await run(['pull']);
    expect([again.code, again.out]).toEqual([0, '']);
  }, 60_000);

  it('are imported by push into another gateway, which then runs the same prompts', async () => {
    const dry = await run(['push', '--dry-run'], other);
    expect([dry.code, dry.out]).toEqual([0, expect.stringContaining('create lines: version 1, production at 1\n')]);
    expect(await json(other.get('/v1/prompts'))).toMatchObject({ data: [] });
    const pushed = await run(['push'], other);
    expect([pushed.code, pushed.err]).toEqual([0, expect.stringContaining('0 in conflict')]);
    const [here, there] = await Promise.all(
      [gateway, other].map((one) => json<{ data: { id: string }[] }>(one.get('/v1/prompts/export?limit=100'))),
    );
    expect(there?.data).toEqual(here?.data);
    await json(other.post(chat, { model: 'prompt', prompt: { id: 'lines', variables: { x: 'y' } } }));
    const again = await run(['push'], other);
    expect([again.code, again.out]).toEqual([0, '']);
  }, 60_000);

  it('that change a version are in conflict: the exit code is 1, and nothing changes', async () => {
    const file = join(folder, 'lines/0001.json');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replace('One', 'Changed'));
    const pushed = await run(['push'], other);
    expect([pushed.code, pushed.out]).toEqual([
      1,
      expect.stringContaining('conflict lines: Version 1 of prompt "lines" has another content.'),
    ]);
    writeFileSync(file, before);
    writeFileSync(join(folder, 'lines/0002.json'), before.replace('One', 'Changed'));
    expect(await run(['push'], other)).toMatchObject({ code: 0, out: 'update lines: version 2\n' });
  }, 60_000);

  it('may name a snippet of another prompt of the folder, and a conflict says what to do', async () => {
    const own = dataFolder('prompt-snippets');
    const write = (id: string, content: unknown): void => {
      mkdirSync(join(own, id), { recursive: true });
      const messages = [{ role: 'user', content }];
      writeFileSync(join(own, id, '0001.json'), JSON.stringify({ messages, model: 'gpt-4o' }));
      writeFileSync(join(own, id, 'prompt.json'), JSON.stringify({ name: id, labels: { production: 1 } }));
    };
    const push = (...more: string[]) =>
      runCommand(['prompts', 'push', '--dir', own, ...more], {
        env: { GATEWAY_URL: gateway.url, GATEWAY_API_KEY: liveKey },
      });
    write('a-reply', ['{{> z-sign-off@1}}', 'Hello']);
    write('z-sign-off', 'Yours');
    const lines = 'create a-reply: version 1, production at 1\ncreate z-sign-off: version 1, production at 1\n';
    expect(await push('--dry-run')).toMatchObject({ code: 0, out: lines });
    expect(await push()).toMatchObject({ code: 0, out: lines });
    expect(await version('a-reply', 1)).toMatchObject({ messages: [{ content: 'Yours\nHello' }] });
    // A file that was edited is in conflict, and the other prompt is pushed all the same.
    write('z-sign-off', 'Best wishes');
    write('a-note', 'New');
    const edited = await push();
    expect(edited).toMatchObject({ code: 1, err: expect.stringContaining('copy a file that you edited to the next') });
    expect(edited.out).toContain('create a-note: version 1');
    expect(edited.out).toContain('conflict z-sign-off: Version 1 of prompt "z-sign-off" has another content.');
    rmSync(own, { recursive: true, force: true });
  }, 60_000);

  it('of a prompt with a snippet have its text, and are the same version when they come back', async () => {
    const user = (content: string) => [{ role: 'user', content }];
    await json(gateway.post('/v1/prompts', { id: 'greeting' }), 201);
    await json(gateway.post('/v1/prompts/greeting/versions', { messages: user('Hello') }), 201);
    await json(gateway.post('/v1/prompts', { id: 'letter' }), 201);
    await json(gateway.post('/v1/prompts/letter/versions', { messages: user('{{> greeting@1}} there') }), 201);
    const { data } = await json<{ data: { content: string }[] }>(gateway.get('/v1/prompts/export?id=letter'));
    expect(data[1]?.content).toContain('Hello there');
    expect(await json<Import>(bring('files', data))).toMatchObject({ conflicts: 0, prompts: [{ action: 'none' }] });
    await json(gateway.post('/v1/prompts/letter/versions', { messages: user('Hello there') }));
    expect(await json(gateway.get('/v1/prompts/letter'))).toMatchObject({ newest_version: 1 });
  });

  it('of many versions come in pages of at most 100 files', async () => {
    for (let n = 0; n < 110; n++)
      await json(
        gateway.post('/v1/prompts/lines/versions', {
          messages: [{ role: 'user', content: `Text ${n}` }],
          model: 'gpt-4o',
        }),
        201,
      );
    const paths: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await json<{ data: { path: string }[]; next_cursor: string | null }>(
        gateway.get(`/v1/prompts/export?id=lines&limit=50${cursor}`),
      );
      expect(page.data.length).toBeLessThanOrEqual(51);
      paths.push(...page.data.map(({ path }) => path));
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(paths).toHaveLength(112);
    expect(new Set(paths).size).toBe(112);
  });

  it('say which clients may run a new prompt before its last versions come, and move its labels after them', async () => {
    const many = join(folder, 'many');
    mkdirSync(join(many, 'private'), { recursive: true });
    const head = { name: 'Private', description: '', aliases: ['private-old'], client_ids: ['acme'] };
    writeFileSync(join(many, 'private/prompt.json'), JSON.stringify({ ...head, labels: { first: 1, production: 9 } }));
    for (let n = 1; n <= 9; n++) {
      // 240 KB in a third as many letters: nine of them are more than a request may have.
      const content = { messages: [{ role: 'user', content: `${n}${'あ'.repeat(80_000)}` }], model: 'gpt-4o' };
      writeFileSync(join(many, `private/000${n}.json`), JSON.stringify(content));
    }
    const push = (...more: string[]) =>
      runCommand(['prompts', 'push', '--dir', many, ...more], {
        env: { GATEWAY_URL: gateway.url, GATEWAY_API_KEY: liveKey },
      });
    const dry = await push('--dry-run');
    expect([dry.code, dry.out]).toEqual([0, expect.stringContaining('create private: ')]);
    const broken = join(many, 'private/0009.json');
    const last = readFileSync(broken, 'utf8');
    writeFileSync(broken, '{}');
    expect(await push()).toMatchObject({ code: 1 });
    expect(await json(gateway.get('/v1/prompts/private'))).toMatchObject({ ...head, labels: [] });
    writeFileSync(broken, last);
    expect(await push()).toMatchObject({ code: 0 });
    const labels = [
      { label: 'first', version: 1 },
      { label: 'production', version: 9 },
    ];
    expect(await json(gateway.get('/v1/prompts/private'))).toMatchObject({ ...head, labels, newest_version: 9 });
    expect(await push()).toMatchObject({ code: 0, out: '' });
  }, 60_000);

  it('change the settings of a prompt that exists, with a live key alone; fields that a file lacks stay', async () => {
    const head = (content: object) => [{ path: 'settled/prompt.json', content: JSON.stringify(content) }];
    await json(
      gateway.post('/v1/prompts', { id: 'settled', name: 'Before', description: 'Stays', client_ids: ['a', 'b'] }),
      201,
    );
    const settings = { name: 'After', client_ids: ['b', 'c'], aliases: ['settled-2'] };
    const refused = await json<{ error: { message: string } }>(
      gateway.post(
        '/v1/prompts/import',
        { source: 'files', data: head(settings) },
        { authorization: `Bearer ${testKey}` },
      ),
      409,
    );
    expect(refused.error.message).toContain('live key');
    expect(await json<Import>(bring('files', head(settings)))).toMatchObject({
      prompts: [{ id: 'settled', action: 'update', versions: [], labels: [] }],
    });
    expect(await json(gateway.get('/v1/prompts/settled'))).toMatchObject({ ...settings, description: 'Stays' });
    expect(await json<Import>(bring('files', head({ ...settings, client_ids: ['c', 'b'] })))).toMatchObject({
      prompts: [{ action: 'none' }],
    });
    const look = await json<Import>(bring('files', head({ client_ids: 'acme' }), { dry_run: true }));
    expect(look.prompts[0]).toMatchObject({ action: 'conflict', because: expect.stringContaining('client_ids') });
    const taken = await json<Import>(bring('files', head({ aliases: ['lines'] }), { dry_run: true }));
    expect(taken.prompts[0]?.because).toBe('The alias "lines" belongs to prompt "lines".');
  });

  it('whose id is the alias of another prompt are in conflict, and that prompt stays as it is', async () => {
    await json(gateway.post('/v1/prompts', { id: 'owner', aliases: ['borrowed'] }), 201);
    const content = JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], model: 'gpt-4o' });
    const data = [
      { path: 'borrowed/0001.json', content },
      { path: 'borrowed/prompt.json', content: JSON.stringify({ labels: { production: 1 } }) },
    ];
    const refused = await json<{ error: { message: string } }>(bring('files', data), 409);
    expect(refused.error.message).toContain('"borrowed" is an alias of prompt "owner".');
    expect(await json(gateway.get('/v1/prompts/owner'))).toMatchObject({ labels: [], newest_version: null });
  });

  it('bring no label production with a test key', async () => {
    const data = [
      {
        path: 'tested/0001.json',
        content: JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], model: 'gpt-4o' }),
      },
      { path: 'tested/prompt.json', content: JSON.stringify({ labels: { production: 1 } }) },
    ];
    const as = { authorization: `Bearer ${testKey}` };
    const refused = await json<{ error: { message: string } }>(
      gateway.post('/v1/prompts/import', { source: 'files', data }, as),
      409,
    );
    expect(refused.error.message).toContain('live key');
    await json(gateway.post('/v1/prompts/import', { source: 'files', data: data.slice(0, 1) }, as));
    expect(sent()).toBeDefined();
  });
});
