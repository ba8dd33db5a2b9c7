import { models, type TrafficProvider, type TrafficTask } from './traffic-provider.ts';

/**
 * Mixed traffic as agencies' automations send it, of the project's own making: twelve tasks, two models of known quality. `auto` begins
 * without evidence, learns from second answers, and is then measured: how much it saves, at which quality, and whether what it claims is
 * true. The small model is as good at eight tasks; at two that look easy it is not, and at two that look hard it is.
 */
export const trafficTasks: readonly TrafficTask[] = [
  easy('spam', 'Classify the e-mail as spam or not. Answer with one word.', ['spam', 'ham'], 'E-mail'),
  easy(
    'intent',
    'Classify the message of the customer by its intent. Answer with one label.',
    ['refund', 'order', 'question', 'complaint'],
    'Message',
  ),
  easy(
    'language',
    'Which language is this text in? Answer with its two-letter code.',
    ['de', 'en', 'fr', 'es', 'it'],
    'Text',
  ),
  easy(
    'sentiment',
    'Label the sentiment of the review. Answer positive, neutral or negative.',
    ['positive', 'neutral', 'negative'],
    'Review',
  ),
  easy(
    'currency',
    'Extract the currency of the invoice. Answer with its code only.',
    ['EUR', 'USD', 'CHF', 'GBP'],
    'Invoice',
  ),
  easy(
    'route',
    'Route the ticket to a team. Answer with the name of the team only.',
    ['sales', 'billing', 'support', 'shipping'],
    'Ticket',
  ),
  easy(
    'tag',
    'Tag the article with one category from the list. Answer with the category only.',
    ['sport', 'politics', 'culture', 'business'],
    'Article',
  ),
  easy(
    'priority',
    'Classify the priority of the ticket. Answer low, normal or high.',
    ['low', 'normal', 'high'],
    'Ticket',
  ),
  looksEasy(
    'clause',
    'Classify the legal clause by its risk. Answer low, medium or high.',
    ['low', 'medium', 'high'],
    'Clause',
  ),
  looksEasy(
    'triage',
    'Classify the symptom report by urgency. Answer one of the labels.',
    ['today', 'week', 'routine'],
    'Report',
  ),
  {
    ...easy(
      'review',
      'Review the code change step by step, think about each edge case, then answer approve or reject.',
      ['approve', 'reject'],
      'Change',
    ),
    strong: 0.995,
    small: 0.995,
    inputTokens: 900,
  },
  {
    ...easy(
      'puzzle',
      'Solve the mathematical problem step by step and prove the result. Answer with the letter only.',
      ['A', 'B', 'C', 'D'],
      'Problem',
    ),
    strong: 0.97,
    small: 0.7,
    inputTokens: 500,
  },
];

function easy(name: string, system: string, labels: readonly string[], noun: string): TrafficTask {
  const item = (n: number): string => `${noun} #${n}: ${words[n % words.length]} ${words[(n * 7 + 3) % words.length]}`;
  return { name, system, labels, item, strong: 0.995, small: 0.993, inputTokens: 400, outputTokens: 4 };
}

function looksEasy(...given: Parameters<typeof easy>): TrafficTask {
  return { ...easy(...given), strong: 0.98, small: 0.8 };
}

const words =
  'parcel invoice delay colour meeting budget printer holiday garden window report train coffee ladder'.split(' ');

export interface TrafficTarget {
  url: string;
  key: string;
  provider: TrafficProvider;
  /** Changes the settings of `auto`. */
  setAuto: (settings: object) => Promise<void>;
  /** Resolves once every second answer that waits is compared. */
  settled: () => Promise<void>;
}

export interface TrafficResult {
  /** Of what the strong model alone would have cost, second answers counted as cost. */
  saving: number;
  /** Right answers, by those of the strong model alone. */
  quality: number;
  /** What the answers cost less than the strong model's, without second answers. */
  trulySavedUsd: number;
  /** The part of it on answers that are those of the strong model too. */
  savedAgreeingUsd: number;
  /** The moment from which it was measured. */
  from: Date;
  /** By task: how often the two models agree in truth. */
  agreement: Map<string, number>;
}

/** Dollars for a million tokens, as the catalogue has them; the test compares both. */
const prices = { strong: { input: 2, output: 10 }, small: { input: 0.1, output: 0.5 } };

