import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/elsewhere.ts';
import { pinnedNodeEnv } from './install-n8n.ts';

export const owner = { email: 'owner@example.com', password: 'Passw0rd-of-the-owner' };

interface Execution {
  id: string;
  status: string;
  workflowId: string;
  data: {
    resultData: {
      error?: { message: string; description?: string };
      runData: Record<
        string,
        { error?: { message: string; description?: string }; data?: { main?: { json: Json }[][] } }[]
      >;
    };
  };
}

/** As the editor sets them: in the older order an agent goes on before its tools have answered. */
export const editorSettings = { executionOrder: 'v1' };

export type Json = Record<string, unknown>;

export interface RealN8n {
  url: string;
  /** The calls of the editor, signed in as the owner. */
  rest(method: string, path: string, body?: unknown): Promise<Json>;
  /** The public API. */
  api(method: string, path: string, body?: unknown): Promise<Json>;
  /** Makes a workflow that begins with a manual trigger, runs it, and waits for its end. `meanwhile` is called once it has begun. */
  runWorkflow(
    name: string,
    nodes: Json[],
    connections: Json,
    meanwhile?: (executionId: string) => Promise<void>,
  ): Promise<Execution>;
  executions(workflowId: string): Promise<Execution[]>;
  /** The items a node gave, on its first output unless said. */
  itemsOf(execution: Execution, node: string, output?: number): Json[];
  stop(): Promise<void>;
}

/** Starts n8n with our package among its community nodes, where a real installation puts it. */
export async function startN8n(folder: string, unpacked: string): Promise<RealN8n> {
  const home = mkdtempSync(join(tmpdir(), 'n8n-home-'));
  const nodes = join(home, '.n8n/nodes/node_modules/n8n-nodes-ai-gateway');
  mkdirSync(nodes, { recursive: true });
  cpSync(unpacked, nodes, { recursive: true });
  const [port, brokerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  let log = '';
  const child = spawn(process.execPath, [join(folder, 'node_modules/n8n/bin/n8n'), 'start'], {
    env: { ...pinnedNodeEnv(), ...quiet({ home, port, brokerPort, url }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(home, { recursive: true, force: true });
  };

  try {
    await until('n8n to be ready', async () => {
      if (child.exitCode !== null) throw new Error(`n8n ended:\n${log.slice(-3000)}`);
      return (await fetch(`${url}/healthz/readiness`)).ok && (await fetch(`${url}/rest/settings`)).ok;
    });
    return { ...(await signIn(url)), url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function signIn(url: string): Promise<Omit<RealN8n, 'url' | 'stop'>> {
  const setUp = await fetch(`${url}/rest/owner/setup`, json('POST', { ...owner, firstName: 'Ann', lastName: 'Owner' }));
  const cookie = setUp.headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ');
  const ask = async (path: string, headers: Record<string, string>, method: string, body?: unknown) => {
    const init = json(method, body);
    const send = (): Promise<Response> => fetch(`${url}${path}`, { ...init, headers: { ...init.headers, ...headers } });
    let response = await send();
    let text = await response.text();
    // n8n gives a regular expression 250 ms of the clock, in which a busy machine may do nothing (`safe-regex.ts` of n8n-workflow 2.41).
    for (let left = 5; left > 0 && text.includes('Regular expression execution timed out'); left--) {
      response = await send();
      text = await response.text();
    }
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Json;
  };
  const rest: RealN8n['rest'] = async (method, path, body) => {
    const answer = await ask(path, { cookie }, method, body);
    return (answer.data ?? answer) as Json;
  };
  const scopes = await rest('GET', '/rest/api-keys/scopes');
  const { rawApiKey } = await rest('POST', '/rest/api-keys', { label: 'tests', expiresAt: null, scopes });
  const api: RealN8n['api'] = (method, path, body) =>
    ask(`/api/v1${path}`, { 'x-n8n-api-key': String(rawApiKey) }, method, body);

  const executions: RealN8n['executions'] = async (workflowId) => {
    const { data } = await api('GET', `/executions?workflowId=${workflowId}&includeData=true`);
    return data as unknown as Execution[];
  };
  return {
    rest,
    api,
    executions,
    async runWorkflow(name, nodes, connections, meanwhile) {
      const manual = {
        id: 'manual',
        name: 'Manual',
        type: 'n8n-nodes-base.manualTrigger',
        typeVersion: 1,
        position: [0, 0],
        parameters: {},
      };
      const { id } = await api('POST', '/workflows', {
        name,
        nodes: [manual, ...nodes],
        connections,
        settings: editorSettings,
      });
      const started = await rest('POST', `/rest/workflows/${String(id)}/run`, {
        triggerToStartFrom: { name: 'Manual' },
      });
      await meanwhile?.(String(started.executionId));
      return until(`the execution of ${name}`, async () => {
        const [execution] = await executions(String(id));
        return execution !== undefined && ['success', 'error', 'crashed', 'canceled'].includes(execution.status)
          ? execution
          : undefined;
      });
    },
    itemsOf: (execution, node, output = 0) =>
      (execution.data.resultData.runData[node] ?? [])
        .flatMap(({ data }) => data?.main?.[output] ?? [])
        .map((item) => item.json),
  };
}

/** Asks until the answer is there; what waits for ever is ended by the test’s own time-out. */
export async function until<Value>(what: string, ask: () => Promise<Value | undefined | false>): Promise<Value> {
  for (let tries = 0; tries < 600; tries++) {
    const value = await ask().catch((error: unknown) => {
      // The port is still closed.
      if (error instanceof TypeError) return undefined;
      throw error;
    });
    if (value !== undefined && value !== false) return value;
    await sleep(200);
  }
  throw new Error(`Waited in vain for ${what}.`);
}

/** No call home, no questions, no telemetry; publishing answers when the trigger is registered. */
function quiet(given: { home: string; port: number; brokerPort: number; url: string }): Record<string, string> {
  return {
    N8N_USER_FOLDER: given.home,
    N8N_ENCRYPTION_KEY: 'an-encryption-key-for-tests',
    N8N_HOST: '127.0.0.1',
    N8N_LISTEN_ADDRESS: '127.0.0.1',
    N8N_PORT: String(given.port),
    N8N_RUNNERS_BROKER_PORT: String(given.brokerPort),
    N8N_RUNNERS_MODE: 'internal',
    N8N_PROTOCOL: 'http',
    WEBHOOK_URL: `${given.url}/`,
    N8N_SECURE_COOKIE: 'false',
    N8N_USE_WORKFLOW_PUBLICATION_SERVICE: 'false',
    DB_TYPE: 'sqlite',
    GENERIC_TIMEZONE: 'UTC',
    N8N_DIAGNOSTICS_ENABLED: 'false',
    N8N_PERSONALIZATION_ENABLED: 'false',
    N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
    N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
    N8N_TEMPLATES_ENABLED: 'false',
    N8N_HIRING_BANNER_ENABLED: 'false',
    N8N_DYNAMIC_BANNERS_ENABLED: 'false',
    N8N_VERIFIED_PACKAGES_ENABLED: 'false',
    N8N_DISABLED_MODULES: 'mcp-registry,instance-ai,agents,mcp,chat-hub,otel,insights',
  };
}

function json(method: string, body: unknown): RequestInit & { headers: Record<string, string> } {
  return {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}
