import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as readJson } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { loadApp } from '../../support/make-runtime/load-app.ts';
import {
  type AttachedHook,
  type Connection,
  createMakeRuntime,
  type Delivered,
  type MakeRuntime,
  type MakeSettings,
} from '../../support/make-runtime/make-runtime.ts';

/** The app as it is committed, and as it would be deployed. */
export const appFolder = fileURLToPath(new URL('../../../integrations/make/app', import.meta.url));
export const app = loadApp(appFolder);

export type Fields = Readonly<Record<string, unknown>>;
export type Bundle = Record<string, unknown>;

/** Where a scenario runs, unless a test says otherwise. */
export const scenario = { id: 4711, organizationId: 815 };

export interface MakeHost {
  readonly make: MakeRuntime;
  readonly connection: Connection;
  /** Any module with its form filled in: one bundle of an action, all of a search. */
  run(moduleId: string, fields?: Fields): Promise<Bundle[]>;
  /** An action's one bundle. */
  act(moduleId: string, fields?: Fields): Promise<Bundle>;
  chat(fields: Fields): Promise<Bundle>;
  checkBudget(fields: Fields): Promise<Bundle>;
  usageByClient(fields: Fields): Promise<Bundle[]>;
  /** Publishes a scenario that waits for budget alerts: what is delivered runs it. */
  onBudgetAlert(fields?: Fields): Promise<Listening>;
  /** The same of any instant trigger. */
  listen(moduleId: string, fields?: Fields): Promise<Listening>;
}

export interface Listening {
  hook: AttachedHook;
  /** The answer to every delivery, and its result. */
  deliveries: Delivered[];
  /** The requests as they came. */
  requests: { headers: Record<string, string>; body: unknown }[];
  /** Resolves with so many bundles, or rejects. */
  waitFor(count: number, timeoutMs?: number): Promise<Bundle[]>;
  /** Switches the scenario off: unsubscribes. */
  stop(): Promise<void>;
}

/** Make with our app, connected to a gateway: the real components, by the runtime. */
export async function openMake(
  gatewayUrl: string,
  key: string,
  settings: Omit<Partial<MakeSettings>, 'app'> = {},
): Promise<MakeHost> {
  const make = createMakeRuntime({ app, scenario, executionId: 'run-1', ...settings });
  const connection = await make.connect('apiKey', { baseUrl: gatewayUrl, apiKey: key });
  return hostOf(make, connection);
}

/** With a connection that was made before, though the gateway may be gone by now. */
export function hostOf(make: MakeRuntime, connection: Connection): MakeHost {
  const run = async (moduleId: string, parameters: Fields = {}) =>
    (await make.run(moduleId, { connection, parameters })) as Bundle[];
  const act = async (moduleId: string, fields?: Fields) => {
    const bundles = await run(moduleId, fields);
    const [bundle] = bundles;
    if (bundle === undefined || bundles.length > 1)
      throw new Error(`An action gives one bundle, not ${bundles.length}.`);
    return bundle;
  };
  const listen = (moduleId: string, fields: Fields = {}) => startListening(make, { connection, moduleId, fields });
  return {
    make,
    connection,
    run,
    act,
    chat: (fields) => act('chatComplete', { model: 'gpt-4o-mini', prompt: 'Hi', ...fields }),
    checkBudget: (fields) => act('budgetsCheck', fields),
    usageByClient: (fields) => run('usageClients', fields),
    onBudgetAlert: (fields) => listen('watchBudgetAlerts', fields),
    listen,
  };
}

/** Make's end of a webhook is a real server. */
async function startListening(
  make: MakeRuntime,
  { connection, moduleId, fields }: { connection: Connection; moduleId: string; fields: Fields },
): Promise<Listening> {
  const webhook = app.module[moduleId]?.webhook;
  if (webhook === undefined) throw new Error(`${moduleId} is no instant trigger.`);
  let hook: AttachedHook | undefined;
  const deliveries: Delivered[] = [];
  const requests: Listening['requests'] = [];
  const server = createServer(async (incoming, response) => {
    const request = { headers: incoming.headers as Record<string, string>, body: await readJson(incoming) };
    requests.push(request);
    if (hook === undefined) return response.writeHead(404).end();
    const delivered = await make.deliver(moduleId, hook, request);
    deliveries.push(delivered);
    const { status, body } = delivered.response;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${moduleId}`;
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  try {
    hook = await make.attach(webhook, { connection, url, parameters: fields });
  } catch (error) {
    await close();
    throw error;
  }
  const attached = hook;
  const bundles = (): Bundle[] => deliveries.flatMap((delivered) => delivered.bundles as Bundle[]);
  return {
    hook: attached,
    deliveries,
    requests,
    waitFor: async (count, timeoutMs = 5_000) => {
      for (const until = Date.now() + timeoutMs; bundles().length < count; ) {
        if (Date.now() > until) throw new Error(`${bundles().length} bundles came in ${timeoutMs} ms, not ${count}.`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return bundles();
    },
    stop: async () => {
      await make.detach(attached);
      await close();
    },
  };
}
