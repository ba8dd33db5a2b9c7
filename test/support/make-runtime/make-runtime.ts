import { type FormField, formValues } from './form-values.ts';
import { type Scope, transform } from './iml.ts';
import type { App, AppComponent } from './load-app.ts';
import type { LogEntry, Wire } from './make-request.ts';
import {
  type Age,
  type Bundle,
  type Communication,
  type Outcome,
  runCommunication,
  type TriggerItem,
} from './run-communication.ts';

type Values = Readonly<Record<string, unknown>>;

export interface MakeSettings {
  app: App;
  /** What Make tells modules of where they run; it promises none of it. */
  scenario?: { id: number; organizationId: number } | undefined;
  executionId?: string | undefined;
  secondMs?: number;
  hosts?: Wire['hosts'];
}

/** A connection somebody made: what they filled in, what was kept, and the name it has in Make's lists. */
export interface Connection {
  values: Values;
  label: string;
}

interface Filled {
  connection?: Connection;
  parameters?: Values;
}

/** Of a webhook what `attach` has kept, and the form it was made with. */
export interface AttachedHook {
  id: string;
  values: Values;
  connection: Connection | undefined;
  parameters: Values;
}

export interface Delivered {
  response: { status: number; body: unknown };
  bundles: unknown[];
}

export interface PollState {
  lastDate?: Date;
  /** Of the items that have just that date. */
  lastIds?: readonly string[];
}

export interface MakeRuntime {
  readonly log: LogEntry[];
  connect(id: string, parameters: Values): Promise<Connection>;
  /** One bundle of an action, all of a search. */
  run(moduleId: string, filled: Filled): Promise<unknown[]>;
  options(rpcId: string, filled?: Filled): Promise<{ label: unknown; value: unknown }[]>;
  poll(moduleId: string, filled: Filled & { state: PollState }): Promise<unknown[]>;
  epoch(moduleId: string, filled: Filled): Promise<{ label: string; date: string }[]>;
  attach(webhookId: string, filled: Filled & { url: string }): Promise<AttachedHook>;
  deliver(moduleId: string, hook: AttachedHook, request: { headers: Values; body: unknown }): Promise<Delivered>;
  detach(hook: AttachedHook): Promise<void>;
}

/**
 * Runs an app of Make's as Make would, as far as that is known: connections, modules, RPCs, webhooks, polling. Not known
 * here: OAuth, multipart, XML, custom functions, incomplete executions. What is wrong in an app throws, where Make is silent.
 */
