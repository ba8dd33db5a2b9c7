import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../gateway/src/db/embedded-postgres.ts';
import { diskFolder } from '../support/data-folder.ts';
import { setAuto } from '../support/set-auto.ts';
import { startGateway } from './processes.ts';
import { claimedUsd, runTraffic, trafficTasks } from './routing-traffic.ts';
import { TrafficProvider } from './traffic-provider.ts';

type Note = (figure: string, value: number, must?: string) => void;

const callCount = Number(process.env.CALLS ?? 3_000);
const learnCalls = 300;

/** What `auto` saves on mixed traffic once it has learned, at which quality, and whether its claims are true. */
export async function trafficFigures(note: Note): Promise<void> {
  console.log(
    `\nauto on mixed traffic: ${trafficTasks.length} tasks, ${learnCalls} calls each to learn, ${callCount} measured`,
  );
  const folder = diskFolder('traffic');
  const provider = new TrafficProvider({ tasks: trafficTasks, seed: 18 });
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'database') });
  const db = new pg.Pool(postgres.connection as pg.PoolConfig);
  db.on('error', () => {});
  try {
    const { host = '', port, user, password } = postgres.connection;
    const key = `gw_live_${randomBytes(24).toString('hex')}`;
    const gateway = await startGateway({
      PORT: '0',
      DATA_DIR: join(folder, 'gateway'),
      DATABASE_URL: `postgres://${user}:${String(password)}@/postgres?host=${encodeURIComponent(host)}&port=${port}`,
      LOG_LEVEL: 'warn',
      GATEWAY_BOOTSTRAP_KEY: key,
      OPENAI_API_KEY: 'sk-bench',
      OPENAI_BASE_URL: await provider.start(),
    });
    const result = await runTraffic(
      {
        ...{ url: gateway.url, key, provider },
        // A second answer waits for a fifth of a second and takes moments: nothing is on its way once the provider is quiet for one.
        settled: async () => {
          for (let before = -1; before !== provider.calls; await sleep(1_000)) before = provider.calls;
        },
        setAuto: async (settings) => {
          await setAuto(db, settings);
          await sleep(1_000);
        },
      },
      { tasks: trafficTasks, learnCalls, calls: callCount },
    );
    const { rows } = await db.query('select pairs, lower from task_claims where lower >= 0.95');
    const truth = Math.max(...result.agreement.values());
    const [from, to] = [-1, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
    const savings = await fetch(`${gateway.url}/v1/savings?group_by=model&from=${from}&to=${to}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const { data } = (await savings.json()) as { data: { evidence: { agreement: number; lower: number } | null }[] };
    const claimed = data.map(({ evidence }) => evidence?.lower ?? 0);
    note('saving on mixed traffic, second answers paid', result.saving, '≥ 0.4');
    note('quality ÷ that of the strong model', result.quality, '≥ 0.98');
    note('tasks of 12 that were cleared', rows.length);
    note('highest share that the report claims ÷ the true one', Math.max(0, ...claimed) / truth, '≤ 1');
    const dollars = await claimedUsd({ url: gateway.url, key }, result.from);
    note('dollars that the report says were saved ÷ the true ones', dollars.savedUsd / result.trulySavedUsd, '≤ 1');
    note(
      'dollars that it proves to be saved at parity ÷ the true ones',
      dollars.atParityUsd / result.savedAgreeingUsd,
      '≤ 1',
    );
    await gateway.stop();
  } finally {
    await provider.stop();
    await db.end();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
