import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { usesAt } from '../../gateway/src/cli/bill-store.ts';
import { verifyLedger } from '../../gateway/src/cli/verify-ledger.ts';
import { countFeedback } from '../../gateway/src/routing/task-rates-store.ts';
import { chat } from '../support/ask.ts';
import { setAuto } from '../support/set-auto.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
beforeEach(async () => {
  await gateway.database.pool.query(
    'truncate calls, task_claims, task_rates, shadow_days, learned_samples, events cascade',
  );
  await learn({});
});
afterEach(async () => {
  await quiet();
  gateway.fakes.reset();
});
afterAll(() => gateway.stop());

interface Row {
  [field: string]: unknown;
}

const classify = {
  model: 'auto',
  messages: [
    { role: 'system', content: 'Classify the e-mail as spam or ham. Answer with one word.' },
    { role: 'user', content: 'Win a prize now' },
  ],
};

const pool = [
  { model: 'gpt-6-luna', class: 'small' },
  { model: 'gpt-6-sol', class: 'strong' },
];

/** Changes the settings of `auto`, and waits until the gateway has heard of it. */
async function learn(learning: object, more: object = {}): Promise<void> {
  const usual = { enabled: true, sample_percent: 100, max_usd_per_day: 1, judge: 'agreement' };
  await setAuto(gateway.database.pool, {
    pool,
    dial: 'balanced',
    learning: { ...usual, ...learning },
    per_client: {},
    ...more,
  });
  const { rows } = await gateway.database.pool.query(
    'select id, routing_version from workspaces order by created_at limit 1',
  );
  const { id, routing_version: version } = rows[0] as { id: string; routing_version: number };
  const { routing, evidence } = gateway.gateway.services;
  await expect.poll(async () => (await routing.of(id))?.version).toBe(version);
  evidence.forget();
  await evidence.of(id, true);
}

/** Everything that waits is answered or left. */
async function quiet(): Promise<void> {
  await expect.poll(() => gateway.gateway.services.shadows.unfinished, { timeout: 20_000 }).toBe(0);
}

/** Runs `before` while what waits for its second answer goes on waiting. */
async function waiting(before: () => Promise<void>): Promise<void> {
  const { shadows } = gateway.gateway.services;
  const next = shadows.next.bind(shadows);
  shadows.next = () => undefined;
  try {
    await before();
    expect(shadows.unfinished).toBe(1);
  } finally {
    shadows.next = next;
  }
}

async function ask(headers: Record<string, string> = {}, more: object = {}): Promise<Response> {
  const response = await gateway.post(chat, { ...classify, ...more }, headers);
  expect(response.status).toBe(200);
  await response.text();
  return response;
}

async function rows(): Promise<Row[]> {
  const { rows } = await gateway.database.pool.query(
    `select id, status, model, client_id, shadow_of, cost_nanos, meters is null as unbudgeted, livemode, encode(task, 'hex') as task from calls order by created_at, id`,
  );
  return rows as Row[];
}

async function claims(): Promise<Row[]> {
  const { rows } = await gateway.database.pool.query(
    'select livemode, weak, strong, pairs, agreed from task_claims order by livemode',
  );
  return rows as Row[];
}

/** Until nothing waits for a second answer, and none is under way. */
async function compared(pairs: number, livemode = true): Promise<void> {
  await expect
    .poll(
      async () =>
        (await claims()).filter((one) => one.livemode === livemode).reduce((sum, one) => sum + Number(one.pairs), 0),
      { timeout: 20_000 },
    )
    .toBe(pairs);
}

/** The part of each day that second answers and judges have used. */
async function days(): Promise<Row[]> {
  const { rows } = await gateway.database.pool.query('select spent_nanos, calls, answers from shadow_days');
  return rows as Row[];
}

