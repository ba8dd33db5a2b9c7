import type { Platform } from '@ai-gateway/shared/steps/platform-exceptions';
import { AiGatewayApi } from 'n8n-nodes-ai-gateway/credentials/AiGatewayApi.credentials.ts';
import { AiGateway } from 'n8n-nodes-ai-gateway/nodes/AiGateway/AiGateway.node.ts';
import { AiGatewayTrigger } from 'n8n-nodes-ai-gateway/nodes/AiGatewayTrigger/AiGatewayTrigger.node.ts';
import { subscriptionOf } from 'n8n-nodes-ai-gateway/nodes/AiGatewayTrigger/subscription.ts';
import type { INodeProperties } from 'n8n-nodes-ai-gateway/src/n8n-workflow.ts';
import type { PlainInputField, PlainOutputField } from 'zapier-platform-core';
import { app as makeApp } from './make/make-host.ts';
import { app as zapierApp } from './zapier/zapier-host.ts';

/** A field of a form as its platform shows it: one shape for all three, read off the finished app. */
export interface FinishedField {
  /** `messages.role` for a field inside another. */
  key: string;
  label: string;
  help: string;
  required: boolean;
  initial: unknown;
  choices: [value: string, label: string][];
  /** `input=prompt`: shown while the field `input` has the value `prompt`. */
  visibleWhen: string | undefined;
  advanced: boolean;
}

interface FinishedStep {
  label: string;
  description: string;
  fields: FinishedField[];
  /** Keys with labels in lower case; undefined where the platform declares none. */
  output: [key: string, label: string][] | undefined;
  sample: unknown;
}

/** Something an automation can start at. */
interface FinishedAlert {
  label: string;
  description: string;
  /** Undefined where only a subscription shows them. */
  events: readonly string[] | undefined;
  filters: FinishedField[];
  /** Keys with labels in lower case, what every event has left out; undefined where the platform declares none. */
  data: [key: string, label: string][] | undefined;
  sample: unknown;
}

interface MakeParameter {
  name?: string;
  type: string;
  label?: string;
  help?: string;
  required?: boolean;
  default?: unknown;
  advanced?: boolean;
  options?: string | { label: string; value: string; nested?: MakeParameter[] }[] | { nested: MakeParameter[] };
  spec?: MakeParameter | MakeParameter[];
}

function makeFields(
  parameters: readonly MakeParameter[],
  { before = '', visibleWhen }: { before?: string; visibleWhen?: string } = {},
): FinishedField[] {
  return parameters.flatMap((parameter) => {
    const { name = '', options, spec } = parameter;
    const choices = Array.isArray(options) ? options : [];
    // The parts of a message or of a schema, which only Make asks for as they are.
    const inside =
      !['images', 'answer_fields'].includes(name) && Array.isArray(spec)
        ? spec.filter((part) => typeof part === 'object')
        : [];
    // Fields that Make asks for once something is chosen.
    const decided = typeof options === 'object' && !Array.isArray(options) ? options.nested : [];
    return [
      {
        key: `${before}${name}`,
        label: parameter.label ?? '',
        help: parameter.help ?? '',
        required: parameter.required ?? false,
        initial: parameter.default,
        choices: choices.map(({ value, label }): [string, string] => [value, label]),
        visibleWhen,
        advanced: parameter.advanced ?? false,
      },
      ...makeFields(inside, { before: `${name}.` }),
      ...makeFields(decided),
      ...choices.flatMap(({ value, nested = [] }) => makeFields(nested, { visibleWhen: `${name}=${value}` })),
    ];
  });
}

function makeStep(module: string): FinishedStep {
  const step = makeApp.module[module];
  const answer = step?.code.interface as MakeParameter[];
  return {
    label: step?.label ?? '',
    description: step?.description ?? '',
    fields: makeFields(step?.code.mappableParams as MakeParameter[]),
    output: answer.flatMap(({ name = '', label = '', spec }): [string, string][] =>
      Array.isArray(spec)
        ? spec.map((inner) => [`${name}.${inner.name}`, (inner.label ?? '').toLowerCase()])
        : [[name, label.toLowerCase()]],
    ),
    sample: step?.code.samples,
  };
}

