import type { Field } from '@ai-gateway/shared/fields';
import { componentId, type Parameter } from './component.ts';
import { makeLabel } from './wording.ts';

/**
 * The fields of a form. Those that another field decides are nested under it, as its options are: Make asks the RPC once
 * something is chosen, and hands it the form as it is by then. "Don't forget to put all your options to `store` property inside
 * `options`. Without it `nested` will not work."
 * https://developers.make.com/custom-apps-documentation/app-components/rpcs/dynamic-options-rpc
 */
export function makeForm(fields: readonly Field[], make: (field: Field) => Parameter): Parameter[] {
  return fields
    .filter((field) => field.fields === undefined)
    .map((field) => deciding(make(field), decidedBy(field, fields)));
}

export function decidedBy({ key }: Field, fields: readonly Field[]): Field[] {
  return fields.filter((field) => field.fields?.by === key);
}

/** Not to be mapped: nobody could draw the fields of a prompt that is known only when the scenario runs. */
function deciding(parameter: Parameter, decided: readonly Field[]): Parameter {
  if (decided.length === 0) return parameter;
  return { ...parameter, mappable: false, options: { store: parameter.options, nested: decided.map(group) } };
}

/** In a collection of its own, so that a variable may have any name: one called `label` is not the form's label. */
function group({ key, label, help, fields }: Field): Parameter {
  return {
    name: key,
    type: 'collection',
    label: makeLabel(label),
    help: help || undefined,
    spec: [`rpc://${componentId(fields?.operation ?? '')}`],
  };
}