describe('a second answer', () => {
  it('is a call of its own, of the other class, without the tags of the customer, and compared', async () => {
    gateway.fakes.openai.reply({ text: 'spam' });
    gateway.fakes.openai.reply({ text: 'Spam.' });
    await ask({ 'x-client-id': 'acme' });
    await compared(1);
    const [first, second, ...more] = await rows();
    expect(more).toEqual([]);
    expect(first).toMatchObject({ model: 'gpt-6-luna', client_id: 'acme', shadow_of: null });
    expect(second).toMatchObject({
      ...{
        status: 'succeeded',
        model: 'gpt-6-sol',
        client_id: null,
        shadow_of: first?.id,
        unbudgeted: true,
        task: first?.task,
      },
    });
    expect(await claims()).toMatchObject([{ weak: 'gpt-6-luna', strong: 'gpt-6-sol', pairs: 1, agreed: 1 }]);
    expect(gateway.logs.join('')).not.toContain('Win a prize');
  });

  it('is left out once the budget of its day is spent', async () => {
    await learn({ max_usd_per_day: 0.000_001 });
    await ask();
    await quiet();
    expect(await rows()).toHaveLength(1);
    expect(await claims()).toEqual([]);
  });

  it('is left out for a client that is opted out, for free text, and for a model that the caller names', async () => {
    await learn({}, { per_client: { acme: { learning: { enabled: false } } } });
    await ask({ 'x-client-id': 'acme' });
    gateway.fakes.openai.reply({ text: 'A long answer in free text. '.repeat(20) });
    await ask();
    await ask({}, { model: 'gpt-6-luna' });
    await quiet();
    expect((await rows()).map(({ shadow_of: of }) => of)).toEqual([null, null, null]);
  });

  it('costs nobody anything where nobody learns', async () => {
    await learn({ enabled: false });
    await ask();
    await quiet();
    expect(await rows()).toHaveLength(1);
  });

  it('never touches a budget of the customer, and is left out while one is at its warning', async () => {
    const made = await gateway.post('/v1/budgets', { name: 'All', limit_usd: 100, thresholds: [80] });
    const { id } = (await made.json()) as { id: string };
    gateway.fakes.openai.reply({ text: 'spam' });
    gateway.fakes.openai.reply({ text: 'ham' });
    const cost = Number((await ask()).headers.get('x-gateway-cost-usd'));
    await compared(1);
    expect(await claims()).toMatchObject([{ agreed: 0 }]);
    const spent = async () =>
      ((await (await gateway.get(`/v1/budgets/${id}`)).json()) as { spent_usd: number }).spent_usd;
    await expect.poll(spent, { timeout: 20_000 }).toBeCloseTo(cost, 9);
    // One percent of this limit is spent, which is its warning, and it pays for many more calls.
    await gateway.send('PATCH', `/v1/budgets/${id}`, { limit_usd: cost * 100, thresholds: [1], on_limit: 'notify' });
    await ask();
    await quiet();
    expect((await rows()).filter(({ shadow_of: of }) => of !== null)).toHaveLength(1);
    expect(await verifyLedger(gateway.database.pool, () => {})).toBe(true);
    await gateway.send('DELETE', `/v1/budgets/${id}`);
  });

  it('that fails changes nothing for the customer, and leaves the ledger clean', async () => {
    const made = await gateway.post('/v1/budgets', { name: 'All', limit_usd: 100 });
    const { id } = (await made.json()) as { id: string };
    gateway.fakes.openai.reply({ text: 'spam' });
    await waiting(async () => {
      const answer = await gateway.post(chat, classify, { 'x-client-id': 'acme' });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'spam' } }] });
      gateway.fakes.openai.always({ kind: 'status', status: 400 });
    });
    await quiet();
    expect(await rows()).toMatchObject([
      { status: 'succeeded', model: 'gpt-6-luna', client_id: 'acme', shadow_of: null },
      { status: 'failed', model: 'gpt-6-sol', client_id: null, cost_nanos: 0n, unbudgeted: true },
    ]);
    expect(await claims()).toEqual([]);
    const { rows: days } = await gateway.database.pool.query('select spent_nanos, calls from shadow_days');
    expect(days).toEqual([{ spent_nanos: 0n, calls: 1 }]);
    gateway.fakes.reset();
    await ask();
    await compared(1);
    await expect
      .poll(
        async () => {
          const said: string[] = [];
          await verifyLedger(gateway.database.pool, (line) => said.push(line));
          // The calls of the budgets of other tests are gone.
          return said.filter((line) => line.includes(id));
        },
        { timeout: 20_000 },
      )
      .toEqual([]);
    await gateway.send('DELETE', `/v1/budgets/${id}`);
  });

  it('uses no tokens of the plan, and does not move the session of its call', async () => {
    const { affinity } = gateway.gateway.services;
    const noted: string[] = [];
    const note = affinity.note.bind(affinity);
    affinity.note = (session, candidate, how) => {
      noted.push(candidate.model);
      note(session, candidate, how);
    };
    await ask({}, { prompt_cache_key: 'chat-1' });
    await compared(1);
    affinity.note = note;
    expect(noted).toEqual(['gpt-6-luna']);
    const { rows: metered } = await gateway.database.pool.query(
      'select model, metered from calls order by created_at, id',
    );
    expect(metered).toEqual([
      { model: 'gpt-6-luna', metered: true },
      { model: 'gpt-6-sol', metered: false },
    ]);
    // The operator's provider bills both.
    const billed = await usesAt(gateway.database.pool, {
      provider: 'openai',
      from: new Date(Date.now() - 86_400_000),
      to: new Date(Date.now() + 86_400_000),
    });
    expect(billed.map(({ model, requests }) => [model, requests])).toEqual([
      ['gpt-6-luna', 1],
      ['gpt-6-sol', 1],
    ]);
  });

  it('is dropped where its calls are stopped, its client locked or erased, or its key deleted meanwhile', async () => {
    const made = await gateway.post('/v1/keys', { name: 'Short', role: 'caller' });
    const key = (await made.json()) as { id: string; key: string };
    const dropped = async (headers: Record<string, string>, meanwhile: () => Promise<Response>): Promise<void> => {
      await waiting(async () => {
        await ask(headers);
        expect((await meanwhile()).ok).toBe(true);
        // This process hears of it from the database.
        gateway.gateway.services.policies.forget();
      });
      await quiet();
      expect((await rows()).filter(({ shadow_of: of }) => of !== null)).toEqual([]);
    };
    const ofAcme = { 'x-client-id': 'acme' };
    await dropped({}, () => gateway.post('/v1/stop', { reason: 'A test' }));
    await gateway.send('DELETE', '/v1/stop');
    gateway.gateway.services.policies.forget();
    await dropped(ofAcme, () => gateway.send('PUT', '/v1/clients/acme', { locked: true }));
    await gateway.send('PUT', '/v1/clients/acme', { locked: false });
    gateway.gateway.services.policies.forget();
    await dropped({ authorization: `Bearer ${key.key}` }, () => gateway.send('DELETE', `/v1/keys/${key.id}`));
    await dropped(ofAcme, () => gateway.send('DELETE', '/v1/clients/acme/data'));
  });

  it('teaches nothing where its client is erased while it is made', async () => {
    gateway.fakes.openai.reset();
    await erasedMeanwhile(classify);
    expect(await rows()).toHaveLength(2);
    expect(await claims()).toEqual([]);
    const { rows: samples } = await gateway.database.pool.query('select 1 from learned_samples');
    expect(samples).toEqual([]);
  });

  it('of a test key is the sandbox’s, and its pairs are apart', async () => {
    await ask({ authorization: `Bearer ${testKey}` });
    await compared(1, false);
    expect(await claims()).toMatchObject([{ livemode: false, pairs: 1 }]);
    expect((await rows()).map(({ livemode }) => livemode)).toEqual([false, false]);
  });
});

