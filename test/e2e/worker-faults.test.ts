import { rmSync } from 'node:fs';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { runningConnection } from '../../gateway/src/db/embedded-postgres.ts';
import { isProcessAlive } from '../../gateway/src/db/folder-lock.ts';
import { chat, eventually, hello } from '../support/ask.ts';
import { dataFolder } from '../support/data-folder.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { pinnedClient } from '../support/pinned-client.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';

let fakes: Fakes;
let gateway: GatewayProcess;
const dataDir = dataFolder('worker-faults');
/** Where a worker's inspector listens once it is asked to; the next ports are the other workers'. */
const inspectPort = 20_000 + Math.floor(Math.random() * 30_000);

const env = (): Record<string, string> => {
  const { DATABASE_URL: _, ...rest } = gatewayEnv(fakes, '', dataDir);
  return {
    ...rest,
    WORKERS: '3',
    DATABASE_CONNECTIONS: '80',
    FIRST_BYTE_TIMEOUT_MS: '10000',
    ANSWER_TIMEOUT_MS: '10000',
    NODE_OPTIONS: `--inspect-port=${inspectPort}`,
  };
};

beforeAll(async () => {
  fakes = await startFakes();
  gateway = await spawnGateway(env());
});
afterEach(() => fakes.reset());
afterAll(async () => {
  await gateway.kill('SIGTERM');
  await fakes.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function onDatabase<T>(work: (db: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(runningConnection(dataDir));
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Those that are registered and alive. */
function workerPids(): Promise<number[]> {
  return onDatabase(async (db) => {
    const { rows } = await db.query('select pid from processes order by id');
    return (rows as { pid: number }[]).map(({ pid }) => pid).filter(isProcessAlive);
  });
}

/** On a connection of its own, as a new client's. */
async function call(client = 'anyone'): Promise<{ status: number; id: string }> {
  const one = pinnedClient(gateway.url, liveKey);
  try {
    const { status, headers } = await one.ask(chat, { body: hello(), headers: { 'x-client-id': client } });
    return { status, id: String(headers['x-request-id']) };
  } finally {
    one.close();
  }
}

/** Has the event loop of a process turn no more, by the debugger that every Node process opens when it is asked to. */
async function makeBusy(pid: number): Promise<void> {
  process.kill(pid, 'SIGUSR1');
  const url = await eventually(() => {
    const found = /Debugger listening on (ws:\S+)/.exec(gateway.output())?.[1];
    if (found === undefined) throw new Error('the inspector does not listen yet');
    return found;
  });
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'for(;;);' } }));
}

it('workers that hang, stopped or in an endless loop, are replaced, and no new client waits for them', async () => {
  const before = await workerPids();
  expect(before).toHaveLength(3);
  const [stopped = 0, busy = 0] = before;
  await makeBusy(busy);
  process.kill(stopped, 'SIGSTOP');
  const answers = await Promise.all(Array.from({ length: 12 }, () => call()));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
  await eventually(async () => {
    const after = await workerPids();
    expect(after).toHaveLength(3);
    expect(after.filter((pid) => before.includes(pid))).toEqual(before.slice(2));
  }, 20_000);
  expect(gateway.output().match(/it hung: no sign of life for \d+ s/g)).toHaveLength(2);
}, 40_000);

it('the embedded database has room for the connections of all workers', async () => {
  const { rows } = await onDatabase((db) => db.query('show max_connections'));
  expect(rows).toEqual([{ max_connections: '280' }]);
});

it('a worker that is asked to end finishes its calls, and is replaced', async () => {
  const [first = 0] = await workerPids();
  process.kill(first, 'SIGTERM');
  await eventually(async () => {
    expect(gateway.output()).toContain('a worker was stopped; it is being restarted');
    const after = await workerPids();
    expect(after).toHaveLength(3);
    expect(after).not.toContain(first);
  }, 15_000);
}, 20_000);

it('a worker that keeps ending is started at growing intervals, the log gives the reason, and the others serve', async () => {
  const spared = new Set((await workerPids()).slice(0, 2));
  for (let times = 0; times < 3; times++) {
    const victim = await eventually(async () => {
      const found = (await workerPids()).find((pid) => !spared.has(pid));
      if (found === undefined) throw new Error('not there yet');
      return found;
    }, 15_000);
    process.kill(victim, 'SIGKILL');
    expect((await call()).status).toBe(200);
  }
  await eventually(() =>
    expect(gateway.output()).toMatch(
      /"reason":"it was ended by SIGKILL","failures":3,"delayMs":500,"msg":"a worker keeps ending/,
    ),
  );
  await eventually(async () => expect(await workerPids()).toHaveLength(3), 15_000);
}, 60_000);

it('when the parent is killed its workers end, and the next start finds every call that was answered', async () => {
  const pids = await workerPids();
  const received: string[] = [];
  let going = true;
  const load = Array.from({ length: 6 }, async () => {
    while (going) {
      const answer = await call('orphaned').catch(() => undefined);
      if (answer?.status === 200) received.push(answer.id);
      if (answer === undefined) return;
    }
  });
  await eventually(() => expect(received.length).toBeGreaterThan(30), 10_000);
  await gateway.kill('SIGKILL');
  going = false;
  await Promise.all(load);
  await eventually(() => expect(pids.filter(isProcessAlive)).toEqual([]), 15_000);
  gateway = await spawnGateway({ ...env(), WORKERS: '2' });
  await eventually(async () => {
    const left = await onDatabase((db) => db.query("select id from calls where status = 'open'"));
    expect(left.rows).toEqual([]);
  });
  await onDatabase(async (db) => {
    const { rows } = await db.query("select id from calls where client_id = 'orphaned' and status = 'succeeded'");
    const known = new Set((rows as { id: string }[]).map(({ id }) => id));
    expect(received.filter((id) => !known.has(id))).toEqual([]);
    expect((await compareBooks(db)).differences).toEqual([]);
  });
}, 60_000);

it('a port that is taken ends the start with a sentence, and leaves no worker behind', async () => {
  const { port } = new URL(gateway.url);
  const folder = dataFolder('worker-port');
  await expect(spawnGateway({ ...env(), DATA_DIR: folder, PORT: port, WORKERS: '2' })).rejects.toThrow(
    `Port ${port} is taken. Is another gateway running? Stop it, or set PORT.`,
  );
  rmSync(folder, { recursive: true, force: true });
}, 30_000);
