import type { OperationId } from '@ai-gateway/shared/contract';
import { answeredByPlatforms, type Field, fieldsOf, listsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import { asStep } from '@ai-gateway/shared/steps/as-step';
import { chatStep } from '@ai-gateway/shared/steps/chat-form';
import { withoutArticles } from '@ai-gateway/shared/steps/wording';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { FieldPlan, FieldsPlan, ListPlan, OperationPlan } from '../nodes/AiGateway/operation-plan.ts';
import { eventsOfAlerts, triggerProperties } from './alert-form.ts';
import { chatProperties } from './chat-form.ts';
import { dependentProperty, fieldsPlans } from './field-lists.ts';
import { isAdditional } from './form-place.ts';
import { modelProperties } from './model-form.ts';
import { isNumeric, listMethod, n8nProperty, sorted } from './n8n-property.ts';
import { camelCase, describe, nameOfValue, titleCase } from './wording.ts';

/** The parts of the node that are read off the contract. */
export interface NodeForm {
  resources: INodePropertyOptions[];
  properties: INodeProperties[];
  chatProperties: INodeProperties[];
  modelProperties: INodeProperties[];
  triggerProperties: INodeProperties[];
  /** The gateway's events by the trigger's choices. */
  alertEvents: Record<string, readonly string[]>;
  /** By `resource.operation`, the two values a person picks. */
  operations: Record<string, OperationPlan>;
  /** By the method of the node that fills the drop-down. */
  lists: Record<string, ListPlan>;
  /** By the method of the node that loads them. */
  fieldLists: Record<string, FieldsPlan>;
}

/** Its form is the shared step's: a prompt or messages, images, a schema. */
const sharedSteps: ReadonlySet<string> = new Set(['chat.complete']);

/** Every operation that has n8n among its surfaces, as resource, operation and fields. */
export function nodeForm(contract: readonly Operation[]): NodeForm {
  const offered = contract
    .filter(({ surfaces }) => surfaces.includes('n8n'))
    .map((operation) => asStep(operation, 'n8n'));
  const byResource = Map.groupBy(offered, resourceOf);
  const generated = offered.filter(({ id }) => !sharedSteps.has(id));
  return {
    resources: sorted(
      [...byResource.keys()].map((value) => ({ name: resourceNames[value] ?? nameOfValue(value), value })),
      ({ name }) => name,
    ),
    properties: [
      ...[...byResource].map(([resource, operations]) => operationProperty(resource, operations)),
      ...generated.flatMap((operation) => propertiesOf(operation, contract)),
    ],
    chatProperties: chatProperties(),
    modelProperties: modelProperties(),
    triggerProperties: triggerProperties(),
    alertEvents: eventsOfAlerts(),
    operations: Object.fromEntries(generated.map((operation) => [planKey(operation), planOf(operation)])),
    lists: Object.fromEntries(listPlans(contract, offered)),
    fieldLists: fieldsPlans(
      generated.map((operation) => ({ fields: shownFields(operation) })),
      contract,
    ),
  };
}

/** Names of resources whose id says too little. */
const resourceNames: Readonly<Record<string, string>> = { me: 'Connection', saving: 'Savings' };

/** `budgets.raise` → `budget`: n8n's resources are in the singular. */
function resourceOf({ id }: Operation): string {
  return nounOf(id).replace(/s$/, '');
}

/** `budgets.list` → `getAll`, which is n8n's own word for it. */
function operationValue({ id }: Operation): string {
  const verb = camelCase(id.slice(id.indexOf('.') + 1));
  return verb === 'list' ? 'getAll' : verb;
}

function planKey(operation: Operation): string {
  return `${resourceOf(operation)}.${operationValue(operation)}`;
}

function nounOf(id: string): string {
  return id.slice(0, id.indexOf('.'));
}

function operationProperty(resource: string, operations: readonly Operation[]): INodeProperties {
  const options = sorted(operations.map(operationOption), ({ name }) => name);
  return {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    displayOptions: { show: { resource: [resource] } },
    options,
    default: options[0]?.value ?? '',
  };
}

/** Actions of operations whose label is not one. */
const actions: Readonly<Record<string, string>> = {
  'usage.clients': 'Get usage by client',
  // n8n's linter takes the apostrophe for the end of a word.
  'experiments.results': 'Get results of experiment',
  'experiments.adopt': 'Adopt winner of experiment',
};

function operationOption(operation: Operation): INodePropertyOptions {
  const many = operationValue(operation) === 'getAll';
  const { label: said, description } = operation.id === 'chat.complete' ? chatStep : operation;
  const label = withoutArticles(said);
  return {
    name: many ? 'Get Many' : titleCase(label),
    value: operationValue(operation),
    description: describe(description),
    action: many ? `Get many ${nounOf(operation.id)}` : (actions[operation.id] ?? label),
  };
}

function shownFields(operation: Operation): Field[] {
  return fieldsOf(operation).filter(({ key }) => !answeredByPlatforms.has(key));
}

function propertiesOf(operation: Operation, contract: readonly Operation[]): INodeProperties[] {
  const displayOptions = { show: { resource: [resourceOf(operation)], operation: [operationValue(operation)] } };
  const example = operation.sample.input as Record<string, unknown>;
  const fields = shownFields(operation);
  const additional = fields.filter(isAdditional);
  const inSight = fields.filter((field) => !isAdditional(field));
  return [
    ...inSight.map((field) =>
      dependentProperty(n8nProperty(field, { example: example[field.key], displayOptions }), field, {
        form: fields,
        contract,
      }),
    ),
    ...(answerOf(operation) === 'one' ? [] : paging(displayOptions)),
    ...(additional.length === 0
      ? []
      : [
          {
            displayName: 'Additional Fields',
            name: 'additionalFields',
            type: 'collection' as const,
            placeholder: 'Add Field',
            default: {},
            displayOptions,
            options: sorted(
              additional.map((field) => n8nProperty(field, { example: example[field.key] })),
              ({ displayName }) => displayName,
            ),
          },
        ]),
  ];
}

function paging(displayOptions: NonNullable<INodeProperties['displayOptions']>): INodeProperties[] {
  return [
    {
      displayName: 'Return All',
      name: 'returnAll',
      type: 'boolean',
      displayOptions,
      default: false,
      description: 'Whether to return all results or only up to a given limit',
    },
    {
      displayName: 'Limit',
      name: 'limit',
      type: 'number',
      typeOptions: { minValue: 1 },
      displayOptions: { show: { ...displayOptions.show, returnAll: [false] } },
      default: 50,
      description: 'Max number of results to return',
    },
  ];
}

function planOf(operation: Operation): OperationPlan {
  return {
    // A test hands in an operation the contract does not have; what runs has only the contract's.
    id: operation.id as OperationId,
    answer: answerOf(operation),
    fields: shownFields(operation).map(fieldPlan),
  };
}

/** A list is known by its sample: rows under `data`. It goes on where the input takes a cursor. */
function answerOf(operation: Operation): OperationPlan['answer'] {
  const sample = operation.sample.output as { data?: unknown } | null;
  if (!Array.isArray(sample?.data)) return 'one';
  return fieldsOf(operation).some(({ key }) => key === 'cursor') ? 'pages' : 'rows';
}

function fieldPlan(field: Field): FieldPlan {
  const [item] = field.children;
  const inner =
    field.kind === 'list' && item?.kind === 'group' ? item.children : field.kind === 'group' ? field.children : [];
  return {
    key: field.key,
    name: camelCase(field.key),
    kind: planKind(field),
    additional: isAdditional(field),
    ...(inner.length === 0 ? {} : { fields: inner.map(fieldPlan) }),
  };
}

function planKind({ kind, fields, children: [item] }: Field): FieldPlan['kind'] {
  if (fields !== undefined) return 'mapped';
  if (kind === 'list' && item?.kind === 'group') return 'groups';
  if (kind === 'list' && isNumeric(item)) return 'numbers';
  if (kind === 'choice') return 'text';
  if (kind === 'integer') return 'number';
  return kind;
}

/** Every list some field is filled from, groups included. */
function listPlans(contract: readonly Operation[], offered: readonly Operation[]): [string, ListPlan][] {
  const named = new Set(offered.flatMap((operation) => fieldsOf(operation)).flatMap(listsOf));
  return contract
    .filter(({ id }) => named.has(id))
    .map((operation) => {
      const keys = new Set(fieldsOf(operation).map(({ key }) => key));
      return [
        listMethod(operation.id),
        { id: operation.id as OperationId, searches: keys.has('search'), pages: keys.has('cursor') },
      ];
    });
}