describe('a judge', () => {
  const own =
    'Dear Ada, your parcel left our house this morning and will be with you on Friday. Kind regards, the shop. '.repeat(
      2,
    );
  const other =
    'Dear Ada, thank you for your patience: the parcel is on its way and should arrive on Friday. Yours, the shop. '.repeat(
      2,
    );
  const letter = {
    model: 'auto',
    messages: [
      { role: 'system', content: 'Rewrite the note as a short polite letter.' },
      { role: 'user', content: 'parcel friday' },
    ],
  };
  const judge = { model: 'gpt-4o', rubric: 'Polite, and says when the parcel comes.' };

  /** The verdicts by which of the two answers the judge reads first. */
  const judged = async (verdict: (isOwnFirst: boolean) => string, more: object = {}): Promise<number> => {
    const { openai } = gateway.fakes;
    openai.reset();
    openai.reply({ text: own }, { text: other });
    await waiting(async () => {
      const answer = await gateway.post(chat, { ...letter, ...more });
      expect(answer.status).toBe(200);
      await answer.text();
      // Which order comes first follows from the id.
      const id = answer.headers.get('x-request-id') ?? '';
      const isOwnFirst = id.charCodeAt(id.length - 1) % 2 === 0;
      for (const first of [isOwnFirst, !isOwnFirst]) openai.reply({ text: verdict(first) });
    });
    await quiet();
    const asked = () => openai.requests.filter(({ json }) => json.model === judge.model);
    for (const { json } of asked()) {
      const [, user] = json.messages as { content: string }[];
      const { answer_1: one, answer_2: two } = JSON.parse(user?.content ?? '') as Record<string, string>;
      expect([one, two].sort()).toEqual([own, other].sort());
    }
    return asked().length;
  };

  /** The models of all calls that one letter leads to. */
  const answeredBy = async (
    replies: Parameters<TestGateway['fakes']['openai']['reply']>,
    more: object = {},
  ): Promise<unknown[]> => {
    gateway.fakes.openai.reset();
    gateway.fakes.openai.reply(...replies);
    await gateway.database.pool.query('truncate calls');
    await ask({}, { ...letter, ...more });
    await quiet();
    return (await rows()).map(({ model }) => model);
  };

  beforeEach(() => learn({ judge }));

  it('compares free text in both orders, each a call of its own on the budget for learning', async () => {
    expect(await judged((isOwnFirst) => `{"verdict":"${isOwnFirst ? 'answer_1' : 'answer_2'}"}`)).toBe(2);
    expect(await claims()).toMatchObject([{ weak: 'gpt-6-luna', strong: 'gpt-6-sol', pairs: 1, agreed: 1 }]);
    const [first, second, ...questions] = await rows();
    expect(second).toMatchObject({ model: 'gpt-6-sol', shadow_of: first?.id });
    expect(questions).toMatchObject(
      [1, 2].map(() => ({ model: 'gpt-4o', shadow_of: first?.id, task: null, client_id: null, unbudgeted: true })),
    );
    const { rows: days } = await gateway.database.pool.query('select spent_nanos from shadow_days');
    const paid = [second, ...questions].reduce((sum, row) => sum + BigInt(String(row?.cost_nanos)), 0n);
    expect(days).toEqual([{ spent_nanos: paid }]);
    const { rows: kept } = await gateway.database.pool.query('select judged from task_claims');
    expect(kept).toEqual([{ judged: 1 }]);
    expect(gateway.logs.join('')).not.toContain('parcel');
  });

  it('that favours a place, whichever answer is there, clears nothing', async () => {
    await judged(() => '{"verdict":"answer_1"}');
    await judged(() => '{"verdict":"answer_2"}');
    expect(await claims()).toMatchObject([{ pairs: 2, agreed: 0 }]);
  });

  it('that finds the small answer worse is asked no second time', async () => {
    expect(await judged((isOwnFirst) => `{"verdict":"${isOwnFirst ? 'answer_2' : 'answer_1'}"}`)).toBe(1);
    expect(await claims()).toMatchObject([{ pairs: 1, agreed: 0 }]);
    expect(await days()).toMatchObject([{ calls: 2, answers: 1 }]);
  });

  it('is counted once where the other answer is longer than was set aside for', async () => {
    const { openai } = gateway.fakes;
    const long = other.repeat(80);
    openai.reply({ text: own }, { text: long }, { text: '{"verdict":"same"}' }, { text: '{"verdict":"same"}' });
    await ask({}, { ...letter, max_tokens: 60 });
    await quiet();
    const [, ...asked] = await rows();
    expect(asked.map(({ model }) => model)).toEqual(['gpt-6-sol', 'gpt-4o', 'gpt-4o']);
    const paid = asked.reduce((sum, row) => sum + BigInt(String(row.cost_nanos)), 0n);
    expect(await days()).toEqual([{ spent_nanos: paid, calls: 3, answers: 1 }]);
  });

  it('whose answer is no verdict says nothing', async () => {
    expect(await judged(() => 'Both are lovely letters.')).toBe(1);
    expect(await claims()).toEqual([]);
  });

  it('is not asked where a program can compare', async () => {
    gateway.fakes.openai.reply({ text: 'spam' }, { text: 'spam' });
    await ask();
    await compared(1);
    expect((await rows()).map(({ model }) => model)).toEqual(['gpt-6-luna', 'gpt-6-sol']);
  });

  it('has no second answer made where the day does not pay for both orders too', async () => {
    await learn({ judge, max_usd_per_day: 0.1 });
    await gateway.database.pool.query(
      `insert into shadow_days (workspace_id, livemode, day, spent_nanos, calls)
       select id, true, (now() at time zone 'UTC')::date + day, 95000000, 1 from workspaces, generate_series(-1, 1) day`,
    );
    expect(await judged(() => '{"verdict":"same"}', { max_tokens: 60 })).toBe(0);
    expect(await rows()).toHaveLength(1);
    expect(await claims()).toEqual([]);
  });

  it('is paid for one of two calls at once, where the day has not enough for both', async () => {
    // The most that one second answer and two verdicts can cost is 0.042 dollars.
    await learn({ judge, max_usd_per_day: 0.06 });
    const { openai } = gateway.fakes;
    const { shadows, policies } = gateway.gateway.services;
    openai.usually({ text: own });
    const next = shadows.next.bind(shadows);
    shadows.next = () => undefined;
    for (let n = 0; n < 2; n++) await ask({}, { ...letter, max_tokens: 60 });
    await expect.poll(() => shadows.unfinished).toBe(2);
    const secondAnswers = () => openai.requests.filter(({ json }) => json.model === 'gpt-6-sol').length;
    const of = policies.of.bind(policies);
    let looks = 0;
    // Both begin, and no verdict is asked for before it is decided whether the other call has a second answer too.
    policies.of = async (...place) => {
      looks += 1;
      if (looks > 2)
        await expect.poll(() => shadows.unfinished < 2 || secondAnswers() === 2, { timeout: 20_000 }).toBe(true);
      return of(...place);
    };
    shadows.next = next;
    try {
      await quiet();
    } finally {
      policies.of = of;
    }
    expect((await rows()).map(({ model }) => model).sort()).toEqual([
      ...['gpt-4o', 'gpt-6-luna', 'gpt-6-luna', 'gpt-6-sol'],
    ]);
    const { rows: days } = await gateway.database.pool.query('select spent_nanos from shadow_days');
    const paid = (await rows()).filter(({ shadow_of: of }) => of !== null);
    expect(days).toEqual([{ spent_nanos: paid.reduce((sum, row) => sum + BigInt(String(row.cost_nanos)), 0n) }]);
  });

  it('has no second answer made where it cannot be asked, or reads less than the models did', async () => {
    const [system, user] = letter.messages;
    const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
    const earlier = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Good day!' },
    ];
    for (const messages of [
      [system, ...earlier, user],
      [system, { role: 'user', content: [{ type: 'text', text: 'parcel friday' }, picture] }],
      [system, { role: 'user', content: 'parcel '.repeat(4_000) }],
    ])
      expect(await answeredBy([{ text: own }, { text: other }], { messages })).toHaveLength(1);
    await learn({ judge: { ...judge, model: 'gpt-that-nobody-has' } });
    expect(await answeredBy([{ text: own }, { text: other }])).toHaveLength(1);
  });

  it('is not asked about an answer that was cut, nor about two that should be JSON and are not', async () => {
    const both = ['gpt-6-luna', 'gpt-6-sol'];
    expect(await answeredBy([{ text: own, finish: 'length' }, { text: other }])).toEqual(['gpt-6-luna']);
    expect(await answeredBy([{ text: own }, { text: other, finish: 'length' }])).toEqual(both);
    const format = { response_format: { type: 'json_object' } };
    expect(await answeredBy([{ text: own }, { text: other }], format)).toEqual(both);
    expect(await claims()).toEqual([]);
  });

  it('reads nothing of a client that is erased while the second answer is made', async () => {
    gateway.fakes.openai.reply({ text: own }, { text: other });
    await erasedMeanwhile(letter);
    expect((await rows()).map(({ model }) => model)).toEqual(['gpt-6-luna', 'gpt-6-sol']);
  });
});