export function createMakeRuntime({
  app,
  scenario,
  executionId,
  secondMs = 1000,
  hosts = {},
}: MakeSettings): MakeRuntime {
  const wire: Wire = { log: [], secondMs, hosts };
  const inScenario: Scope = { scenario, executionId, common: {}, data: {} };
  // At design time there is no scenario that runs.
  const atDesk: Scope = { scenario: undefined, executionId: undefined, common: {} };

  const scopeOf = (component: AppComponent, filled: Filled, surroundings: Scope): Scope => {
    if (component.connection !== null && component.connection !== undefined && filled.connection === undefined)
      throw new TypeError(`${component.id} needs a connection.`);
    return { ...surroundings, connection: filled.connection?.values, parameters: valuesOf(component, filled) };
  };

  const runModule = (module: AppComponent, scope: Scope, ageOf?: (item: TriggerItem) => Age): Promise<Outcome> =>
    runCommunication({ communication: code(module), base: app.base, scope, wire, ...(ageOf && { ageOf }) });

  return {
    log: wire.log,

    async connect(id, given) {
      const component = named(app.connection, id);
      const parameters = valuesOf(component, { parameters: given });
      const communication = code(component);
      const { scope } = await runCommunication({ communication, scope: { parameters, common: {} }, wire });
      const { data = {}, metadata } = (communication.response ?? {}) as { data?: object; metadata?: { value: string } };
      const kept = transform(data, scope) as object;
      return {
        values: { ...parameters, ...kept },
        label: String(transform(metadata?.value ?? component.label, scope)),
      };
    },

    async run(moduleId, filled) {
      const module = named(app.module, moduleId);
      const { bundles } = await runModule(module, scopeOf(module, filled, inScenario));
      return bundles.map(({ output }) => output);
    },

    async options(rpcId, filled = {}) {
      const rpc = named(app.rpc, rpcId);
      const { bundles } = await runModule(rpc, scopeOf(rpc, filled, atDesk));
      return bundles.map(({ output }) => output as { label: unknown; value: unknown });
    },

    async poll(moduleId, { state, ...filled }) {
      const module = named(app.module, moduleId);
      const scope = scopeOf(module, filled, { ...inScenario, data: { lastDate: state.lastDate } });
      const { bundles } = await runModule(module, scope, (item) => ageIn(item, state));
      const limit = Number((scope.parameters as { limit?: number }).limit ?? 1);
      const due = bundles.toSorted((a, b) => timeOf(a) - timeOf(b)).slice(0, limit);
      remember(state, due);
      return due.map(({ output }) => output);
    },

    async epoch(moduleId, filled) {
      const module = named(app.module, moduleId);
      const { response = {}, ...epoch } = (module.code.epoch ?? {}) as { response?: Communication };
      const own = code(module);
      const { trigger: _, ...inherited } = (own.response ?? {}) as Communication;
      const communication = { ...own, ...epoch, response: { ...inherited, ...response } };
      const scope = scopeOf(module, filled, inScenario);
      const { bundles } = await runCommunication({ communication, base: app.base, scope, wire });
      return bundles.map(({ output }) => output as { label: string; date: string });
    },

    async attach(webhookId, { url, ...filled }) {
      const webhook = named(app.webhook, webhookId);
      const scope = { ...scopeOf(webhook, filled, atDesk), webhook: { id: 1, url } };
      const communication = code(webhook, 'attach');
      const outcome = await runCommunication({ communication, scope, wire });
      const { data = {} } = (communication.response ?? {}) as { data?: object };
      const kept = transform(data, outcome.scope) as object;
      return {
        id: webhookId,
        values: { id: 1, url, ...kept },
        connection: filled.connection,
        parameters: (scope as { parameters?: Values }).parameters ?? {},
      };
    },

    async deliver(moduleId, hook, { headers, body }) {
      const module = named(app.module, moduleId);
      if (module.webhook !== hook.id) throw new TypeError(`${moduleId} does not listen to ${hook.id}.`);
      const scope = { webhook: hook.values, parameters: hook.parameters, headers, body, query: {}, method: 'POST' };
      return deliver(code(named(app.webhook, hook.id)), code(module), scope);
    },

    async detach(hook) {
      const scope = {
        ...atDesk,
        connection: hook.connection?.values,
        parameters: hook.parameters,
        webhook: hook.values,
      };
      await runCommunication({ communication: code(named(app.webhook, hook.id), 'detach'), scope, wire });
    },
  };
}

function named(components: Readonly<Record<string, AppComponent>>, id: string): AppComponent {
  const found = components[id];
  if (found === undefined) throw new TypeError(`The app has no component ${id}.`);
  return found;
}

function code(component: AppComponent, key = 'communication'): Communication {
  return component.code[key] as Communication;
}

function valuesOf({ code: files }: AppComponent, { parameters = {} }: Filled): Values {
  const fields = [files.params, files.staticParams, files.mappableParams].flatMap(
    (form) => (form ?? []) as FormField[],
  );
  return formValues(fields, parameters);
}

/** First who sends is checked, then whether it concerns anybody, then what it becomes. */
function deliver(webhook: Communication, module: Communication, scope: Scope): Delivered {
  const { verification, condition = true, output = '{{body}}', respond } = webhook;
  const { condition: verified, respond: refusal } = (verification ?? { condition: true }) as Communication;
  if (!transform(verified, scope)) return { response: responseTo(refusal, scope, 403), bundles: [] };
  const response = responseTo(respond, scope, 200);
  if (!transform(condition, scope)) return { response, bundles: [] };
  const payload = transform(output, scope);
  const own = (module.response as Communication | undefined)?.output;
  return { response, bundles: [own === undefined ? payload : transform(own, { ...scope, payload })] };
}

function responseTo(respond: unknown, scope: Scope, otherwise: number): Delivered['response'] {
  const { status = otherwise, body } = (transform(respond ?? {}, scope) ?? {}) as { status?: number; body?: unknown };
  return { status: Number(status), body };
}

function ageIn({ id, date }: TriggerItem, { lastDate, lastIds = [] }: PollState): Age {
  if (lastDate === undefined || date > lastDate) return 'new';
  if (date < lastDate) return 'older';
  return lastIds.includes(id) ? 'known' : 'new';
}

function timeOf({ trigger }: Bundle): number {
  return trigger?.date.getTime() ?? 0;
}

function remember(state: PollState, bundles: readonly Bundle[]): void {
  const date = bundles.at(-1)?.trigger?.date;
  if (date === undefined) return;
  const ids = bundles.filter((bundle) => timeOf(bundle) === date.getTime()).map(({ trigger }) => trigger?.id ?? '');
  const before = state.lastDate?.getTime() === date.getTime() ? (state.lastIds ?? []) : [];
  state.lastDate = date;
  state.lastIds = [...before, ...ids];
}
