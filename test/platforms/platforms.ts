import { AiGateway } from 'n8n-nodes-ai-gateway/nodes/AiGateway/AiGateway.node.ts';
import { AiGatewayTrigger } from 'n8n-nodes-ai-gateway/nodes/AiGatewayTrigger/AiGatewayTrigger.node.ts';
import type { FormField, RemoteOptions } from '../support/make-runtime/form-values.ts';
import { deliver, dropDownContext, executeNode, hookContext } from '../support/n8n-host.ts';
import { startReceiver } from '../support/receiver.ts';
import { openMake } from './make/make-host.ts';
import { answerOf, asked, locator } from './n8n/forms.ts';
import { methodsOf, openApp, openZapier } from './zapier/zapier-host.ts';

/** The platform of the automation, and the tags that it sends. */
export interface Platform {
  name: 'make' | 'zapier' | 'n8n';
  /** The tags of a call whose form names none. */
  automatic: {
    scenario_id: string;
    scenario_platform: string;
    execution_id: string | null;
    organization_id: string | null;
    node: string | null;
  };
  open(gatewayUrl: string, key: string): Promise<Automation>;
}

/** The steps of a builder on every platform; each fills in the forms of its own app. */
export interface Automation {
  chat(ask: Ask): Promise<Row>;
  createBudget(budget: { name: string; limitUsd: number; client: string }): Promise<Row>;
  raiseBudget(id: string, byUsd: number): Promise<Row>;
  checkBudget(client: string): Promise<Row>;
  usageOf(client: string): Promise<Row>;
  pause(scenario: string, reason: string): Promise<Row>;
  resume(scenario: string): Promise<Row>;
  invoice(client: string, from: Date, to: Date): Promise<Row>;
  /** The prompts of the drop-down. */
  prompts(): Promise<{ value: unknown; label: unknown }[]>;
  /** The fields for variables that the form shows with so much chosen. */
  promptFields(chosen: { id?: string; label?: string }): Promise<PromptField[]>;
  /** `run`: the run of the automation, where a person names it. */
  runPrompt(run: { id: string; label?: string; variables: Row; client?: string; run?: string }): Promise<Row>;
  /** Without a request it scores the last call of the run. */
  feedback(feedback: { request?: unknown; score: string; run?: string }): Promise<Row>;
  experimentResult(id: string): Promise<Row>;
  /** Without an arm the winner is adopted. */
  adopt(experiment: string, arm?: string): Promise<Row>;
  startExperiment(id: string): Promise<Row>;
  stopExperiment(id: string): Promise<Row>;
  savingsByClient(): Promise<Row[]>;
  /** Switches an automation on that starts at alerts. */
  startAtAlertsOf(client: string): Promise<Started>;
}

export type Row = Record<string, unknown>;

interface PromptField {
  name: string;
  label: string;
  /** n8n's resource mapper has no help. */
  help: string | undefined;
  type: 'text' | 'number' | 'boolean' | 'choice' | 'json' | 'messages';
  required: boolean;
  initial: unknown;
  choices: unknown[];
}

interface Ask {
  client: string;
  prompt?: string;
  project?: string;
  scenario?: string;
  maxTokens?: number;
  /** JSON of this form is to come back, parsed. */
  schema?: object;
  fallbackModels?: string[];
  /** How long an equal question gets the same answer. */
  cacheSeconds?: number;
}

interface Started {
  /** The data that the automation starts with after an alert. */
  firstAlert(): Promise<Row>;
  switchOff(): Promise<void>;
}

const model = 'gpt-4o-mini';

