import type { Field } from '@ai-gateway/shared/fields';
import { inQuery, type Operation, pathParams } from '@ai-gateway/shared/operation';
import type { Json } from './component.ts';

/** The request of a filled-in form: path, query and body, each field where the contract puts it. */
export function makeRequest(
  operation: Operation,
  fields: readonly Field[],
  moments: ReadonlySet<string>,
): Record<string, Json> {
  const inPath = new Set(pathParams(operation.path));
  const rest = fields.filter(({ key }) => !inPath.has(key));
  const values = Object.fromEntries(rest.map((field) => [field.key, givenValue(field, 'parameters', moments)]));
  return {
    // Encoded here and not by Make, which would leave a slash in an id as it is.
    ...(inPath.size > 0 && { encodeUrl: false }),
    url: operation.path.replace(/:([a-z_]+)/g, '{{encodeURL(parameters.$1)}}'),
    method: operation.method,
    ...(inQuery(operation.method) ? rest.length > 0 && { qs: values } : { body: values }),
  };
}

/** The form's value. An optional field that is empty is left out, as if the form did not have it. */
function givenValue(field: Field, collection: string, moments: ReadonlySet<string>): Json {
  const given = `${collection}.${field.key}`;
  if (field.kind === 'group')
    return Object.fromEntries(field.children.map((child) => [child.key, givenValue(child, given, new Set())]));
  if (moments.has(field.key))
    return `{{if(${given}, formatDate(${given}, 'YYYY-MM-DDTHH:mm:ss.SSS[Z]', 'UTC'), undefined)}}`;
  return field.required ? `{{${given}}}` : `{{ifempty(${given}, undefined)}}`;
}
