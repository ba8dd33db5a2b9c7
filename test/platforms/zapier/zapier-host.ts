import { contract } from '@ai-gateway/shared/contract';
import { type ZapierApp, zapierApp } from '@ai-gateway/zapier/app';
import zapier, { type Bundle, type ZObject } from 'zapier-platform-core';

export type Json = Record<string, unknown>;

export interface ZapierSettings {
  url: string;
  key: string;
  /** The step's Zap; Zapier does not promise its id. */
  zapId?: string | undefined;
  /** A stored answer to `z.cache`: shared by the runs of one app. */
  cache?: Json;
  app?: ZapierApp;
}

/** The app as Zapier runs it: by the path of a method, with the envelope around its answer. */
export interface ZapierRun {
  results: unknown;
  status: 'SUCCESS' | 'CALLBACK';
}

export const app: ZapierApp = zapierApp(contract);

type Perform = (z: ZObject, bundle: Bundle) => Promise<unknown>;

/** An app in the editor and at work, by both of the doors the vendor gives to tests. */
export function openApp(settings: ZapierSettings) {
  const running = settings.app ?? app;
  const cache: Json = settings.cache ?? {};
  const test = zapier.createAppTester(running);
  const handle = (zapier as unknown as HandlerModule).createAppHandler(running);

  function bundleOf(inputData: Json, more: Json = {}): Json {
    const { meta, ...rest } = more as { meta?: Json };
    return {
      authData: { base_url: settings.url, api_key: settings.key },
      inputData,
      meta: { ...(settings.zapId === undefined ? {} : { zap: { id: settings.zapId } }), ...meta },
      ...rest,
    };
  }

  return {
    app: running,
    bundleOf,
    /** As the vendor's tests do it: the function itself. */
    run: (perform: unknown, inputData: Json, more: Json = {}): Promise<unknown> => {
      (test as unknown as { zcacheTestObj: Json }).zcacheTestObj = cache;
      return test(perform as Perform, bundleOf(inputData, more) as never);
    },
    /** As Zapier's machines do it: an event with the path of the method. */
    execute: (method: string, inputData: Json, more: Json = {}, event: Json = {}): Promise<ZapierRun> =>
      handle({
        command: 'execute',
        method,
        bundle: bundleOf(inputData, more),
        storeKey: 'test',
        zcacheTestObj: cache,
        callback_url: 'http://127.0.0.1:9/callback',
        ...event,
      }),
    command: (command: 'validate' | 'definition' | 'getAuthTemplate'): Promise<ZapierRun> => handle({ command }),
  };
}

interface HandlerModule {
  createAppHandler(app: object): (event: Json) => Promise<ZapierRun>;
}

export type OpenApp = ReturnType<typeof openApp>;

/** The actions of a Zap in the words of its steps, for suites that compare platforms. */
export interface ZapierDoor {
  chat(fields: Json): Promise<Json>;
  checkBudget(fields: Json): Promise<Json | undefined>;
  usageByClient(fields: Json): Promise<Json | undefined>;
  create(operationKey: string, fields: Json): Promise<Json>;
  find(operationKey: string, fields: Json): Promise<Json | undefined>;
  /** Switches a Zap on. `deliver` hands it what came to `targetUrl`; it answers with what the Zap starts with. */
  onBudgetAlert(fields: Json, targetUrl: string): Promise<Subscribed>;
}

export interface Subscribed {
  subscription: Json;
  deliver(delivery: { body: string; headers?: Record<string, unknown> }): Promise<Json[]>;
  switchOff(): Promise<void>;
}

export function openZapier(url: string, key: string, more: Partial<ZapierSettings> = {}): ZapierDoor {
  const zap = openApp({ url, key, ...more });
  const create = (operationKey: string, fields: Json) =>
    zap.run(zap.app.creates[operationKey]?.operation.perform, fields) as Promise<Json>;
  const find = async (operationKey: string, fields: Json) =>
    ((await zap.run(zap.app.searches[operationKey]?.operation.perform, fields)) as Json[])[0];
  return {
    create,
    find,
    chat: (fields) => create('chat_complete', fields),
    checkBudget: (fields) => find('budgets_check', fields),
    usageByClient: (fields) => find('usage_clients', fields),
    onBudgetAlert: (fields, targetUrl) => switchOn(zap, 'budget_alert', fields, targetUrl),
  };
}

/** A Zap with one of the triggers, switched on. */
export async function switchOn(zap: OpenApp, trigger: string, fields: Json, targetUrl: string): Promise<Subscribed> {
  const operation = methodsOf(zap, trigger);
  const subscription = (await zap.run(operation.performSubscribe, fields, { targetUrl })) as Json;
  return {
    subscription,
    deliver: async ({ body, headers = {} }) =>
      (await zap.run(operation.perform, fields, {
        targetUrl,
        subscribeData: subscription,
        cleanedRequest: JSON.parse(body) as Json,
        rawRequest: { method: 'POST', content: body, headers: asZapierShows(headers) },
      })) as Json[],
    switchOff: async () => {
      await zap.run(operation.performUnsubscribe, fields, { targetUrl, subscribeData: subscription });
    },
  };
}

interface Methods {
  perform: unknown;
  performList: unknown;
  performSubscribe: unknown;
  performUnsubscribe: unknown;
}

/** The functions of a step; a create and a search have only the first. */
export function methodsOf(
  { app }: OpenApp,
  key: string,
  kind: 'triggers' | 'searches' | 'creates' = 'triggers',
): Methods {
  return app[kind][key]?.operation as unknown as Methods;
}

/** `x-gateway-token` → `Http-X-Gateway-Token`. */
function asZapierShows(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      `Http-${name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())}`,
      String(value),
    ]),
  );
}

export interface Refusal {
  name: string;
  message: string;
  code: string | undefined;
  status: number | undefined;
  delay: number | undefined;
}

/** Runs what must be refused. Zapier's errors carry their parts as JSON in the message. */
export async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  const error = await work.then(
    () => {
      throw new Error('It was not refused.');
    },
    (thrown: Error) => thrown,
  );
  const parts = partsOf(error.message);
  return {
    name: error.name,
    message: parts.message ?? error.message.split('\nWhat happened:')[0]?.trim() ?? '',
    code: parts.code,
    status: parts.status,
    delay: parts.delay,
  };
}

function partsOf(message: string): Partial<Refusal> {
  try {
    return JSON.parse(message) as Partial<Refusal>;
  } catch {
    return {};
  }
}
