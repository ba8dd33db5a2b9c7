import { type FormField, isFilledIn, type RemoteOptions } from './form-values.ts';

type Values = Readonly<Record<string, unknown>>;

/** A form as app code has it: a text in the place of a field names the RPC that gives the fields. */
type AppFields = readonly (FormField | string)[];

/** Asks an RPC of the app, by its id. */
type AskRpc = (id: string) => Promise<unknown[]>;

/*
 * "rpc://nameOfMyRemoteProcedure" among the fields of a form stands for those the RPC gives, each with `name`, `label` and `type`.
 * https://developers.make.com/custom-apps-documentation/app-components/rpcs/dynamic-fields-rpc
 */

/** The form with the fields that RPCs give for what is filled in so far. */
export async function withRemoteFields(fields: AppFields, given: Values, ask: AskRpc): Promise<FormField[]> {
  const forms = await Promise.all(
    fields.map(async (field) =>
      typeof field === 'string' ? fieldsFrom(await ask(rpcOf(field)), field) : [await resolved(field, given, ask)],
    ),
  );
  return forms.flat();
}

async function resolved(field: FormField, given: Values, ask: AskRpc): Promise<FormField> {
  const { options, spec } = field;
  if (isRemote(options)) {
    // Nothing is asked before something is chosen.
    const nested = isFilledIn(given[field.name ?? '']) ? nestedOf(options) : [];
    return { ...field, options: { store: options.store, nested: await withRemoteFields(nested, given, ask) } };
  }
  if (!Array.isArray(spec)) return field;
  return { ...field, spec: await withRemoteFields(spec as AppFields, given, ask) };
}

/** "Available types: array …, string: the URL address of an RPC to load a list of nested parameters". */
function nestedOf({ nested }: RemoteOptions): AppFields {
  if (nested === undefined) return [];
  return typeof nested === 'string' ? [nested] : (nested as AppFields);
}

function isRemote(options: FormField['options']): options is RemoteOptions {
  return typeof options === 'object' && !Array.isArray(options);
}

function rpcOf(address: string): string {
  const [, id] = /^rpc:\/\/(\w+)$/.exec(address) ?? [];
  if (id === undefined) throw new TypeError(`${address} is not the address of an RPC.`);
  return id;
}

/** "Pay attention to the `type`. For example, Make doesn't accept "type": "string"." "Specify the `name` for a field." */
const types: ReadonlySet<unknown> = new Set(
  (
    'any array boolean buffer cert collection color date email filename folder file filter hidden json integer uinteger ' +
    'number password path pkey port select text time timestamp timezone url uuid'
  ).split(' '),
);

function fieldsFrom(given: unknown[], rpc: string): FormField[] {
  return given.map((field) => {
    const { name, type, options } = field as FormField;
    if (typeof name !== 'string' || name === '') throw new TypeError(`${rpc} gives a field without a name.`);
    if (!types.has(type)) throw new TypeError(`${rpc} gives ${name} the type ${type}, which Make does not have.`);
    if (type === 'select' && !Array.isArray(options)) throw new TypeError(`${rpc} gives ${name} nothing to choose.`);
    return field as FormField;
  });
}
