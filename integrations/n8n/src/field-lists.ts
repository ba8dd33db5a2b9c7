import type { OperationId } from '@ai-gateway/shared/contract';
import { type Field, fieldsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import type { INodeProperties } from 'n8n-workflow';
import type { FieldsPlan } from '../nodes/AiGateway/operation-plan.ts';
import { placeOf } from './form-place.ts';
import { fieldsMethod } from './n8n-property.ts';

/** Fields that another one decides, loaded by n8n's resource mapper: the variables of a prompt. */

/** The property, told which parameters n8n must watch: when one of them changes, it loads the fields again. */
export function dependentProperty(
  property: INodeProperties,
  field: Field,
  { form, contract }: { form: readonly Field[]; contract: readonly Operation[] },
): INodeProperties {
  if (field.fields === undefined) return property;
  const watched = takenBy(field, { form, contract }).map((one) =>
    // A drop-down with a search keeps its choice under `value`.
    one.options === undefined ? placeOf(one) : `${placeOf(one)}.value`,
  );
  return { ...property, typeOptions: { ...property.typeOptions, loadOptionsDependsOn: watched } };
}

/** By the method of the node, how each such list is loaded. */
export function fieldsPlans(
  offered: readonly { readonly fields: readonly Field[] }[],
  contract: readonly Operation[],
): Record<string, FieldsPlan> {
  const plans = offered.flatMap(({ fields: form }) =>
    form.flatMap((field): [string, FieldsPlan][] => {
      if (field.fields === undefined) return [];
      const takes = takenBy(field, { form, contract }).map((one) => ({ key: one.key, name: placeOf(one) }));
      return [[fieldsMethod(field.fields.operation), { id: field.fields.operation as OperationId, takes }]];
    }),
  );
  return Object.fromEntries(plans);
}

/** The fields of the form that the listing operation takes. */
function takenBy(
  { fields }: Field,
  { form, contract }: { form: readonly Field[]; contract: readonly Operation[] },
): Field[] {
  const listing = contract.find(({ id }) => id === fields?.operation);
  const keys = new Set(listing === undefined ? [] : fieldsOf(listing).map(({ key }) => key));
  return form.filter(({ key }) => keys.has(key));
}