const make: Platform = {
  name: 'make',
  automatic: {
    scenario_id: '4711',
    scenario_platform: 'make',
    execution_id: 'run-1',
    organization_id: '815',
    node: null,
  },
  async open(url, key) {
    const app = await openMake(url, key);
    return {
      chat: ({ prompt = 'Hi', client, project, scenario, maxTokens, schema, fallbackModels, cacheSeconds }) =>
        app.chat({
          model,
          prompt,
          client_id: client,
          project,
          scenario_id: scenario,
          max_tokens: maxTokens,
          ...(schema === undefined ? {} : { format: 'json_schema', schema: JSON.stringify(schema), strict: true }),
          fallback_models: fallbackModels,
          cache_seconds: cacheSeconds,
        }),
      createBudget: ({ name, limitUsd, client }) =>
        app.act('budgetsCreate', { name, limit_usd: limitUsd, scope: { client_id: client } }),
      raiseBudget: (id, byUsd) => app.act('budgetsRaise', { id, by_usd: byUsd }),
      checkBudget: (client) => app.checkBudget({ client_id: client, model }),
      usageOf: async (client) => only(await app.usageByClient({ client_id: client })),
      pause: (id, reason) => app.act('scenariosPause', { id, reason }),
      resume: (id) => app.act('scenariosResume', { id }),
      invoice: (client, from, to) => app.act('invoicesCreate', { client_id: client, from, to }),
      prompts: () => app.make.options('promptsList', { connection: app.connection }),
      promptFields: async (parameters) => {
        const form = await app.make.form('promptsRun', { connection: app.connection, parameters });
        return variablesIn(form).map(
          ({ name = '', label = '', help, type, required = false, default: initial, options }) => ({
            name,
            label,
            help: help ?? '',
            type: makeTypes[type] ?? 'text',
            required,
            initial,
            choices: Array.isArray(options) ? options.map(({ value }) => value) : [],
          }),
        );
      },
      runPrompt: ({ client, id, label, variables }) =>
        app.act('promptsRun', { id, label, variables, client_id: client }),
      feedback: ({ request, score }) => app.act('feedbackCreate', { request_id: request, score }),
      experimentResult: (id) => app.act('experimentsResults', { id }),
      adopt: (id, arm) => app.act('experimentsAdopt', { id, arm }),
      startExperiment: (id) => app.act('experimentsStart', { id }),
      stopExperiment: (id) => app.act('experimentsStop', { id }),
      savingsByClient: () => app.run('savingsGet', { group_by: 'client', limit: 100 }),
      async startAtAlertsOf(client) {
        const listening = await app.onBudgetAlert({ client_id: client });
        return {
          firstAlert: async () => only((await listening.waitFor(1)).slice(0, 1)),
          switchOff: () => listening.stop(),
        };
      },
    };
  },
};

const makeTypes: Readonly<Record<string, PromptField['type']>> = {
  number: 'number',
  boolean: 'boolean',
  select: 'choice',
  json: 'json',
  array: 'messages',
};

/** The fields in the collection that is nested under the prompt. */
function variablesIn(form: readonly FormField[]): FormField[] {
  const prompt = form.find(({ name }) => name === 'id');
  const { nested = [] } = (prompt?.options ?? {}) as RemoteOptions;
  const [variables] = nested;
  return Array.isArray(variables?.spec) ? variables.spec : [];
}

