import type { FormField } from '../../support/make-runtime/form-values.ts';
import type { Expression } from '../../support/make-runtime/iml-parser.ts';
import type { App, AppComponent } from '../../support/make-runtime/load-app.ts';
import { keysOf, keysOfInterface } from './shapes.ts';

/** The faults of an app, in words; an empty list is good. */
export function findingsOf(app: App): string[] {
  const modules = Object.values(app.module);
  return [
    ...groupFindings(app),
    ...modules.flatMap(wordingFindings),
    ...modules.flatMap(shapeFindings),
    ...modules.filter(({ moduleType }) => moduleType === 'search' || moduleType === 'trigger').flatMap(limitFindings),
    ...formsOf(app).flatMap(([where, fields]) => fieldFindings(where, fields, app)),
    ...requestFindings(app),
  ];
}

function groupFindings({ groups, module }: App): string[] {
  const grouped = groups.flatMap(({ modules }) => modules);
  return [
    ...Object.keys(module)
      .filter((id) => !grouped.includes(id))
      .map((id) => `${id} is in no group.`),
    ...grouped.filter((id) => module[id] === undefined).map((id) => `A group names ${id}, which is not there.`),
    ...grouped.filter((id, at) => grouped.indexOf(id) !== at).map((id) => `${id} is in two groups.`),
  ];
}

const verbs: Readonly<Record<string, RegExp>> = {
  instant_trigger: /^Watch /,
  trigger: /^Watch new /,
  search: /^(List|Search) /,
  universal: /^Make an API call$/,
};
const openings: Readonly<Record<string, RegExp>> = {
  instant_trigger: /^Triggers when /,
  trigger: /^Triggers when /,
  search: /^Returns a list of /,
  universal: /^Performs an arbitrary authorized API call\.$/,
};
/** Names that keep their capitals. */
const names = /\b(ID|URL|API|JSON|USD|CSV|AI)\b/g;

/** Longer ones are cut in the list of modules. */
const longestLabel = 40;

function wordingFindings({ id, label, description = '', moduleType = '', code }: AppComponent): string[] {
  const filters = ((code.mappableParams ?? []) as FormField[]).filter(({ name }) => name !== 'limit');
  const searches = filters.length > 0 ? /^Search / : /^List /;
  const verb = verbs[moduleType] ?? /^[A-Z][a-z]+ /;
  // "Write the description in the third person": Creates, Checks, Raises, …
  // https://developers.make.com/custom-apps-documentation/best-practices/naming-conventions/modules/module-descriptions
  const opening = openings[moduleType] ?? /^[A-Z][a-z]+s /;
  return [
    ...(moduleType === 'search' && !searches.test(label)
      ? [`${id}: "List" is for modules without a filter, "Search" for those with one: "${label}".`]
      : []),
    ...(label.length > longestLabel ? [`${id}: the label "${label}" is longer than ${longestLabel}.`] : []),
    ...(verb.test(label) ? [] : [`${id}: the label "${label}" does not begin as ${moduleType}s do.`]),
    ...(/ [A-Z]/.test(label.replace(names, 'x')) ? [`${id}: the label "${label}" is not in sentence case.`] : []),
    ...(opening.test(description) && description.endsWith('.')
      ? []
      : [`${id}: the description "${description}" is no sentence as Make has them.`]),
  ];
}

/** The interface and the sample have the same fields. */
function shapeFindings({ id, code }: AppComponent): string[] {
  const promised = keysOfInterface(code.interface ?? []);
  const shown = keysOf(code.samples ?? {}, promised);
  return JSON.stringify(shown) === JSON.stringify(promised)
    ? []
    : [`${id}: the sample ${JSON.stringify(shown)} is not what the interface promises, ${JSON.stringify(promised)}.`];
}

function limitFindings({ id, code }: AppComponent): string[] {
  const fields = [...((code.staticParams ?? []) as FormField[]), ...((code.mappableParams ?? []) as FormField[])];
  const limit = fields.at(-1);
  const { response } = code.communication as { response?: { limit?: unknown } };
  const isThere = limit?.name === 'limit' && limit.type === 'uinteger' && limit.validate?.min === 1;
  return isThere && response?.limit === '{{parameters.limit}}' ? [] : [`${id} has no limit as its last field.`];
}

type Field = FormField & { help?: string; labels?: { add?: string }; [key: string]: unknown };

function formsOf(app: App): [string, Field[]][] {
  const components = [app.connection, app.webhook, app.module, app.rpc].flatMap((kind) => Object.values(kind));
  return components
    .filter(Boolean)
    .flatMap(({ id, code }) =>
      (['params', 'staticParams', 'mappableParams', 'interface'] as const).map((form): [string, Field[]] => [
        `${id}.${form}`,
        (code[form] ?? []) as Field[],
      ]),
    );
}