/** By the alert's label in lower case. */
function makeAlerts(): Record<string, FinishedAlert> {
  const watchers = Object.values(makeApp.module).filter(({ moduleType }) => moduleType === 'instant_trigger');
  return Object.fromEntries(
    watchers.map(({ label, description = '', webhook = '', code }) => {
      const hook = makeApp.webhook[webhook];
      const { event_id: id, type, created_at, livemode, ...data } = code.samples as Record<string, unknown>;
      return [
        label.replace(/^Watch /, ''),
        {
          label,
          description,
          events: (hook?.code.attach as { body: { events: string[] } } | undefined)?.body.events,
          filters: makeFields(hook?.code.params as MakeParameter[]),
          data: (code.interface as MakeParameter[])
            .map(({ name = '', label: of = '' }): [string, string] => [name, of.toLowerCase()])
            .filter(([key]) => !['event_id', 'type', 'created_at', 'livemode'].includes(key)),
          sample: { id, type, created_at, livemode, data },
        },
      ];
    }),
  );
}

type ZapierField = PlainInputField | ((z: unknown, bundle: object) => PlainInputField[]);

/** A field that comes by a function is asked for with each choice of each field that alters the form; those a gateway lists are left out. */
function zapierFields(fields: readonly ZapierField[]): FinishedField[] {
  const altering = fields.flatMap((field) =>
    typeof field !== 'function' && field.altersDynamicFields === true ? [field] : [],
  );
  return fields.flatMap((field) => {
    if (typeof field !== 'function') return zapierField(field);
    for (const { key, choices } of altering)
      for (const { value } of (choices ?? []) as { value: string }[]) {
        const shown = field({}, { inputData: { [key]: value } });
        if (shown.length > 0) return shown.flatMap((one) => zapierField(one, `${key}=${value}`));
      }
    return [];
  });
}

function zapierField(field: PlainInputField, visibleWhen?: string): FinishedField[] {
  const read = (one: PlainInputField, key: string, visible?: string): FinishedField => ({
    key,
    label: one.label ?? '',
    help: one.helpText ?? '',
    required: one.required ?? false,
    initial: one.type === 'boolean' && one.default !== undefined ? one.default === 'true' : one.default,
    choices: ((one.choices ?? []) as { value: string; label: string }[]).map(({ value, label }) => [value, label]),
    visibleWhen: visible,
    advanced: false,
  });
  const inside = (field.children ?? []) as PlainInputField[];
  return [read(field, field.key, visibleWhen), ...inside.map((child) => read(child, `${field.key}.${child.key}`))];
}

function zapierStep(key: string): FinishedStep {
  const step = zapierApp.creates[key];
  return {
    label: step?.display.label ?? '',
    description: step?.display.description ?? '',
    fields: zapierFields((step?.operation.inputFields ?? []) as ZapierField[]),
    // Those that come by a function are other ones in every Zap.
    output: (step?.operation.outputFields ?? []).flatMap((field): [string, string][] =>
      typeof field === 'function' ? [] : [[field.key.replace('__', '.'), (field.label ?? '').toLowerCase()]],
    ),
    sample: step?.operation.sample,
  };
}

function zapierAlerts(): Record<string, FinishedAlert> {
  const hooks = Object.values(zapierApp.triggers).filter(({ operation }) => operation.type === 'hook');
  return Object.fromEntries(
    hooks.map(({ key, display, operation }) => {
      const { id, type, created_at, livemode, ...data } = operation.sample ?? {};
      const outputs = (operation.outputFields ?? []) as PlainOutputField[];
      return [
        key,
        {
          label: display.label ?? '',
          description: display.description ?? '',
          events: undefined,
          filters: zapierFields((operation.inputFields ?? []) as ZapierField[]),
          data: outputs
            .map(({ key: of, label = '' }): [string, string] => [of, label.toLowerCase()])
            .filter(([of]) => !['id', 'type', 'created_at', 'livemode'].includes(of)),
          sample: { id, type, created_at, livemode, data },
        },
      ];
    }),
  );
}