const zapier: Platform = {
  name: 'zapier',
  automatic: {
    scenario_id: '22068168',
    scenario_platform: 'zapier',
    execution_id: null,
    organization_id: null,
    node: null,
  },
  async open(url, key) {
    const zapId = zapier.automatic.scenario_id;
    const app = openZapier(url, key, { zapId });
    const zap = openApp({ url, key, zapId });
    const keyOf = (name: string): string => `variables__${name}`;
    return {
      chat: ({ prompt = 'Hi', client, project, scenario, maxTokens, schema, fallbackModels, cacheSeconds }) =>
        app.chat({
          model,
          prompt,
          client_id: client,
          project,
          scenario_id: scenario,
          max_tokens: maxTokens,
          ...(schema === undefined ? {} : { output_format: 'json_schema', json_schema: JSON.stringify(schema) }),
          fallback_models: fallbackModels,
          cache_seconds: cacheSeconds,
        }),
      createBudget: ({ name, limitUsd, client }) =>
        app.create('budgets_create', { name, limit_usd: limitUsd, scope__client_id: client }),
      raiseBudget: (id, byUsd) => app.create('budgets_raise', { id, by_usd: byUsd }),
      checkBudget: async (client) => there(await app.checkBudget({ client_id: client, model })),
      // A search finds one thing: the rows are its line items.
      usageOf: async (client) => only(there(await app.usageByClient({ client_id: client })).data as Row[]),
      pause: (id, reason) => app.create('scenarios_pause', { id, reason }),
      resume: (id) => app.create('scenarios_resume', { id }),
      invoice: (client, from, to) =>
        app.create('invoices_create', { client_id: client, from: from.toISOString(), to: to.toISOString() }),
      prompts: async () => {
        const rows = (await zap.run(methodsOf(zap, 'prompts_list').perform, {})) as { id: string; name: string }[];
        return rows.map(({ id, name }) => ({ value: id, label: name }));
      },
      promptFields: async (chosen) => {
        const { results } = await zap.execute('creates.prompts_run.operation.inputFields', chosen);
        return (results as ZapierField[])
          .filter((field) => field.key.startsWith(keyOf('')))
          .map((field) => ({
            name: field.key.slice(keyOf('').length),
            label: field.label ?? '',
            help: field.helpText ?? '',
            type: zapierType(field),
            required: field.required ?? false,
            initial: zapierInitial(field),
            choices: (field.choices ?? []).map(({ value }) => value),
          }));
      },
      runPrompt: ({ id, label, client, run, variables }) =>
        app.create('prompts_run', {
          id,
          label,
          client_id: client,
          execution_id: run,
          ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [keyOf(name), value])),
        }),
      feedback: ({ request, score, run }) =>
        app.create('feedback_create', { request_id: request, score, execution_id: run }),
      experimentResult: async (id) => there(await app.find('experiments_results', { id })),
      adopt: (id, arm) => app.create('experiments_adopt', { id, arm }),
      startExperiment: (id) => app.create('experiments_start', { id }),
      stopExperiment: (id) => app.create('experiments_stop', { id }),
      savingsByClient: async () => there(await app.find('savings_get', { group_by: 'client' })).data as Row[],
      async startAtAlertsOf(client) {
        const receiver = await startReceiver();
        const zap = await app.onBudgetAlert({ client_id: client }, receiver.url);
        return {
          firstAlert: async () => {
            const [delivery] = await receiver.waitFor(1);
            return only(await zap.deliver(there(delivery)));
          },
          switchOff: async () => {
            await zap.switchOff();
            await receiver.stop();
          },
        };
      },
    };
  },
};

interface ZapierField {
  key: string;
  label?: string;
  helpText?: string;
  type?: string;
  required?: boolean;
  default?: string;
  choices?: { value: string }[];
  children?: object[];
}

/** Zapier has no field for JSON: it is a text. */
function zapierType({ type, choices, children }: ZapierField): PromptField['type'] {
  if (children !== undefined) return 'messages';
  if (choices !== undefined) return 'choice';
  return type === 'number' || type === 'boolean' ? type : 'text';
}

/** Zapier's defaults are texts. */
function zapierInitial({ type, default: given }: ZapierField): unknown {
  return given === undefined || (type !== 'number' && type !== 'boolean') ? given : JSON.parse(given);
}

