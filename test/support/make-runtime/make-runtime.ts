import { type FormField, formValues } from './form-values.ts';
import { type Scope, transform } from './iml.ts';
import type { App, AppComponent } from './load-app.ts';
import type { LogEntry, Wire } from './make-request.ts';
import { withRemoteFields } from './remote-fields.ts';
import {
  type Age,
  type Bundle,
  type Communication,
  type Outcome,
  runCommunication,
  type TriggerItem,
} from './run-communication.ts';

type Values = Readonly<Record<string, unknown>>;

// DOCS, below, is https://developers.make.com/custom-apps-documentation

/** "Recommended limit of … calls performed by RPC: 3", "… paginated records: 3 * number of objects per page". DOCS/app-components/rpcs */
const mostCallsOfRpc = 3;

export interface MakeSettings {
  app: App;
  /** The environment that Make gives modules, without a promise. */
  scenario?: { id: number; organizationId: number } | undefined;
  executionId?: string | undefined;
  secondMs?: number;
  hosts?: Wire['hosts'];
  /** Whether `attach` and `detach` inherit base like RPCs: Make's pages do not say, so tests try both. */
  webhooksInheritBase?: boolean;
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

/** Of a webhook what it is and what `attach` has kept, and the form it was made with. */
export interface AttachedHook {
  id: string;
  /** `url` and the like, and what `attach` kept: `webhook.*` in `attach` and `detach`. */
  values: Values;
  /** The values that `attach` saved: `data.*` when a delivery arrives. */
  data: Values;
  connection: Connection | undefined;
  parameters: Values;
}

export interface Delivered {
  response: { status: number; body: unknown };
  bundles: unknown[];
  /** The error of the started scenario at its first module. */
  error?: unknown;
}

export interface PollState {
  lastDate?: Date;
  /** Of the items that have just that date. */
  lastIds?: readonly string[];
}

export interface MakeRuntime {
  readonly log: LogEntry[];
  connect(id: string, parameters: Values): Promise<Connection>;
  /** The bundle of an action, or all bundles of a search. */
  run(moduleId: string, filled: Filled): Promise<unknown[]>;
  options(rpcId: string, filled?: Filled): Promise<{ label: unknown; value: unknown }[]>;
  /** The form of a module as a person sees it with so much filled in: the fields that RPCs give included. */
  form(moduleId: string, filled: Filled): Promise<FormField[]>;
  poll(moduleId: string, filled: Filled & { state: PollState }): Promise<unknown[]>;
  epoch(moduleId: string, filled: Filled): Promise<{ label: string; date: string }[]>;
  attach(webhookId: string, filled: Filled & { url: string }): Promise<AttachedHook>;
  deliver(moduleId: string, hook: AttachedHook, request: { headers: Values; body: unknown }): Promise<Delivered>;
  detach(hook: AttachedHook): Promise<void>;
}

/**
 * Runs an app of Make's as Make would, as far as that is known: connections, modules, RPCs, webhooks, polling. Not known
 * here: OAuth, multipart, XML, custom functions, incomplete executions. A fault of an app throws, where Make is silent.
 */
export function createMakeRuntime({
  app,
  scenario,
  executionId,
  secondMs = 1000,
  hosts = {},
  webhooksInheritBase = false,
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

  /** "Parameters from the modules are passed automatically to linked RPCs." DOCS/app-components/rpcs */
  const formOf = ({ code: files }: AppComponent, { connection, parameters = {} }: Filled): Promise<FormField[]> => {
    const fields = [files.staticParams, files.mappableParams].flatMap((form) => (form ?? []) as FormField[]);
    return withRemoteFields(fields, parameters, async (id) => {
      const scope: Scope = { ...atDesk, connection: connection?.values, parameters };
      return (await runModule(named(app.rpc, id), scope)).bundles.map(({ output }) => output);
    });
  };

  const runModule = (module: AppComponent, scope: Scope, ageOf?: (item: TriggerItem) => Age): Promise<Outcome> =>
    runCommunication({ communication: code(module), base: app.base, scope, wire, ...(ageOf && { ageOf }) });

  /** The bundle of an instant trigger: its own `output`, else the payload as it is. It has base like any module. */
  const start = async (module: AppComponent, payload: unknown): Promise<unknown[]> => {
    const communication = code(module);
    const response = { output: '{{payload}}', ...((communication.response ?? {}) as object) };
    const scope: Scope = { ...inScenario, parameters: {}, connection: {}, payload };
    return (await runModule({ ...module, code: { communication: { ...communication, response } } }, scope)).bundles.map(
      ({ output }) => output,
    );
  };

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
      // "Search modules retrieve data from a service and allow for one or more results", actions "retrieve a single result".
      // DOCS/best-practices/naming-conventions/modules/module-descriptions
      if (module.moduleType === 'action' && [code(module)].flat().some(givesMany))
        throw new TypeError(`${moduleId} is an action and gives many bundles.`);
      const form = await formOf(module, filled);
      const shown = { ...module, code: { ...module.code, staticParams: undefined, mappableParams: form } };
      const { bundles } = await runModule(module, scopeOf(shown, filled, inScenario));
      return bundles.map(({ output }) => output);
    },

    form: (moduleId, filled) => formOf(named(app.module, moduleId), filled),

    async options(rpcId, filled = {}) {
      const rpc = named(app.rpc, rpcId);
      const before = wire.log.length;
      const { bundles } = await runModule(rpc, scopeOf(rpc, filled, atDesk));
      if (wire.log.length - before > mostCallsOfRpc) throw new TypeError(`${rpcId} asks more than three times.`);
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
      const base = webhooksInheritBase ? app.base : undefined;
      const outcome = await runCommunication({ communication, base, scope, wire });
      const { data = {} } = (communication.response ?? {}) as { data?: object };
      const kept = transform(data, outcome.scope) as object;
      return {
        id: webhookId,
        values: { id: 1, url, ...kept },
        data: kept as Values,
        connection: filled.connection,
        parameters: (scope as { parameters?: Values }).parameters ?? {},
      };
    },

    async deliver(moduleId, hook, { headers, body }) {
      const module = named(app.module, moduleId);
      if (module.webhook !== hook.id) throw new TypeError(`${moduleId} does not listen to ${hook.id}.`);
      // "These IML variables are available for you to use everywhere in a webhook: now, environment, parameters, data, body,
      // query, method, headers", and `data` is an "Alias for parameters". `webhook` is none of them and empty. The values that
      // `attach` saved were seen under `data` (README of pdfgate/make-integration-pdfgate); by the page's own words it would not
      // be there, so an app must also work where it is not: a test takes it out. DOCS/app-components/webhooks
      const { parameters } = hook;
      const data = { ...parameters, ...hook.data };
      const arrived: Scope = {
        environment: {},
        webhook: {},
        parameters,
        data,
        headers,
        body,
        query: {},
        method: 'POST',
      };
      const { response, payloads } = receive(code(named(app.webhook, hook.id)), arrived);
      try {
        const bundles: unknown[] = [];
        for (const payload of payloads) bundles.push(...(await start(module, payload)));
        return { response, bundles };
      } catch (error) {
        return { response, bundles: [], error };
      }
    },

    async detach(hook) {
      const scope = {
        ...atDesk,
        connection: hook.connection?.values,
        parameters: hook.parameters,
        webhook: hook.values,
      };
      const communication = code(named(app.webhook, hook.id), 'detach');
      await runCommunication({ communication, base: webhooksInheritBase ? app.base : undefined, scope, wire });
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

/**
 * `verification.condition` "specifies when to treat the incoming data as a verification request": where it is true, the
 * request is a handshake, is answered with `verification.respond`, and starts nothing. DOCS/app-components/webhooks
 *
 * Where the webhook's `condition` is false, Make stops before `respond` too: its own 200 "Accepted", and no bundle (seen live by
 * the author of pdfgate/make-integration-pdfgate, README "Signature verification").
 */
function receive(webhook: Communication, scope: Scope): { response: Delivered['response']; payloads: unknown[] } {
  const { verification, condition = true, output = '{{body}}', respond } = webhook;
  const handshake = (verification ?? { condition: false }) as Communication;
  if (transform(handshake.condition ?? false, scope))
    return { response: responseTo(handshake.respond, scope, 200), payloads: [] };
  if (!transform(condition, scope)) return { response: { status: 200, body: 'Accepted' }, payloads: [] };
  return { response: responseTo(respond, scope, 200), payloads: [transform(output, scope)] };
}

function givesMany({ pagination, response }: Communication): boolean {
  return pagination !== undefined || (response as Communication | undefined)?.iterate !== undefined;
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
