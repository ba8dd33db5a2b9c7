import pg from 'pg';
import { createPool } from '../../gateway/src/db/pool.ts';
import { percentile } from './load.ts';
import type { BenchGateway } from './processes.ts';
import { addOpinions, makePromptCalls, type PromptTarget, promptCallCount, promptDays } from './prompt-calls.ts';
import { get, post } from './screen-requests.ts';

type Note = (figure: string, value: number, must: string) => void;

interface Target {
  gateway: BenchGateway;
  key: string;
  connection: pg.ClientConfig;
}

const loads = Number(process.env.LOADS ?? 20);

/** Reads of the figures of a prompt and of experiments, over the calls of a month of which six in ten come from that prompt. */
export async function promptFigures(note: Note, { gateway, key, connection }: Target): Promise<void> {
  console.log(`\nprompts and experiments over ${promptCallCount.toLocaleString('en-US')} calls of a month`);
  const client = new pg.Client(connection);
  // A later statement fails with the same reason; without a listener this event would end the bench first.
  client.on('error', () => {});
  await client.connect();
  const pool = createPool(connection, { connections: 3 });
  try {
    const { rows } = await client.query('select id from workspaces limit 1');
    const target = await draft(gateway.url, { key, workspace: (rows as { id: string }[])[0]?.id ?? '' });
    const from = await makePromptCalls(client, pool, target);
    const range = `from=${from.toISOString()}&to=${new Date().toISOString()}`;
    const time = async (figure: string, path: string): Promise<void> => {
      const times: number[] = [];
      for (let i = 0; i < loads; i++) {
        const began = performance.now();
        await get(gateway.url, path, key);
        times.push(performance.now() - began);
      }
      note(`${figure}, P95 of ${loads}, s`, percentile(times, 95) / 1000, '≤ 1');
    };
    const metrics = `/v1/prompts/${target.promptId}/metrics?${range}`;
    await time(`figures of a prompt over ${promptDays} days`, metrics);
    await time('results of an experiment by run', `/v1/experiments/${target.byRun}/results`);
    await time('results of an experiment by client', `/v1/experiments/${target.byClient}/results`);
    const late = await addOpinions(client, target, { each: 600, name: 'reviewer' });
    await time(`figures of a prompt right after ${late} late opinions`, metrics);
    await time('results of an experiment by run right after them', `/v1/experiments/${target.byRun}/results`);
  } finally {
    await pool.end();
    await client.end();
  }
}

/** A prompt of two versions, and two experiments between them that are running. */
async function draft(url: string, { key, workspace }: { key: string; workspace: string }): Promise<PromptTarget> {
  const send = <T>(path: string, body: object): Promise<T> => post<T>(url, path, { bearer: key, body });
  await send('/v1/prompts', { id: 'reply' });
  for (const content of ['Answer politely.', 'Answer briefly.'])
    await send('/v1/prompts/reply/versions', {
      model: 'gpt-4o-mini',
      messages: [{ role: 'system', content }],
      variables: [],
    });
  const start = async (name: string, unit: string): Promise<string> => {
    const { id } = await send<{ id: string }>('/v1/experiments', {
      name,
      unit,
      metric: 'feedback',
      when: { all: [{ field: 'client_id', in: [name] }] },
      arms: [1, 2].map((version) => ({
        name: version === 1 ? 'A' : 'B',
        weight: 50,
        prompt: { id: 'reply', version },
      })),
    });
    return id;
  };
  return {
    workspace,
    promptId: 'reply',
    byRun: await start('run', 'execution'),
    byClient: await start('client', 'client'),
  };
}