function n8nAlerts(): Record<string, FinishedAlert> {
  const [events, filters] = new AiGatewayTrigger().description.properties;
  return Object.fromEntries(
    (events?.options ?? []).flatMap((option) =>
      'value' in option
        ? [
            [
              option.value,
              {
                label: option.name,
                description: option.description ?? '',
                events: subscriptionOf({ url: '', events: [String(option.value)], filters: {}, workflowId: '' }).events,
                filters: n8nFields(filters?.options as INodeProperties[]),
                // n8n shows no output and no sample before the first event.
                data: undefined,
                sample: undefined,
              },
            ],
          ]
        : [],
    ),
  );
}

function n8nFields(
  properties: readonly INodeProperties[],
  { before = '', advanced = false }: { before?: string; advanced?: boolean } = {},
): FinishedField[] {
  return properties.flatMap((property) => {
    const { name, type, options = [] } = property;
    if (type === 'collection') return n8nFields(options as INodeProperties[], { advanced: true });
    const { resource: _, operation: __, ...when } = property.displayOptions?.show ?? {};
    const [condition] = Object.entries(when);
    const inside = type === 'fixedCollection' ? options.flatMap((one) => ('values' in one ? one.values : [])) : [];
    return [
      {
        key: `${before}${name}`,
        label: property.displayName,
        help: property.description ?? '',
        required: property.required ?? false,
        initial: n8nInitial(property),
        choices: options.flatMap((one): [string, string][] => ('value' in one ? [[String(one.value), one.name]] : [])),
        visibleWhen: condition === undefined ? undefined : `${condition[0]}=${condition[1]?.[0]}`,
        advanced,
      },
      ...n8nFields(inside, { before: `${name}.` }),
    ];
  });
}

/** n8n wants a default of every field; an empty one is none. */
function n8nInitial({ type, default: given }: INodeProperties): unknown {
  if (type === 'resourceLocator') return (given as { value: string }).value || undefined;
  return type === 'fixedCollection' || type === 'resourceMapper' || Array.isArray(given) || given === ''
    ? undefined
    : given;
}

function n8nStep(resource: string, value: string): FinishedStep {
  const { properties } = new AiGateway().description;
  const isOfStep = ({ displayOptions }: INodeProperties): boolean =>
    displayOptions?.show?.resource?.[0] === resource && displayOptions.show.operation?.[0] === value;
  const operation = properties
    .filter(({ name, displayOptions }) => name === 'operation' && displayOptions?.show?.resource?.[0] === resource)
    .flatMap(({ options = [] }) => options)
    .find((option) => 'value' in option && option.value === value);
  return {
    label: operation?.name ?? '',
    description: operation !== undefined && 'description' in operation ? (operation.description ?? '') : '',
    fields: n8nFields(properties.filter(isOfStep)),
    // n8n declares no output: what a node answers with is seen when it has run.
    output: undefined,
    sample: undefined,
  };
}

interface FinishedApp {
  chat: FinishedStep;
  /** The other steps whose form is shared, by their operations. */
  steps: Readonly<Record<string, FinishedStep>>;
  alerts: Readonly<Record<string, FinishedAlert>>;
  /** The fields of a connection. */
  connection: FinishedField[];
}

export const finishedApps: Readonly<Record<Platform, FinishedApp>> = {
  make: {
    chat: makeStep('chatComplete'),
    steps: { 'prompts.run': makeStep('promptsRun'), 'feedback.create': makeStep('feedbackCreate') },
    alerts: makeAlerts(),
    connection: makeFields(Object.values(makeApp.connection)[0]?.code.params as MakeParameter[]),
  },
  zapier: {
    chat: zapierStep('chat_complete'),
    steps: { 'prompts.run': zapierStep('prompts_run'), 'feedback.create': zapierStep('feedback_create') },
    alerts: zapierAlerts(),
    connection: zapierFields((zapierApp.authentication?.fields ?? []) as ZapierField[]),
  },
  n8n: {
    chat: n8nStep('chat', 'complete'),
    steps: { 'prompts.run': n8nStep('prompt', 'run'), 'feedback.create': n8nStep('feedback', 'create') },
    alerts: n8nAlerts(),
    connection: n8nFields(new AiGatewayApi().properties.filter(({ type }) => type !== 'notice')),
  },
};