/** Makes a call of the client acme, and erases acme once the second answer is there. */
async function erasedMeanwhile(body: object): Promise<void> {
  const { policies } = gateway.gateway.services;
  const { openai } = gateway.fakes;
  const of = policies.of.bind(policies);
  let isErased = false;
  policies.of = async (...place) => {
    if (!isErased && openai.requests.length === 2) {
      isErased = true;
      expect((await gateway.send('DELETE', '/v1/clients/acme/data')).ok).toBe(true);
    }
    return of(...place);
  };
  try {
    await ask({ 'x-client-id': 'acme' }, body);
    await quiet();
  } finally {
    policies.of = of;
  }
  expect(isErased).toBe(true);
}

describe('the judge feedback', () => {
  it('asks for no second answers, and scores count against the model', async () => {
    await learn({ judge: 'feedback' });
    const id = (await ask()).headers.get('x-request-id') ?? '';
    await quiet();
    expect(await rows()).toHaveLength(1);
    expect((await gateway.post('/v1/feedback', { request_id: id, score: 'down' })).status).toBe(200);
    const { services } = gateway.gateway;
    while (await countFeedback(gateway.database.pool, Date.now() + 60_000));
    const [row] = await rows();
    services.evidence.forget();
    const { rows: ids } = await gateway.database.pool.query('select id from workspaces order by created_at limit 1');
    const workspaceId = (ids as { id: string }[])[0]?.id ?? '';
    await expect
      .poll(async () => (await services.evidence.of(workspaceId, true)).find({ task: String(row?.task) }, 'gpt-6-luna'))
      .toMatchObject({ n: 1, okSum: 0, pairs: 0 });
  });
});