const n8n: Platform = {
  name: 'n8n',
  automatic: {
    scenario_id: 'wf42',
    scenario_platform: 'n8n',
    execution_id: '1007',
    organization_id: null,
    node: 'Classify',
  },
  async open(url, key) {
    const node = new AiGateway();
    const host = {
      credential: { baseUrl: url, apiKey: key },
      workflowId: 'wf42',
      executionId: '1007',
      nodeName: 'Classify',
    };
    const run = (resource: string, operation: string, parameters: Row): Promise<Row> =>
      answerOf(node, host, asked(resource, operation, parameters));
    /** As the editor loads it: it keeps the fields with the node. */
    const schemaOf = async ({ id, label }: { id?: string; label?: string | undefined }) => {
      const form = { ...(id === undefined ? {} : { id: locator(id) }), ...(label === undefined ? {} : { label }) };
      const loaded = await node.methods.resourceMapping.getPromptsFields?.call(dropDownContext(node, host, form));
      return loaded?.fields ?? [];
    };
    return {
      chat: ({ prompt = 'Hi', client, project, scenario, maxTokens, schema, fallbackModels, cacheSeconds }) =>
        run('chat', 'complete', {
          model: locator(model),
          prompt,
          client: locator(client),
          ...(schema === undefined ? {} : { outputFormat: 'json_schema', jsonSchema: JSON.stringify(schema) }),
          options: {
            ...(project === undefined ? {} : { project: locator(project) }),
            ...(scenario === undefined ? {} : { scenario: locator(scenario) }),
            ...(maxTokens === undefined ? {} : { maxTokens }),
            ...(fallbackModels === undefined ? {} : { fallbackModels }),
            ...(cacheSeconds === undefined ? {} : { cacheSeconds }),
          },
        }),
      createBudget: ({ name, limitUsd, client }) =>
        run('budget', 'create', { name, limitUsd, scope: { clientId: locator(client) } }),
      raiseBudget: (id, byUsd) => run('budget', 'raise', { id: locator(id), byUsd }),
      checkBudget: (client) =>
        run('budget', 'check', { additionalFields: { clientId: locator(client), model: locator(model) } }),
      usageOf: async (client) => {
        const parameters = { returnAll: true, additionalFields: { clientId: locator(client) } };
        const items = await executeNode(node, host, [asked('usage', 'clients', parameters)]);
        return only(items.map(({ json }) => json));
      },
      pause: (id, reason) => run('scenario', 'pause', { id: locator(id), additionalFields: { reason } }),
      resume: (id) => run('scenario', 'resume', { id: locator(id) }),
      invoice: (client, from, to) =>
        run('invoice', 'create', {
          clientId: locator(client),
          from: from.toISOString(),
          to: to.toISOString(),
        }),
      prompts: async () => {
        const { results = [] } = (await node.methods.listSearch.searchPrompts?.call(dropDownContext(node, host))) ?? {};
        return results.map(({ name, value }) => ({ value, label: name }));
      },
      promptFields: async (chosen) =>
        (await schemaOf(chosen)).map(({ id, displayName, type, required, defaultValue, options = [] }) => ({
          name: id,
          label: displayName,
          help: undefined,
          type: n8nTypes[type ?? ''] ?? 'json',
          required,
          initial: defaultValue,
          choices: options.map(({ value }) => value),
        })),
      runPrompt: async ({ id, label, client, variables }) =>
        run('prompt', 'run', {
          id: locator(id),
          ...(label === undefined ? {} : { label }),
          variables: { mappingMode: 'defineBelow', value: variables, schema: await schemaOf({ id, label }) },
          ...(client === undefined ? {} : { additionalFields: { clientId: locator(client) } }),
        }),
      feedback: ({ request = '', score }) => run('feedback', 'create', { requestId: request, score }),
      experimentResult: (id) => run('experiment', 'results', { id: locator(id) }),
      adopt: (id, arm) =>
        run('experiment', 'adopt', { id: locator(id), ...(arm === undefined ? {} : { additionalFields: { arm } }) }),
      startExperiment: (id) => run('experiment', 'start', { id: locator(id) }),
      stopExperiment: (id) => run('experiment', 'stop', { id: locator(id) }),
      savingsByClient: async () => {
        const rows = await executeNode(node, host, [asked('saving', 'get', { groupBy: 'client', returnAll: true })]);
        return rows.map(({ json }) => json);
      },
      async startAtAlertsOf(client) {
        const receiver = await startReceiver();
        const trigger = new AiGatewayTrigger();
        const { create, delete: remove } = trigger.webhookMethods.default;
        const listening = { ...host, webhookUrl: receiver.url, staticData: {} };
        const published = () => hookContext(trigger, listening, { filters: { client: locator(client) } });
        await create.call(published());
        return {
          firstAlert: async () => {
            const { headers, body } = there((await receiver.waitFor(1))[0]);
            const { items } = await deliver(trigger, listening, { headers: headers as Record<string, string>, body });
            const { json } = only(items);
            return { ...json, ...(json.data as Row) };
          },
          switchOff: async () => {
            await remove.call(published());
            await receiver.stop();
          },
        };
      },
    };
  },
};

const n8nTypes: Readonly<Record<string, PromptField['type']>> = {
  string: 'text',
  number: 'number',
  boolean: 'boolean',
  options: 'choice',
  array: 'messages',
};

export const platforms: readonly Platform[] = [make, zapier, n8n];

function only<Item>(items: readonly Item[]): Item {
  if (items.length !== 1) throw new Error(`There are ${items.length}, not one.`);
  return items[0] as Item;
}

function there<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('There is none.');
  return value;
}