/** Lets `auto` learn for so many calls a task, then measures it over so many calls. */
export async function runTraffic(
  target: TrafficTarget,
  { tasks, learnCalls, calls }: { tasks: readonly TrafficTask[]; learnCalls: number; calls: number },
): Promise<TrafficResult> {
  await target.setAuto(settings(100));
  // As many at a time as may wait for their second answer.
  const round = Math.floor(48 / tasks.length);
  for (let n = 0; n < learnCalls; n += round) {
    for (let more = 0; more < round; more++) await Promise.all(tasks.map((task) => ask(target, task, n + more)));
    await target.settled();
  }
  await target.setAuto(settings(2));
  const before = await spentUsd(target);
  const from = new Date();
  const sum = { right: 0, strongRight: 0, strongUsd: 0, servedUsd: 0, savedAgreeingUsd: 0 };
  const same = new Map<string, { n: number; same: number }>();
  for (let i = 0; i < calls; i += 24)
    await Promise.all(
      Array.from({ length: Math.min(24, calls - i) }, async (_, j) => {
        const task = tasks[(i + j) % tasks.length];
        if (task === undefined) return;
        const n = learnCalls + round + Math.floor((i + j) / tasks.length);
        const { answer, usd } = await ask(target, task, n);
        const truth = target.provider.truth(task, n);
        const [strong, small] = [
          target.provider.answerOf(task, n, 'strong'),
          target.provider.answerOf(task, n, 'small'),
        ];
        sum.right += answer === truth ? 1 : 0;
        sum.strongRight += strong === truth ? 1 : 0;
        sum.strongUsd += costUsd(task, 'strong');
        sum.servedUsd += usd;
        if (answer === strong) sum.savedAgreeingUsd += costUsd(task, 'strong') - usd;
        const pairs = same.get(task.name) ?? { n: 0, same: 0 };
        same.set(task.name, { n: pairs.n + 1, same: pairs.same + (strong === small ? 1 : 0) });
      }),
    );
  await target.settled();
  const spent = (await spentUsd(target)) - before;
  return {
    saving: 1 - spent / sum.strongUsd,
    quality: sum.right / sum.strongRight,
    trulySavedUsd: sum.strongUsd - sum.servedUsd,
    savedAgreeingUsd: sum.savedAgreeingUsd,
    from,
    agreement: new Map([...same].map(([name, one]) => [name, one.same / one.n])),
  };
}

function settings(samplePercent: number): object {
  return {
    pool: [
      { model: models.small, class: 'small' },
      { model: models.strong, class: 'strong' },
    ],
    dial: 'balanced',
    baseline_model: models.strong,
    learning: { enabled: true, sample_percent: samplePercent, max_usd_per_day: 100, judge: 'agreement' },
    per_client: {},
  };
}

function costUsd({ inputTokens, outputTokens }: TrafficTask, of: 'strong' | 'small'): number {
  return (inputTokens * prices[of].input + outputTokens * prices[of].output) / 1e6;
}

async function ask(
  { url, key }: TrafficTarget,
  task: TrafficTask,
  n: number,
): Promise<{ answer: string; usd: number }> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'auto',
      messages: [
        { role: 'system', content: task.system },
        { role: 'user', content: task.item(n) },
      ],
    }),
  });
  if (!response.ok) throw new Error(`a call of the traffic failed: ${response.status} ${await response.text()}`);
  const body = (await response.json()) as { choices: { message: { content: string } }[] };
  return {
    answer: body.choices[0]?.message.content ?? '',
    usd: Number(response.headers.get('x-gateway-cost-usd')),
  };
}

/** Of all calls, second answers included. */
async function spentUsd({ url, key }: TrafficTarget): Promise<number> {
  const [from, to] = [-1, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
  const response = await fetch(`${url}/v1/usage/clients?group_by=model&from=${from}&to=${to}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  if (!response.ok) throw new Error(`the usage cannot be read: ${response.status} ${await response.text()}`);
  const { totals } = (await response.json()) as { totals: { cost_usd: number } };
  return totals.cost_usd;
}

/** The dollars that the report of savings claims for `auto` since a moment: in all, and at parity by the lower bounds of its evidence. */
export async function claimedUsd(
  { url, key }: Pick<TrafficTarget, 'url' | 'key'>,
  from: Date,
): Promise<{ savedUsd: number; atParityUsd: number; calls: number }> {
  const to = new Date(Date.now() + 86_400_000).toISOString();
  const response = await fetch(`${url}/v1/savings?group_by=task&from=${from.toISOString()}&to=${to}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  if (!response.ok) throw new Error(`the savings cannot be read: ${response.status} ${await response.text()}`);
  const { data } = (await response.json()) as {
    data: { calls: number; saved_usd: { auto: number }; evidence: { lower: number } | null }[];
  };
  const claimed = { savedUsd: 0, atParityUsd: 0, calls: 0 };
  for (const { calls, saved_usd: saved, evidence } of data) {
    claimed.calls += calls;
    claimed.savedUsd += saved.auto;
    claimed.atParityUsd += saved.auto * (evidence?.lower ?? 0);
  }
  return claimed;
}