describe('learning by a key', () => {
  it('counts before the workspace, and a no of the client or the key outranks every yes', async () => {
    const made = async (name: string) => {
      const answer = await gateway.post('/v1/keys', { name, role: 'caller' });
      return (await answer.json()) as { id: string; key: string };
    };
    const [willing, unwilling] = [await made('willing'), await made('unwilling')];
    const off = { learning: { enabled: false } };
    await learn(
      { enabled: false },
      {
        per_client: { acme: off },
        per_key: { [willing.id]: { learning: { enabled: true } }, [unwilling.id]: off },
      },
    );
    const as = ({ key }: { key: string }, client = 'globex') => ({
      authorization: `Bearer ${key}`,
      'x-client-id': client,
    });
    await ask();
    await ask(as(unwilling));
    await ask(as(willing, 'acme'));
    await quiet();
    expect((await rows()).filter(({ shadow_of: of }) => of !== null)).toEqual([]);
    await ask(as(willing));
    await compared(1);
    await learn({ enabled: true }, { per_key: { [unwilling.id]: off } });
    await ask(as(unwilling));
    await quiet();
    await compared(1);
  });
});

describe('a task', () => {
  it('is announced when its pairs clear it, and when they stop to agree', async () => {
    const { rows: ids } = await gateway.database.pool.query('select id from workspaces order by created_at limit 1');
    const { id } = ids[0] as { id: string };
    gateway.fakes.openai.reply({ text: 'spam' });
    gateway.fakes.openai.reply({ text: 'spam' });
    await ask();
    await compared(1);
    // The pairs of a week, as they were compared.
    await gateway.database.pool.query(
      `update task_claims set pairs = 90, agreed = 90, lower = 0.9499, recent = repeat('1', 90) where workspace_id = $1`,
      [id],
    );
    gateway.fakes.openai.reply({ text: 'spam' });
    gateway.fakes.openai.reply({ text: 'spam' });
    await ask();
    const events = async () => {
      const { data } = (await (await gateway.get('/v1/events')).json()) as { data: { type: string; data: Row }[] };
      return data.filter(({ type }) => type.startsWith('auto.'));
    };
    await expect
      .poll(async () => (await events()).map(({ type }) => type), { timeout: 20_000 })
      .toEqual(['auto.task_cleared']);
    expect((await events())[0]?.data).toMatchObject({
      model: 'gpt-6-luna',
      baseline_model: 'gpt-6-sol',
      pairs: 91,
      level: 0.95,
    });
    await gateway.database.pool.query(`update task_claims set recent = repeat('0', 30) where workspace_id = $1`, [id]);
    await learn({});
    await expect
      .poll(
        async () => {
          gateway.fakes.openai.reply({ text: 'spam' });
          gateway.fakes.openai.reply({ text: 'ham' });
          await ask();
          await quiet();
          gateway.fakes.reset();
          return (await events()).map(({ type }) => type);
        },
        { timeout: 30_000 },
      )
      .toEqual(['auto.task_withdrawn', 'auto.task_cleared']);
  }, 120_000);
});

