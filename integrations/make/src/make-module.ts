import { answeredByPlatforms, type Field, fieldsOf } from '@ai-gateway/shared/fields';
import { type Operation, pathParams } from '@ai-gateway/shared/operation';
import { type Component, componentId, connectionId, type Json, type Parameter } from './component.ts';
import { makeField, makeIdField } from './make-field.ts';
import { decidedBy, makeForm } from './make-form.ts';
import { makeInterface } from './make-interface.ts';
import { makeRequest } from './make-request.ts';
import { makeSample } from './make-sample.ts';
import { momentsOf, momentsOfGroups, momentsOfRows } from './moments.ts';
import { actionLabel, searchDescription, searchLabel } from './wording.ts';

/** An operation as a module: a search where it answers rows, else an action. */
export function makeModule(operation: Operation): Component {
  const rows = rowsOf(operation);
  return rows === undefined ? action(operation) : search(operation, rows);
}

/** A list is known by its output: rows under `data`. */
export function rowsOf(operation: Operation): readonly Field[] | undefined {
  const data = fieldsOf({ input: operation.output }).find(({ key }) => key === 'data');
  const [row] = data?.kind === 'list' ? data.children : [];
  return row?.kind === 'group' ? row.children : undefined;
}

function action(operation: Operation): Component {
  const moments = momentsOf(operation.output);
  const groups = momentsOfGroups(operation.output);
  const answer = makeInterface(fieldsOf({ input: operation.output }), moments, groups);
  return {
    kind: 'module',
    id: componentId(operation.id),
    about: {
      label: actionLabel(operation.label),
      description: operation.description,
      moduleType: 'action',
      actionCrud: crudOf(operation),
      connection: connectionId,
      altConnection: null,
    },
    code: {
      communication: { ...requestOf(operation), response: answerOf(moments, groups) },
      staticParams: [],
      mappableParams: parametersOf(operation),
      interface: answer,
      samples: makeSample((operation.sample.output ?? {}) as Json, answer),
    },
  };
}

function search(operation: Operation, rows: readonly Field[]): Component {
  const moments = momentsOfRows(operation.output);
  const { data } = operation.sample.output as { data: readonly Json[] };
  const answer = makeInterface(
    rows.map((row) => ofItsGroup(row, operation)),
    moments,
  );
  return {
    kind: 'module',
    id: componentId(operation.id),
    about: {
      label: searchLabel(operation.label, shownFields(operation).length > 0),
      description: searchDescription(operation.description),
      moduleType: 'search',
      connection: connectionId,
      altConnection: null,
    },
    code: {
      communication: {
        ...paged(operation, requestOf(operation), '{{if(parameters.limit, min(100, parameters.limit), 100)}}'),
        response: { iterate: '{{body.data}}', output: outputOf('item', moments), limit: '{{parameters.limit}}' },
      },
      staticParams: [],
      mappableParams: [...parametersOf(operation), limitField],
      interface: answer,
      samples: makeSample(data[0] ?? {}, answer),
    },
  };
}

/** A column that is filled only where the rows are of it says so: Make offers the columns of every group alike. */
function ofItsGroup(row: Field, operation: Operation): Field {
  const groups = fieldsOf(operation).find(({ key }) => key === 'group_by')?.choices ?? [];
  const group = groups.find((choice) => choice === row.label.toLowerCase());
  return group === undefined ? row : { ...row, label: `${row.label} (when grouped by ${group})` };
}

export const limitField: Parameter = {
  name: 'limit',
  type: 'uinteger',
  label: 'Limit',
  help: 'Maximum number of results per run.',
  default: 10,
  validate: { min: 1 },
};

function parametersOf(operation: Operation): Parameter[] {
  const moments = momentsOf(operation.input);
  const inPath = new Set(pathParams(operation.path));
  const fields = shownFields(operation);
  return makeForm(fields, (field) =>
    inPath.has(field.key) && decidedBy(field, fields).length === 0 ? makeIdField(field) : makeField(field, moments),
  );
}

function requestOf(operation: Operation): Record<string, Json> {
  return makeRequest(operation, shownFields(operation), momentsOf(operation.input));
}

function shownFields(operation: Operation): Field[] {
  return fieldsOf(operation).filter(({ key }) => !answeredByPlatforms.has(key));
}

/** By cursor; where the list takes none it is all there. */
export function paged(operation: Operation, request: Record<string, Json>, limit: Json): Record<string, Json> {
  if (!fieldsOf(operation).some(({ key }) => key === 'cursor')) return request;
  return {
    ...request,
    qs: { ...(request.qs as Record<string, Json> | undefined), limit },
    pagination: { condition: '{{body.next_cursor}}', qs: { cursor: '{{body.next_cursor}}' } },
  };
}

/** All of the answer, its moments as Make's own dates. */
export function outputOf(collection: string, moments: ReadonlySet<string>): Json {
  if (moments.size === 0) return `{{${collection}}}`;
  const dates = [...moments].map((key) => [key, dateOf(`${collection}.${key}`)]);
  return { '{{...}}': omitted(collection, [...moments]), ...Object.fromEntries(dates) };
}

/** The answer of an action. A group's dates are read in `temp`, so that a group that is null stays null. */
function answerOf(moments: ReadonlySet<string>, groups: ReadonlyMap<string, ReadonlySet<string>>): Json {
  if (groups.size === 0) return { output: outputOf('body', moments) };
  const keys = [...groups.keys()];
  const read = [...groups].map(([key, inner]) => {
    const dates = [...inner].map((name) => [name, dateOf(`body.${key}.${name}`)]);
    // Of the body where the group is null: Make does not say what `omit` makes of null, and this is not used then.
    return [key, { '{{...}}': omitted(`ifempty(body.${key}, body)`, [...inner]), ...Object.fromEntries(dates) }];
  });
  return {
    temp: Object.fromEntries(read),
    output: {
      '{{...}}': omitted('body', [...moments, ...keys]),
      ...Object.fromEntries([...moments].map((key) => [key, dateOf(`body.${key}`)])),
      ...Object.fromEntries(keys.map((key) => [key, `{{if(body.${key}, temp.${key}, null)}}`])),
    },
  };
}

/** A collection to spread beside keys of its own: Make does not say which would win, so they are left out of it. */
export function omitted(collection: string, keys: readonly string[]): string {
  return `{{omit(${collection}, ${keys.map((key) => `'${key}'`).join(', ')})}}`;
}

export function dateOf(given: string): string {
  return `{{if(${given}, parseDate(${given}, 'YYYY-MM-DDTHH:mm:ss.SSSZ'), null)}}`;
}

function crudOf({ method, path }: Operation): 'create' | 'read' | 'update' | 'delete' {
  if (method === 'GET') return 'read';
  if (method === 'DELETE') return 'delete';
  return method === 'POST' && pathParams(path).length === 0 ? 'create' : 'update';
}