function fieldFindings(where: string, fields: readonly (Field | string)[], app: App, isItem = false): string[] {
  return fields.flatMap((field) => {
    if (typeof field === 'string') return rpcFindings(where, field, app);
    const at = `${where}.${field.name ?? ''}`;
    const { label, name, options, spec } = field;
    return [
      ...(isItem || name ? [] : [`${at} has no name.`]),
      ...(isItem || label || field.type === 'hidden' ? [] : [`${at} has no label.`]),
      ...(label === undefined || /^[A-Z]/.test(label) ? [] : [`${at}: the label "${label}" begins with a capital.`]),
      ...(label !== undefined && / [A-Z]/.test(label.replace(names, 'x'))
        ? [`${at}: the label "${label}" is not in sentence case.`]
        : []),
      ...(/\be\.g\.|click here/i.test(field.help ?? '') ? [`${at}: the help says "e.g." or "click here".`] : []),
      ...(field.type === 'select' ? optionFindings(at, options, app) : []),
      // "editable" is not among the settings of a select: values can be mapped anyway, and `mode` says how the field begins.
      // https://developers.make.com/custom-apps-documentation/block-elements/parameters/select
      ...(/[.]mappableParams/.test(where) && field.editable !== undefined
        ? [`${at} can be mapped without editable.`]
        : []),
      ...(field.type === 'password' && field.editable !== true ? [`${at} cannot be renewed.`] : []),
      ...(Array.isArray(spec) ? fieldFindings(at, spec as Field[], app) : []),
      ...(spec !== undefined && !Array.isArray(spec) ? fieldFindings(at, [spec as Field], app, true) : []),
    ];
  });
}

function rpcFindings(at: string, address: string, app: App): string[] {
  const rpc = /^rpc:\/\/(\w+)$/.exec(address)?.[1] ?? '';
  return app.rpc[rpc] === undefined ? [`${at} offers ${address}, which is not there.`] : [];
}

function optionFindings(at: string, options: FormField['options'], app: App): string[] {
  if (typeof options === 'string') return rpcFindings(at, options, app);
  if (options !== undefined && !Array.isArray(options))
    return [...rpcFindings(at, options.store, app), ...fieldFindings(at, (options.nested ?? []) as Field[], app)];
  if (options === undefined || options.length === 0) return [`${at} offers nothing.`];
  return options.flatMap(({ label, nested = [] }) => [
    ...(label === undefined || !/^[A-Z]/.test(label) ? [`${at}: the choice "${label}" begins with a capital.`] : []),
    ...fieldFindings(at, nested as Field[], app),
  ]);
}

interface Request {
  url?: string;
  headers?: Record<string, string>;
  response?: { error?: { message?: string }; valid?: unknown };
  log?: { sanitize?: readonly string[] };
  followRedirect?: boolean;
  followRedirects?: boolean;
  followAllRedirect?: boolean;
  followAllRedirects?: boolean;
}

/** Every request with the key explains a refusal, hides the key from logs, and stays on its host. */
function requestFindings(app: App): string[] {
  const ownRequests = [
    ...Object.values(app.connection).map(({ id, code }) => [id, code.communication]),
    ...Object.values(app.webhook).flatMap(({ id, code }) => [
      [`${id}.attach`, code.attach],
      [`${id}.detach`, code.detach],
    ]),
    ['base', app.base],
  ] as [string, Request][];
  const inherited = [...Object.values(app.module), ...Object.values(app.rpc).filter(Boolean)].flatMap(({ id, code }) =>
    [code.communication].flat().map((request) => [id, request] as [string, Request]),
  );
  return [
    ...ownRequests.flatMap(([id, request]) => [
      ...(request.response?.error?.message ? [] : [`${id} has no error.`]),
      ...(request.response?.valid === undefined ? [`${id} takes a redirect for an answer.`] : []),
      ...(request.log?.sanitize?.includes('request.headers.authorization') ? [] : [`${id} does not sanitize the key.`]),
      ...([
        request.followRedirect,
        request.followRedirects,
        request.followAllRedirect,
        request.followAllRedirects,
      ].every((follows) => follows === false)
        ? []
        : [`${id} follows redirects.`]),
    ]),
    ...inherited.flatMap(([id, { url, headers }]) => [
      ...(url === undefined || url.startsWith('/')
        ? []
        : [`${id}: the address begins with a host of its own, not "/".`]),
      ...(Object.keys(headers ?? {}).some((name) => /^authorization$/i.test(name))
        ? [`${id} sets the key itself.`]
        : []),
    ]),
  ];
}

/** The names of all functions an expression calls, branches that are not taken included. */
export function callsIn(piece: string | Expression): string[] {
  if (typeof piece === 'string') return [];
  switch (piece.kind) {
    case 'literal':
    case 'variable':
      return [];
    case 'member':
      return callsIn(piece.of);
    case 'item':
      return [...callsIn(piece.of), ...(piece.at === undefined ? [] : callsIn(piece.at))];
    case 'unary':
      return callsIn(piece.operand);
    case 'binary':
      return [...callsIn(piece.left), ...callsIn(piece.right)];
    case 'call':
      return [piece.name, ...piece.args.flatMap(callsIn)];
  }
}

interface Expressions {
  where: string;
  text: string;
}

/** Every text of the app's code that has an expression in it. */
export function expressionsIn(app: App): Expressions[] {
  const found: Expressions[] = [];
  const walk = (where: string, value: unknown): void => {
    if (typeof value === 'string') {
      if (value.includes('{{')) found.push({ where, text: value });
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(`${where}.${key}`, inner);
    }
  };
  walk('base', app.base);
  for (const kind of [app.connection, app.webhook, app.module, app.rpc])
    for (const { id, code } of Object.values(kind))
      for (const key of ['communication', 'attach', 'detach', 'epoch']) walk(`${id}.${key}`, code[key]);
  return found;
}