describe('the wish of a call', () => {
  it('clears no task for the workspace', async () => {
    await ask();
    await compared(1);
    await gateway.database.pool.query(
      `update task_claims set pairs = 20, agreed = 20, lower = 0.4, recent = repeat('1', 20)`,
    );
    await learn({});
    gateway.fakes.openai.reply({ text: 'spam' }, { text: 'spam' });
    await ask({ 'x-gateway-auto': 'min_quality=0.5' });
    await compared(21);
    const { rows } = await gateway.database.pool.query('select lower > 0.5 as reached, cleared_at from task_claims');
    expect(rows).toEqual([{ reached: true, cleared_at: null }]);
  });
});

describe('the check of an answer', () => {
  it('is in the row of a call that had to be JSON or calls a tool, and in no other', async () => {
    await learn({ enabled: false });
    const schema = { type: 'object', properties: { kind: { enum: ['spam', 'ham'] } }, required: ['kind'] };
    const format = { type: 'json_schema', json_schema: { name: 'mail', schema } };
    gateway.fakes.openai.reply({ text: '{"kind":"spam"}' });
    await ask({}, { model: 'gpt-6-luna', response_format: format });
    gateway.fakes.openai.reply({ text: '{"kind":"maybe"}' });
    await ask({}, { model: 'gpt-6-luna', response_format: format });
    await ask({}, { model: 'gpt-6-luna' });
    const { rows } = await gateway.database.pool.query('select json_ok, tool_ok from calls order by created_at, id');
    expect(rows).toEqual([
      { json_ok: true, tool_ok: null },
      { json_ok: false, tool_ok: null },
      { json_ok: null, tool_ok: null },
    ]);
  });
});
